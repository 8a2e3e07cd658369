"""Voucher codes: ten letters of an alphabet without look-alikes (50 bits) and one to check them.

Kept as a keyed hash, to find them, and encrypted, to show them again; both keys come from the secret key.
"""

from __future__ import annotations

import secrets

from fiel.tables import sealed as kept

__all__ = ["hash_of", "new_code", "open_code", "plain", "seal"]

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_LETTERS = 10
_SEAL = b"voucher seal"


def new_code() -> str:
    """A new code, as it is shown: "K7QM-2XWA-9DB"."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_LETTERS))
    return _shown(letters + _check(letters))


def plain(text: str) -> str | None:
    """The letters of a code as somebody typed it; None for what cannot be one."""
    letters = "".join(letter for letter in text.upper() if letter not in " -.")
    if len(letters) != _LETTERS + 1 or any(letter not in _ALPHABET for letter in letters):
        return None
    return letters if letters[-1] == _check(letters[:-1]) else None


def hash_of(code: str) -> str:
    """The keyed hash by which a code is found."""
    return kept.keyed_hash(plain(code) or "", purpose=b"voucher hash")


def seal(code: str) -> str:
    """The code, encrypted."""
    return kept.seal(plain(code) or "", purpose=_SEAL)


def open_code(sealed: str) -> str:
    """The code as it is shown, of what was sealed."""
    return _shown(kept.open_sealed(sealed, purpose=_SEAL))


def _shown(letters: str) -> str:
    return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"


def _check(letters: str) -> str:
    """One letter that tells any single wrong letter, and any two that changed places.

    A weighted sum in the field of 32 elements, the weights being the powers of its generator, all different.
    """
    total, weight = 0, 1
    for letter in letters:
        total ^= _times(weight, _ALPHABET.index(letter))
        weight = _times(weight, 2)
    return _ALPHABET[total]


def _times(a: int, b: int) -> int:
    """The product of two elements of GF(32), modulo x^5 + x^2 + 1."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a <<= 1
        if a & 32:
            a ^= 0b100101
        b >>= 1
    return product
