"""Changing the catalogue: departments and products, one or thousands at once, each row standing alone.

A row names its code and everything about it: what exists is set to what the row says. For each row, in order, comes
"new", "changed", None (it was so before) or why it was refused, with pointers into the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from django.db import transaction

from fiel import clock
from fiel.catalogue.models import Department, Product, UnknownProduct
from fiel.core.refusals import Fault, Refused
from fiel.shops.models import Business
from fiel.tables.read import matching
from fiel.tables.write import upsert
from fiel.trail.note import note

__all__ = ["DepartmentRow", "ProductRow", "Put", "edit_products", "put_departments", "put_products"]

DepartmentRow = tuple[str, str, str | None]
"""Code, name, the department above it (None: none)."""

ProductRow = tuple[str, str, str | None, str, Sequence[str]]
"""Code, name, department (None: none), brand, tags."""

Put = Literal["new", "changed"] | None

_CODE_LETTERS = 50
_PRODUCT_LETTERS = 64
_NAME_LETTERS = 200
_BRAND_LETTERS = 100
_TAG_LETTERS = 40
_TAGS_LETTERS = 500  # a receipt's line keeps them joined by commas
_MOST_LEVELS = 20
_AT_ONCE = 10_000
_MOST_TOLD = 50


def put_departments(business: Business, rows: Sequence[DepartmentRow]) -> list[Put | Refused]:
    """Make departments, or change them. A parent is there already or comes in the same call; no department is its own.

    A row that hangs below one that was refused is refused too, unless what was there before serves.
    """
    with transaction.atomic():
        # Two changes at once, each sound alone, could make a circle together.
        Business.objects.select_for_update(no_key=True).get(pk=business.pk)
        stored = Department.objects.filter(business=business).values_list("code", "name", "parent")
        before = {code: (name, parent) for code, name, parent in stored}
        taking = _Taking(before)
        for row in rows:
            code, name, parent = row
            taking.take(code, (name, parent), _department_faults(row))
        _refuse_misplaced(taking, before)
        wanted = taking.changes()
        parents = {code: parent for code, (_, parent) in {**before, **wanted}.items()}
        # Parents first: SQLite looks at each row's as it comes.
        order = sorted(wanted, key=lambda code: (_depth(parents, code), code))
        upsert(Department, ("business", "code"), ("name", "parent"), [(business.id, c, *wanted[c]) for c in order])
        _note(business, "departments.set", order)
    return taking.answers


def put_products(business: Business, rows: Sequence[ProductRow]) -> list[Put | Refused]:
    """Make products, or change them. A product's department is in the catalogue already."""
    with transaction.atomic():
        codes = [(row[0],) for row in rows]
        stored = matching(Product, business.id, ("code",), codes, ("name", "department", "brand", "tags"))
        named = {(row[2],) for row in rows if row[2]}
        departments = {code for (code,) in matching(Department, business.id, ("code",), named, ())}
        taking = _Taking({code: tuple(content) for code, *content in stored})
        for row in rows:
            code, name, department, brand, tags = row
            content = (name, department or None, brand, list(tags))
            taking.take(code, content, _product_faults(row, departments))
        wanted = taking.changes()
        columns = ("name", "department", "brand", "tags")
        upsert(Product, ("business", "code"), columns, [(business.id, c, *wanted[c]) for c in sorted(wanted)])
        _forget_unknown(business.id, list(taking.standing()))
        _note(business, "products.set", sorted(wanted))
    return taking.answers


def edit_products(
    business: Business,
    codes: Iterable[str],
    *,
    department: str | None = None,
    brand: str = "",
    tag: str = "",
    without_tag: str = "",
) -> list[Put | Refused]:
    """Change many products alike: what is empty stays as it is. `tag` is added, `without_tag` taken away."""
    with transaction.atomic():
        columns = ("name", "department", "brand", "tags")
        stored = matching(Product, business.id, ("code",), [(code,) for code in codes], columns)
        rows = [
            (code, name, department or was, brand or made_by, _with_tag(tags, tag, without_tag))
            for code, name, was, made_by, tags in stored
        ]
        return put_products(business, sorted(rows))


def _with_tag(tags: Sequence[str], tag: str, without: str) -> list[str]:
    kept = [each for each in tags if each != without]
    return [*kept, tag] if tag and tag not in kept else kept


def _note(business: Business, what: str, codes: Sequence[str]) -> None:
    """Which were made or changed, the first of many by code: ten thousand rows at once are one act."""
    if codes:
        note(business.id, what, after={"count": len(codes), "codes": list(codes[:_MOST_TOLD])}, now=clock.now())


class _Taking:
    """The rows taken so far: what each is answered, and what is to be written."""

    def __init__(self, before: Mapping[str, tuple[object, ...]]) -> None:
        self.before = before
        self.answers: list[Put | Refused] = []
        self.place: dict[str, int] = {}
        self.content: dict[str, tuple[object, ...]] = {}

    def take(self, code: str, content: tuple[object, ...], faults: Sequence[Fault]) -> None:
        """Take a row; the same row a second time is no fault, another one for the same code is."""
        if faults:
            self.answers.append(Refused("invalid", f"{faults[0].detail}.", faults))
        elif code not in self.place:
            self.place[code] = len(self.answers)
            self.content[code] = content
            same = self.before.get(code) == content
            self.answers.append(None if same else "changed" if code in self.before else "new")
        elif self.content.get(code, content) == content:
            self.answers.append(None)
        else:
            fault = Fault("/code", f"{code!r} comes twice, with different content")
            self.answers.append(Refused("invalid", f"{fault.detail}.", [fault]))

    def refuse(self, code: str, fault: Fault) -> None:
        """Refuse a row that was taken."""
        self.answers[self.place[code]] = Refused("invalid", f"{code!r}: {fault.detail}.", [fault])
        del self.content[code]

    def standing(self) -> Iterable[str]:
        """The codes of the rows that were not refused."""
        return self.content

    def changes(self) -> dict[str, tuple[object, ...]]:
        """What is to be written, by code."""
        return {code: content for code, content in self.content.items() if self.answers[self.place[code]]}


def _department_faults(row: DepartmentRow) -> list[Fault]:
    code, name, _ = row
    return [*_code_faults(code, _CODE_LETTERS), *_length_faults("/name", name, _NAME_LETTERS)]


def _product_faults(row: ProductRow, departments: set[str]) -> list[Fault]:
    code, name, department, brand, tags = row
    faults = [*_code_faults(code, _PRODUCT_LETTERS), *_length_faults("/name", name, _NAME_LETTERS)]
    faults += _length_faults("/brand", brand, _BRAND_LETTERS)
    if department and department not in departments:
        faults.append(Fault("/department", f"there is no department {department!r}"))
    for index, tag in enumerate(tags):
        if not tag or "," in tag or len(tag) > _TAG_LETTERS:
            faults.append(Fault(f"/tags/{index}", f"a tag has 1 to {_TAG_LETTERS} characters, none of them a comma"))
    if sum(len(tag) + 1 for tag in tags) > _TAGS_LETTERS:
        faults.append(Fault("/tags", f"all tags together have at most {_TAGS_LETTERS} characters"))
    return faults


def _code_faults(code: str, most: int) -> list[Fault]:
    if code.strip() and len(code) <= most:
        return []
    return [Fault("/code", f"a code has 1 to {most} characters")]


def _length_faults(at: str, text: str, most: int) -> list[Fault]:
    return [] if len(text) <= most else [Fault(at, f"at most {most} characters")]


def _refuse_misplaced(taking: _Taking, before: Mapping[str, tuple[str, str | None]]) -> None:
    """Refuse departments whose parent is not there, and those that would be their own; until all others stand."""
    while True:
        parents: dict[str, object] = {code: content[1] for code, content in {**before, **taking.content}.items()}
        missing = [code for code in taking.standing() if parents[code] is not None and parents[code] not in parents]
        for code in missing:
            taking.refuse(code, Fault("/parent", f"there is no department {parents[code]!r}"))
        misplaced = [] if missing else [(code, _misplaced(parents, code)) for code in taking.standing()]
        wrong = [(code, why) for code, why in misplaced if why]
        for code, why in wrong:
            taking.refuse(code, Fault("/parent", why))
        if not missing and not wrong:
            return


def _misplaced(parents: Mapping[str, object], code: str) -> str:
    """Why a department cannot lie where it would lie; empty if it can."""
    seen, above = {code}, parents[code]
    while above is not None:
        if above == code:
            return "the department would lie within itself"
        if above in seen:
            return ""  # others go round above it: they are refused first
        seen.add(str(above))
        if len(seen) > _MOST_LEVELS:
            return f"departments have at most {_MOST_LEVELS} levels"
        above = parents.get(str(above))
    return ""


def _depth(parents: Mapping[str, object], code: str) -> int:
    depth, above = 0, parents[code]
    while above is not None:
        depth, above = depth + 1, parents[str(above)]
    return depth


def _forget_unknown(business_id: int, codes: Sequence[str]) -> None:
    """What the catalogue knows no longer waits for a department."""
    for start in range(0, len(codes), _AT_ONCE):
        UnknownProduct.objects.filter(business_id=business_id, code__in=codes[start : start + _AT_ONCE]).delete()
