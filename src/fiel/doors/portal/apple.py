"""The card as a pass of Apple Wallet, signed by the shop's own certificate."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key, pkcs7
from cryptography.x509.oid import NameOID

__all__ = ["CONTENT_TYPE", "Signer", "pass_file", "signer_in"]

CONTENT_TYPE = "application/vnd.apple.pkpass"
_FILE, _CHAIN = "apple.pem", "apple-chain.pem"


@dataclass(frozen=True, slots=True)
class Signer:
    """The shop's certificate for passes, its key, and Apple's certificate above it."""

    certificate: x509.Certificate
    key: RSAPrivateKey
    chain: tuple[x509.Certificate, ...]

    def _said(self, oid: x509.ObjectIdentifier) -> str:
        return str(self.certificate.subject.get_attributes_for_oid(oid)[0].value)

    @property
    def pass_type(self) -> str:
        """As pass.com.example.card."""
        return self._said(NameOID.USER_ID)

    @property
    def team(self) -> str:
        """The shop's team at Apple."""
        return self._said(NameOID.ORGANIZATIONAL_UNIT_NAME)


def signer_in(folder: Path) -> Signer | None:
    """What signs, from `apple.pem` (certificate and key) and `apple-chain.pem`; None where they are not there."""
    if not (folder / _FILE).is_file():
        return None
    pem = (folder / _FILE).read_bytes()
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError(f"{folder / _FILE}: Apple signs passes with RSA keys")
    chain = (folder / _CHAIN).read_bytes() if (folder / _CHAIN).is_file() else b""
    above = tuple(x509.load_pem_x509_certificates(chain)) if chain else ()
    return Signer(x509.load_pem_x509_certificate(pem), key, above)


def pass_file(signer: Signer, told: Mapping[str, Any], pictures: Mapping[str, bytes]) -> bytes:
    """A pass: what it tells, its pictures by name, a list of their digests, and the signature of the list."""
    card = {"formatVersion": 1, "passTypeIdentifier": signer.pass_type, "teamIdentifier": signer.team, **told}
    files = {"pass.json": json.dumps(card, ensure_ascii=False).encode(), **pictures}
    digests = {name: hashlib.sha1(content).hexdigest() for name, content in files.items()}  # noqa: S324 - Apple's format
    files["manifest.json"] = json.dumps(digests).encode()
    files["signature"] = _signed(signer, files["manifest.json"])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def _signed(signer: Signer, content: bytes) -> bytes:
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
    builder = builder.add_signer(signer.certificate, signer.key, hashes.SHA256())
    for each in signer.chain:
        builder = builder.add_certificate(each)
    return builder.sign(Encoding.DER, [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary])
