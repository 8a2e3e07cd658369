"""One supermarket with a year of real receipts, brought in as any file is."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.progress import Progress

from fiel.core.identity import Identity
from fiel.core.refusals import Refused
from fiel.intake.known import FORMATS
from fiel.intake.run import run
from fiel.ops.demo.kept import Kept
from fiel.ops.demo.plan import Plan
from fiel.ops.demo.shop import Size
from fiel.shops.models import Business

__all__ = ["plans"]

NAME = "Journey Market"
TIMEZONE = "America/New_York"
BEGINS = datetime(2016, 12, 31, tzinfo=ZoneInfo(TIMEZONE))  # its receipts are those of 2017
HOUSEHOLD = "1"
SAMPLE = 1899


def plans(size: Size) -> tuple[Plan, ...]:
    """One plan: real receipts come as they are, whatever the size."""
    journey = Plan(
        slug="journey",
        name=NAME,
        currency="USD",
        timezone=TIMEZONE,
        begins=lambda now: BEGINS,
        bring=_bring,
        guest=Identity("card", HOUSEHOLD),
        typed=HOUSEHOLD,
        sample=SAMPLE,
    )
    return (journey,)


def _bring(business: Business, entry: Kept, progress: Progress) -> None:
    """Bring stores, departments, products, households and baskets in."""
    format_ = FORMATS["complete-journey"]
    path = Path(format_.name)
    task = progress.add_task(NAME, total=format_.size(path))
    report = run(business, path, format_, history=True, progress=partial(progress.advance, task))
    if report.kept:
        first = report.kept[0]
        raise Refused("invalid", f"{len(report.kept)} rows were refused, the first at {first.place}: {first.reason}")
