"""By what a member is known: phone, card, tax id, e-mail, member number; and what a cashier types or swipes.

Each of `phone`, `tax_id`, `email` and `card_number` takes what a person wrote and gives the one form in which it is
stored and looked up. What cannot be right raises `Refused("invalid")`, with one `Fault` at the pointer `at`.
`region` and `country` are ISO 3166 alpha-2 codes in capitals; another form is a mistake of the caller: `ValueError`.

A bank card's number must never be kept, not even in a log: it is refused or left out, and no sentence repeats it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import phonenumbers
from stdnum import ean, luhn
from stdnum.br import cnpj, cpf
from stdnum.es import nif as es_nif
from stdnum.exceptions import ValidationError
from stdnum.pt import nif as pt_nif

from fiel.core.refusals import Fault, Refused

__all__ = [
    "Identity",
    "card_number",
    "display_name",
    "ean13_check",
    "email",
    "guesses",
    "is_nobody",
    "make_card",
    "mask_phone",
    "phone",
    "read_swipe",
    "tax_id",
]

_COUNTRY_NAMES = {"BR": "Brazil", "PT": "Portugal", "ES": "Spain"}

# What the tax ids of a country are called, and the functions that know them. The Spanish one knows DNI, NIE and CIF,
# and the NIFs in K, L and M of natural persons who have neither DNI nor NIE.
_TAX_IDS: dict[str, tuple[str, tuple[Callable[[str], str], ...]]] = {
    "BR": ("CPF or CNPJ", (cpf.validate, cnpj.validate)),
    "PT": ("NIF", (pt_nif.validate,)),
    "ES": ("DNI, NIE or CIF", (es_nif.validate,)),
}
_ANY_TAX_ID = (
    "CPF, CNPJ, NIF, DNI, NIE or CIF",
    tuple(validate for _, validates in _TAX_IDS.values() for validate in validates),
)

_CPF_OF_ONE_DIGIT = re.compile(r"([0-9])\1{10}")
_CONSUMER_FINAL = "999999990"

_EAN13_LENGTH = 13
_MASTERCARD_LENGTH = 16
_OWN_RANGE = "2"  # GS1 keeps 20-29 for use inside a company: an own card is never the number of a product
_LONGEST_CARD = 32
_LONGEST_EMAIL = 254  # RFC 5321: a path of 256 with its angle brackets
_LONGEST_PHONE = 40
_LONGEST_GUESS = 200
_MOST_GUESSES = 6
_SHOWN_DIGITS = 4

_CARD = re.compile(rf"[0-9A-Z]{{1,{_LONGEST_CARD}}}")
_CODE = re.compile(rf"[0-9A-Za-z][0-9A-Za-z._/-]{{0,{_LONGEST_CARD - 1}}}")
_PHONE = re.compile(r"[0-9+(). /-]+")
_RUN = re.compile(r"(?<![0-9])[0-9]{6,19}(?![0-9])")
_EMAIL = re.compile(r"""[^\s@<>()\[\]\\,;:"]+@[^\s@<>()\[\]\\,;:".]+(?:\.[^\s@<>()\[\]\\,;:".]+)+""")
# What a cashier types for a card, phone, tax id or code. What a stripe reader types always has another character: under
# each layout tried, a track's start or end sentinel falls outside of this set.
_TYPED = re.compile(r"[0-9A-Za-z+()._/ -]+")
_MINUS = "\u2212"  # looks like a hyphen, though Unicode counts it among the symbols


class Identity(NamedTuple):
    """One way in which a member is known: `kind` (phone, card, tax_id, email, code) and the normalised `value`."""

    kind: str
    value: str


def phone(text: str, *, region: str, at: str = "/phone") -> str:
    """A phone number as E.164 ("+5511987654321").

    Accepts what people write: "(11) 98765-4321" for the region BR, "+55 11 …", "0055 11 …". Refused when no such
    number can exist.
    """
    _check_alpha2(region, "region")
    written = _plain(text)
    if len(written) <= _LONGEST_PHONE and _PHONE.fullmatch(written):
        for number in _readings(written, region):
            if phonenumbers.is_valid_number(number):
                return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    # Too many digits for a phone may be a bank card in the wrong field.
    subject = (
        f"“{written}”" if 0 < len(written) <= _LONGEST_PHONE and _count_digits(written) < _EAN13_LENGTH else "This"
    )
    country = _COUNTRY_NAMES.get(region, region)
    raise _invalid(
        f"{subject} is not a phone number of {country}; write it with area code, or with + and country code.", at
    )


def tax_id(text: str, *, country: str, at: str = "/tax_id") -> str:
    """A tax id as digits and capital letters, its check digits verified ("52998224725", "B58378431").

    Brazil: CPF or CNPJ (also with letters); Portugal: NIF; Spain: DNI, NIE, CIF; any other country: the first of all
    these that fits. Separators and the prefixes PT and ES are left out. Refused when none fits, and when it is one of
    the numbers that stand for nobody.
    """
    _check_alpha2(country, "country")
    number = _bare_tax_id(text)
    if is_nobody(number):
        raise _invalid("This tax id stands for nobody in particular; leave the field empty, or ask the customer.", at)
    names, validates = _TAX_IDS.get(country, _ANY_TAX_ID)
    if number.isascii() and number.isalnum():
        for validate in validates:
            try:
                return validate(number)
            except ValidationError:
                continue
    raise _invalid(
        f"This is not a {names}: its check digits or its length do not fit; compare it with the document.", at
    )


def is_nobody(tax_id: str) -> bool:
    """Whether a tax id stands for a customer who gave none, though its check digits pass.

    CPFs of one repeated digit, and the Portuguese "consumidor final" 999999990; separators do not matter.
    """
    number = _bare_tax_id(tax_id)
    return number.removeprefix("PT") == _CONSUMER_FINAL or _CPF_OF_ONE_DIGIT.fullmatch(number) is not None


def email(text: str, at: str = "/email") -> str:
    """An e-mail address in lower case.

    Only a sanity check, for whether mail arrives is known by sending it: one @, a dot in the domain, no spaces, at
    most 254 characters. Anything else is refused.
    """
    address = _visible(text).lower()
    if len(address) <= _LONGEST_EMAIL and address.isprintable() and _EMAIL.fullmatch(address):
        return address
    raise _invalid("This is not an e-mail address; write it like ana@example.com.", at)


def card_number(text: str, at: str = "/card") -> str:
    """A card number as a till or the office gives it: 1 to 32 digits and letters A-Z, in capitals.

    Spaces and dashes are left out. Any card will do, so only what is surely wrong is refused: other characters, an own
    number (13 digits, beginning with 2) whose check digit is not right, and the number of a bank card.
    """
    number = _squeezed(text)
    # Before upper(): it turns some letters that are not A-Z into ones that are ("ß" to "SS").
    number = number.upper() if number.isascii() else ""
    if not _CARD.fullmatch(number):
        raise _invalid(f"A card number is 1 to {_LONGEST_CARD} digits and letters A to Z.", at)
    if _holds_bank_card(number):
        raise _invalid(
            "This is the number of a bank card, which is never kept here; give the customer another card.", at
        )
    if _is_own_range(number):
        expected = ean13_check(number[:-1])
        if number[-1] != expected:
            raise _invalid(
                f"The check digit of card {number} should be {expected}, not {number[-1]}; read the number again.", at
            )
    return number


def make_card(serial: int, *, prefix: str = "29", at: str = "") -> str:
    """An own card number, an EAN-13 in the restricted range: prefix, serial padded with zeros, check digit.

    The prefix begins with 2, and leaves room for the serial: "29" for ten digits. Refused otherwise.
    """
    room = _EAN13_LENGTH - 1 - len(prefix)
    if not re.fullmatch(r"2[0-9]*", prefix) or room < 1:
        raise _invalid("The prefix of own cards begins with 2 and is 1 to 11 digits long.", at)
    if not 0 <= serial < 10**room:
        raise _invalid(f"The serial number {serial} does not fit into {room} digits behind the prefix {prefix}.", at)
    digits = f"{prefix}{serial:0{room}d}"
    return digits + ean13_check(digits)


def ean13_check(digits12: str) -> str:
    """The check digit of an EAN-13, from the twelve digits before it. `ValueError` for anything else than twelve."""
    if not re.fullmatch(r"[0-9]{12}", digits12):
        raise ValueError("an EAN-13 has twelve digits before its check digit")
    return ean.calc_check_digit(digits12)


def read_swipe(raw: str) -> tuple[str, ...]:
    """Card numbers that may be in what a magnetic-stripe reader or a barcode scanner typed; () when there is none.

    Of each track the first run of 6 to 19 digits, in order, each once. The keyboard's layout changes the sentinels
    (";" arrives as "ñ" or "ç", "?" as "_" or ":"), so none of them is matched. Bank cards are left out. Whether a
    number was issued by the business is for the caller to look up. Never raises.
    """
    found = (_first_run(track) for track in _tracks(raw))
    return tuple(dict.fromkeys(number for number in found if number))


def guesses(q: str, *, region: str, country: str) -> tuple[Identity, ...]:
    """What a cashier may have meant by what stands in one field, in the order in which to look it up.

    With an @ an e-mail address; what only a reader can have typed gives its cards; else whichever fit of card, phone,
    tax id, member code (ASCII letters, digits and ._/-, as it was typed). At most six, each once, and () for what is
    odd or longer than 200 characters. No text raises.
    """
    _check_alpha2(region, "region")
    _check_alpha2(country, "country")
    written = _plain(q)
    if not written or len(q) > _LONGEST_GUESS:
        return ()
    if "@" in written:
        found = [_try("email", email, q)]
    elif not _TYPED.fullmatch(written):
        found = [_try("card", card_number, number) for number in read_swipe(q)]
    else:
        found = [
            _try("card", card_number, written),
            _try("phone", partial(phone, region=region), written),
            _try("tax_id", partial(tax_id, country=country), written),
            Identity("code", written) if _CODE.fullmatch(written) and not _holds_bank_card(written) else None,
        ]
    return tuple(dict.fromkeys(guess for guess in found if guess))[:_MOST_GUESSES]


def display_name(name: str) -> str:
    """A name as the till may show it: the first word, and the initial of the last ("Maria da Silva" → "Maria S.")."""
    # NFC, so that a letter and its accent are one character.
    words = unicodedata.normalize("NFC", name).split()
    if not words:
        return ""
    initial = next((letter for letter in words[-1] if letter.isalnum()), "")
    return f"{words[0]} {initial.upper()[:1]}." if initial and len(words) > 1 else words[0]


def mask_phone(number: str) -> str:
    """An E.164 number with only its country code and last four digits to be read: "+55 ••••• 4321".

    What is not a whole number in E.164 shows no more than its last four digits, and none if it is short.
    """
    try:
        country = f"+{phonenumbers.parse(number, None).country_code} "
    except phonenumbers.NumberParseException:
        country = ""
    digits = re.sub(r"[^0-9]", "", number)
    if len(digits) < 2 * _SHOWN_DIGITS:
        return "•••••" if digits else ""
    return f"{country}••••• {digits[-_SHOWN_DIGITS:]}"


def _invalid(sentence: str, at: str) -> Refused:
    return Refused("invalid", sentence, [Fault(at, sentence)])


def _check_alpha2(code: str, name: str) -> None:
    if not re.fullmatch(r"[A-Z]{2}", code):
        raise ValueError(f"{name} is an ISO 3166 alpha-2 code in capitals, such as BR, not {code!r}")


def _try(kind: str, read: Callable[[str], str], text: str) -> Identity | None:
    try:
        return Identity(kind, read(text))
    except Refused:
        return None


def _visible(text: str) -> str:
    """The text without the invisible marks that what is copied from a chat often carries, nor spaces around it."""
    return "".join(character for character in text if unicodedata.category(character) != "Cf").strip()


def _plain(text: str) -> str:
    """The visible text with plain spaces and hyphens: phones and offices write ones that no keyboard has."""
    return "".join(map(_plain_character, _visible(text))).strip()


def _plain_character(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Pd" or character == _MINUS:
        return "-"
    return " " if category == "Zs" else character


def _squeezed(text: str) -> str:
    return re.sub(r"[ -]", "", _plain(text))


def _count_digits(text: str) -> int:
    return sum(character.isdigit() for character in text)


def _readings(written: str, region: str) -> Iterator[phonenumbers.PhoneNumber]:
    # "00" is how most of the world dials out. In Brazil a carrier's code follows it, so "0055 11 …" would be read as
    # carrier 55 and a number of the United States: the common meaning is tried first.
    for candidate in dict.fromkeys((re.sub(r"^\(?00", "+", written), written)):
        try:
            yield phonenumbers.parse(candidate, region)
        except phonenumbers.NumberParseException:
            continue


def _bare_tax_id(text: str) -> str:
    return re.sub(r"[ ./-]", "", _plain(text)).upper()


def _is_own_range(number: str) -> bool:
    return len(number) == _EAN13_LENGTH and number.isdecimal() and number.startswith(_OWN_RANGE)


def _is_bank_card(digits: str) -> bool:
    """Whether digits may be a bank card's number: 13 to 19, Luhn valid, in the ranges that banks have."""
    if not re.fullmatch(r"[0-9]{13,19}", digits) or not luhn.is_valid(digits):
        return False
    # Mastercard has sixteen digits from 2221 to 2720 too; own cards begin with 2, but have thirteen.
    return digits[0] in "3456" or (len(digits) == _MASTERCARD_LENGTH and "2221" <= digits[:4] <= "2720")


def _holds_bank_card(text: str) -> bool:
    """Whether a bank card's number stands in something typed, with whatever between its groups.

    Not those of 13 digits: banks gave them up long ago, while every tenth phone (55 11 …) or product's EAN that a shop
    uses as a card number is Luhn valid by chance.
    """
    runs = re.findall(r"[0-9]+", re.sub(r"(?<=[0-9])[ ./_-]+(?=[0-9])", "", text))
    return any(len(run) > _EAN13_LENGTH and _is_bank_card(run) for run in runs)


def _tracks(raw: str) -> Iterator[str]:
    """The tracks in a raw string, without knowing the sentinels: a line's last character also ends its other tracks."""
    for line in re.split(r"[\r\n\t]+", raw.strip()):
        end = line.rstrip()[-1:]
        yield from line.split(end) if end and not end.isalnum() else [line]


def _first_run(track: str) -> str | None:
    """The first run of 6 to 19 digits in a track, unless it belongs to a bank card."""
    run = _RUN.search(track)
    # American Express writes its number in groups: the middle one alone would pass for a card of the shop's.
    joined = _RUN.search(re.sub(r"(?<=[0-9])[ -](?=[0-9])", "", track))
    if any(found and _is_bank_card(found[0]) for found in (run, joined)):
        return None
    return run[0] if run else None
