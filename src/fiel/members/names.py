"""Names as they are looked for: without accents and capitals, so that "jose" finds José."""

from __future__ import annotations

import unicodedata

__all__ = ["LONGEST_KEY", "name_key"]

LONGEST_KEY = 200


def name_key(name: str) -> str:
    """A name's letters and figures in small, without accents, with single spaces between its words."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each))
    words = "".join(each if each.isalnum() else " " for each in plain.casefold()).split()
    return " ".join(words)[:LONGEST_KEY]
