"""The card in Google Wallet: a link that carries it, signed by the shop's own service account."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

__all__ = ["Issuer", "issuer_in", "save_link"]

_FILE = "google.json"
_SAVE = "https://pay.google.com/gp/v/save/"


@dataclass(frozen=True, slots=True)
class Issuer:
    """The shop as an issuer at Google: its number there, and the service account that signs."""

    number: str
    email: str
    key: str


def issuer_in(folder: Path) -> Issuer | None:
    """The issuer, from `google.json`: the account's own file with `issuer_id` added; None where it is not there."""
    if not (folder / _FILE).is_file():
        return None
    told = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    return Issuer(str(told["issuer_id"]), told["client_email"], told["private_key"])


def save_link(issuer: Issuer, *, programme: dict[str, Any], card: dict[str, Any], origin: str) -> str:
    """The address that puts a card into somebody's wallet. `programme`, `card`: with ids of the shop's own."""
    kind, mine = f"{issuer.number}.{programme['id']}", f"{issuer.number}.{card['id']}"
    payload = {
        "loyaltyClasses": [{**programme, "id": kind, "reviewStatus": "UNDER_REVIEW"}],
        "loyaltyObjects": [{**card, "id": mine, "classId": kind, "state": "ACTIVE"}],
    }
    said = {"iss": issuer.email, "aud": "google", "typ": "savetowallet", "origins": [origin], "payload": payload}
    return _SAVE + jwt.encode(said, issuer.key, algorithm="RS256")
