"""Programmes to start from, one for each way of working with customers; each file says at its top what it is for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fiel.core.refusals import Refused
from fiel.programme.files import read_document

__all__ = ["EXAMPLES", "example", "example_text"]

EXAMPLES = ("supermarket", "agency", "bar", "recognition", "warehouse")


def example(name: str) -> dict[str, Any]:
    """The document of an example. Raises `not_found`."""
    return read_document(_path(name))


def example_text(name: str) -> str:
    """The example as it is written, with what it says of itself. Raises `not_found`."""
    return _path(name).read_text(encoding="utf-8")


def _path(name: str) -> Path:
    if name not in EXAMPLES:
        raise Refused("not_found", f"There is no example {name!r}; there are {', '.join(EXAMPLES)}.")
    return Path(__file__).with_name(f"{name}.toml")
