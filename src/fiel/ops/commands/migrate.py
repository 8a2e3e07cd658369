"""`fiel migrate`"""

from __future__ import annotations

from fiel.ops.migrate import migrate as apply_missing

__all__ = ["migrate"]


def migrate() -> None:
    """Brings the database's tables up to date. `fiel serve` does it by itself."""
    apply_missing(verbosity=1)
