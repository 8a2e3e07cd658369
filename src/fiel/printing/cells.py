"""Cells of tables that go out as files."""

from __future__ import annotations

__all__ = ["neutral"]

# A spreadsheet takes a cell that begins so as a formula, and runs it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def neutral(cell: str) -> str:
    """The text so that no spreadsheet takes it for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
