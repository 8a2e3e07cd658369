"""The audit: everything that must hold, recomputed, for one business or for what all of them stand on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from fiel.insight import audit as insight
from fiel.ledger import audit as books
from fiel.ledger import guards as books_guards
from fiel.ledger.audit import Check, Finding
from fiel.members import audit as members
from fiel.members import guards as consents_guards
from fiel.ops.durability import check_durability
from fiel.ops.walls import unwalled_tables
from fiel.rewards import audit as rewards
from fiel.sales import audit as sales
from fiel.sales import audit_carries as carries
from fiel.sales.recount import RECOUNT_CHECKS
from fiel.shops.models import Business
from fiel.tables.spans import Span, snapshot
from fiel.tables.walls import within
from fiel.trail import guards as trail_guards
from fiel.trail.audit import chain_holds

__all__ = ["MOST_KEPT", "Report", "audit", "audit_database"]

MOST_KEPT = 100
"""Of each code so many findings are kept; the others are counted."""

# What moves books, and where it is kept. A merge is told by its entries alone; a daily run by its row, which is written
# when it is done: one that was killed has entries, and none.
CAUSES = {
    "sale": "sales_receipt",
    "return": "sales_return",
    "voucher": "rewards_voucher",
    "adjust": "hand_handentry",
    "opening": "hand_handentry",
    "daily": None,
    "erasure": "privacy_erasure",
    "merge": None,
    "campaign": "outreach_inclusion",
}

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Report:
    """What was found in a business. `found`: how many of each code; `totals`: steps by unit and kind."""

    business: str
    sizes: dict[str, int]
    totals: dict[str, dict[str, int]]
    findings: list[Finding] = field(default_factory=list)
    found: Counter[str] = field(default_factory=Counter)

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return not self.found

    def add(self, findings: Iterable[Finding]) -> None:
        """Count findings, and keep the first of each code."""
        for finding in findings:
            self.found[finding.code] += 1
            if self.found[finding.code] <= MOST_KEPT:
                self.findings.append(finding)

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "business": self.business,
            "ok": self.holds,
            "sizes": self.sizes,
            "totals": self.totals,
            "found": dict(self.found),
            "findings": [{"code": x.code, "where": x.where, "detail": x.detail} for x in self.findings],
        }


def audit(business: Business, *, recount: bool = False, progress: Progress = lambda done, of: None) -> Report:
    """Recompute a business's books and sales, as they stand at one moment; nobody who sells waits for it.

    `recount`: count every sale again too. `progress` is told how many parts of how many are done.
    """
    with within(business.pk), snapshot():
        report = Report(
            business.slug,
            {**books.sizes(business.id), **sales.sizes(business.id)},
            books.totals(business.id),
        )
        report.add(books.totals_agree(business.id, report.totals))
        report.add(books.causes_exist(business.id, CAUSES))
        report.add(chain_holds(business.id))
        for check_all in (*sales.BUSINESS_CHECKS, *rewards.BUSINESS_CHECKS, *insight.BUSINESS_CHECKS):
            report.add(check_all(business.id))
        jobs = list(_jobs(business.id, recount=recount))
        for done, (checks, span) in enumerate(jobs, 1):
            for check in checks:
                report.add(check(span))
            progress(done, len(jobs))
    return report


def _jobs(business_id: int, *, recount: bool) -> Iterator[tuple[tuple[Check, ...], Span]]:
    for span in books.account_spans(business_id):
        yield (*books.CHECKS, *carries.CHECKS, *members.CHECKS), span
    for span in rewards.voucher_spans(business_id):
        yield rewards.CHECKS, span
    for span in sales.receipt_spans(business_id):
        yield (*sales.RECEIPT_CHECKS, *(RECOUNT_CHECKS if recount else ())), span


def audit_database() -> list[Finding]:
    """Whether the database refuses to change the books, and keeps what it has confirmed."""
    guards = (books_guards, trail_guards, consents_guards)
    missing = [name for each in guards for name in each.missing_guards(connection)]
    return [
        *(Finding("guard_missing", name, "This trigger is not there.") for name in missing),
        *(Finding("unwalled", name, "This table has no policy. Run fiel migrate.") for name in unwalled_tables()),
        *(Finding("not_durable", connection.vendor, problem) for problem in check_durability(connection)),
    ]
