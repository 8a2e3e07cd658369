"""Kinds of goods in the terms of files, and the department that each belongs to: the office's table.

NCM codes are written from the general to the special, so a line of "2202" holds for 22021000; the longest holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.db import transaction

from fiel import clock
from fiel.catalogue.change import Put
from fiel.catalogue.models import Department, GoodsGroup
from fiel.core.refusals import Fault, Refused
from fiel.shops.models import Business
from fiel.tables.read import matching
from fiel.tables.write import upsert
from fiel.trail.note import note

__all__ = ["SCHEMES", "GroupRow", "Groups", "put_groups"]

SCHEMES = ("ncm", "group")
_LETTERS = 50
_SHORTEST_NCM = 2
_MOST_TOLD = 50

GroupRow = tuple[str, str, str | None]
"""Scheme, code, department (None: none)."""


class Groups:
    """The table of a business as it is now, and what was asked of it that it does not know."""

    def __init__(self, business_id: int) -> None:
        rows = GoodsGroup.objects.filter(business_id=business_id).values_list("scheme", "code", "department")
        self._business_id = business_id
        self._known: dict[tuple[str, str], str | None] = {(scheme, code): said for scheme, code, said in rows}
        self._new: dict[tuple[str, str], str] = {}

    def department(self, scheme: str, code: str, description: str = "") -> str:
        """The department of a kind of goods; empty where nobody has said. What is new is noted."""
        if not code or not scheme:
            return ""
        code = code[:_LETTERS]
        shortest = _SHORTEST_NCM if scheme == "ncm" else len(code)
        for length in range(len(code), shortest - 1, -1):
            if found := self._known.get((scheme, code[:length])):
                return found
        if (scheme, code) not in self._known:
            self._new.setdefault((scheme, code), description)
        return ""

    def note_new(self) -> None:
        """Keep the kinds that nobody had heard of, for somebody to give them a department."""
        rows = [(self._business_id, *key, None, said[:200]) for key, said in sorted(self._new.items())]
        upsert(GoodsGroup, ("business", "scheme", "code"), ("department", "description"), rows)
        self._known.update(dict.fromkeys(self._new))
        self._new.clear()


def put_groups(business: Business, rows: Sequence[GroupRow]) -> list[Put | Refused]:
    """Say which department kinds of goods belong to; for each "new", "changed", None (it was so) or why not."""
    with transaction.atomic():
        wanted = {(scheme, code) for scheme, code, _ in rows}
        stored = matching(GoodsGroup, business.id, ("scheme", "code"), wanted, ("department",))
        known: dict[tuple[str, str], str | None] = {(scheme, code): said for scheme, code, said in stored}
        departments = set(Department.objects.filter(business=business).values_list("code", flat=True))
        answers: list[Put | Refused] = []
        changes: dict[tuple[str, str], str | None] = {}
        for row in rows:
            scheme, code, department = row
            faults = list(_faults(row, departments))
            if faults:
                answers.append(Refused("invalid", f"{faults[0].detail}.", faults))
                continue
            answers.append(_put({**known, **changes}, row))
            changes[(scheme, code)] = department or None
        written = [(business.id, *key, changes[key]) for key in sorted(changes)]
        upsert(GoodsGroup, ("business", "scheme", "code"), ("department",), written)
        if any(answer in ("new", "changed") for answer in answers):
            codes = [f"{scheme} {code}" for scheme, code in sorted(changes)]
            after = {"count": len(codes), "groups": codes[:_MOST_TOLD]}
            note(business.id, "groups.set", after=after, now=clock.now())
    return answers


def _put(known: Mapping[tuple[str, str], str | None], row: GroupRow) -> Put:
    scheme, code, department = row
    if (scheme, code) not in known:
        return "new"
    return None if known[(scheme, code)] == (department or None) else "changed"


def _faults(row: GroupRow, departments: set[str]) -> Iterable[Fault]:
    scheme, code, department = row
    if scheme not in SCHEMES:
        yield Fault("/scheme", f"choose one of: {', '.join(SCHEMES)}")
    if not code.strip() or len(code) > _LETTERS:
        yield Fault("/code", f"a code has 1 to {_LETTERS} characters")
    if department and department not in departments:
        yield Fault("/department", f"there is no department {department!r}")
