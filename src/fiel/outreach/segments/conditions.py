"""The conditions of a segment: what each is called in a rule, what it takes, and what it asks of a member.

A rule is {code: value}, and all of it must hold. Each condition is a piece of one statement over members `m` and what
the receipts tell of them, `i` (`insight.models.MemberIndicators`; nothing for who has not bought yet). Sums and visits
are of what stands after returns, as the indicators are; a product counts as bought where its sale was not brought back
as a whole. Visits are by the programme's days, and up to date to the last minute or so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from fiel.core.refusals import Fault, Refused
from fiel.ledger.read import HOLDS_LAPSING

__all__ = ["CONDITIONS", "Asked", "Condition", "check_rules", "looks_at_purchases"]

_MONTHS_BACK = 24
_MOST_CODES = 50


@dataclass(slots=True)
class Asked:
    """A statement being put together: the day it is asked on, the lowest tier, and the values it names."""

    today: date
    first_tier: str
    values: dict[str, Any]

    def value(self, name: str, value: Any) -> str:
        """Name a value; how the statement says it."""
        self.values[name] = value
        return f"%({name})s"

    def listed(self, name: str, values: list[Any]) -> str:
        """Name several values."""
        return ", ".join(self.value(f"{name}_{n}", value) for n, value in enumerate(values)) or "NULL"


@dataclass(frozen=True, slots=True)
class Condition:
    """`kind`: what it takes: number, money (minor units), codes (texts), months (1 to 12).

    `profiles`: whether it looks at purchases, which takes the member's yes before they are written to for it.
    """

    kind: str
    sql: Callable[[Asked, Any], str]
    profiles: bool = True


def _days_before(name: str, sign: str) -> Callable[[Asked, Any], str]:
    def sql(asked: Asked, days: Any) -> str:
        # By the index of last visits SQLite would look up one after the other those who are mostly half of all.
        column = "i.last_visit" if _postgres() else "+i.last_visit"
        return f"{column} {sign} {asked.value(name, asked.today - timedelta(days=days))}"

    return sql


def _indicator(name: str, said: str) -> Callable[[Asked, Any], str]:
    return lambda asked, value: said.format(asked.value(name, value))


def _habit(what: str) -> Callable[[Asked, Any], str]:
    def sql(asked: Asked, codes: Any) -> str:
        return f"""EXISTS (SELECT 1 FROM insight_memberhabit h WHERE h.business_id = m.business_id
            AND h.member_id = m.id AND h.what = '{what}' AND h.times > 0
            AND h.value IN ({asked.listed(what, codes)}))"""  # noqa: S608

    return sql


def _products(asked: Asked, codes: Any) -> str:
    # Only the few who were merged are looked for among the members: to look up each buyer took as long as all else.
    # SQLite takes an index of some rows where its condition is said in the same words.
    return f"""m.id IN (SELECT coalesce(b.merged_into, r.member_id) FROM sales_receiptline l
        JOIN sales_receipt r ON r.business_id = l.business_id AND r.id = l.receipt_id AND NOT r.gone
        LEFT JOIN members_member b ON b.business_id = r.business_id AND b.id = r.member_id
            AND b.merged_into IS NOT NULL
        WHERE r.member_id IS NOT NULL AND l.business_id = %(business)s
            AND NOT (l.product = '') AND l.product IN ({asked.listed("product", codes)}))"""  # noqa: S608


def _months(asked: Asked, months: Any) -> str:
    days = []
    year, month = asked.today.year, asked.today.month
    for _ in range(_MONTHS_BACK):
        if month in months:
            days.append(date(year, month, 1))
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return f"""EXISTS (SELECT 1 FROM insight_membermonth mm WHERE mm.business_id = m.business_id
        AND mm.member_id = m.id AND mm.sales > 0 AND mm.month IN ({asked.listed("month", days)}))"""  # noqa: S608


def _tiers(asked: Asked, codes: Any) -> str:
    wanted = [*codes, ""] if asked.first_tier in codes else list(codes)
    tiers, today = asked.listed("tier", wanted), asked.value("today", asked.today)
    given = f"m.tier_floor <> '' AND (m.tier_floor_until IS NULL OR m.tier_floor_until >= {today})"
    return f"(m.tier IN ({tiers}) OR ({given} AND m.tier_floor IN ({tiers})))"


def _types(asked: Asked, codes: Any) -> str:
    each = "jsonb_array_elements_text(m.types) AS t(value)" if _postgres() else "json_each(m.types) AS t"
    return f"EXISTS (SELECT 1 FROM {each} WHERE t.value IN ({asked.listed('type', codes)}))"  # noqa: S608


def _birthday_months(asked: Asked, months: Any) -> str:
    month = "extract(month FROM m.birth_date)::int" if _postgres() else "CAST(substr(m.birth_date, 6, 2) AS integer)"
    return f"{month} IN ({asked.listed('birthday', months)})"


def _joined(name: str, sign: str) -> Callable[[Asked, Any], str]:
    return lambda asked, days: f"m.joined {sign} {asked.value(name, asked.today - timedelta(days=days))}"


def _lapsing(asked: Asked, days: Any) -> str:
    asked.value("lapsing_first", asked.today)
    asked.value("lapsing_last", asked.today + timedelta(days=days))
    return HOLDS_LAPSING


def _postgres() -> bool:
    return connection.vendor == "postgresql"


CONDITIONS: Mapping[str, Condition] = {
    "away_days": Condition("number", _days_before("away", "<=")),
    "seen_days": Condition("number", _days_before("seen", ">=")),
    "visits_min": Condition("number", _indicator("visits_min", "i.visits >= {}")),
    "visits_max": Condition("number", _indicator("visits_max", "coalesce(i.visits, 0) <= {}")),
    "every_days": Condition("number", _indicator("every", "i.gap_days <= {}")),
    "spent_min": Condition("money", _indicator("spent_min", "i.total >= {}")),
    "spent_max": Condition("money", _indicator("spent_max", "coalesce(i.total, 0) <= {}")),
    "ticket_min": Condition("money", _indicator("ticket_min", "i.sales > 0 AND i.total >= i.sales * {}")),
    "ticket_max": Condition("money", _indicator("ticket_max", "i.sales > 0 AND i.total <= i.sales * {}")),
    "departments": Condition("codes", _habit("department")),
    "products": Condition("codes", _products),
    "months": Condition("months", _months),
    "stores": Condition("codes", _habit("store")),
    "tiers": Condition("codes", _tiers),
    "types": Condition("codes", _types, profiles=False),
    "birthday_months": Condition("months", _birthday_months, profiles=False),
    "joined_within": Condition("number", _joined("joined_within", ">="), profiles=False),
    "joined_before": Condition("number", _joined("joined_before", "<="), profiles=False),
    "lapsing_days": Condition("number", _lapsing, profiles=False),
}
"""Every condition there is, in the order in which it is shown."""


def check_rules(rules: Mapping[str, Any]) -> None:
    """Raise `invalid` where a rule is none, or takes something else."""
    for code, value in rules.items():
        condition = CONDITIONS.get(code)
        if condition is None or not _fits(condition.kind, value):
            raise Refused(
                "invalid", f"The condition {code!r} cannot be right.", [Fault(f"/{code}", "look at it again")]
            )


def _fits(kind: str, value: Any) -> bool:
    if kind in ("number", "money"):
        return type(value) is int and 0 <= value < 10**15 and (kind == "money" or value < 100_000)
    if not isinstance(value, list) or not 0 < len(value) <= _MOST_CODES:
        return False
    return all(type(each) is int and 1 <= each <= 12 if kind == "months" else isinstance(each, str) for each in value)


def looks_at_purchases(rules: Mapping[str, Any]) -> bool:
    """Whether what somebody bought decides; then it takes their yes to that before they are written to."""
    return any(CONDITIONS[code].profiles for code in rules)
