"""Statements: what a member has and what moved it, on A4, one or thousands; as letters with the address in the window.

A part of the members costs as many queries as one of them, and a page of each is drawn without layout engines: that is
what makes ten thousand letters a matter of minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from fiel.core.lots import NEVER
from fiel.core.programme import Programme, Unit
from fiel.core.tiers import effective
from fiel.hand.models import HandEntry
from fiel.ledger.read import Balance, Entry, balances, entries_between
from fiel.members.models import Member
from fiel.members.tiers import tier_state
from fiel.printing.sheet import BOLD, REGULAR, Sign, cut, fitted, paper, wrapped
from fiel.programme.units import current_programme, units_of
from fiel.programme.versions import versions_of
from fiel.rewards.models import Reward, Voucher
from fiel.sales.models import Receipt
from fiel.shops.models import Business
from fiel.wording import MOVEMENTS, short_day, with_unit

__all__ = ["Rules", "Statement", "rules_now", "statements_of", "statements_pdf"]

_CAUSES = 5000  # asked for at once

_LEFT, _RIGHT = 20 * mm, A4[0] - 20 * mm
_TOP, _FOOT = A4[1] - 18 * mm, 20 * mm
_WINDOW = A4[1] - 50 * mm  # the first line of an address, as DIN 5008 B and most windows have it
_ADDRESS, _ROOM = 25 * mm, 75 * mm
_LINE = 4.6 * mm
_DAY, _AMOUNT, _BALANCE = _LEFT, _RIGHT - 36 * mm, _RIGHT
_WHAT = _LEFT + 22 * mm


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides how a business's accounts are told: the rules in force, every unit there is, the day."""

    programme: Programme | None
    units: Mapping[str, Unit]
    today: date
    zone: ZoneInfo

    @property
    def shown(self) -> list[Unit]:
        """The units that customers see, in the programme's order."""
        return [unit for unit in self.programme.units.values() if unit.visible] if self.programme else []


def rules_now(business: Business, now: datetime) -> Rules:
    """How a business's accounts are told at this moment."""
    versions = versions_of(business.pk)
    current = current_programme(versions, now)
    zone = current[1].timezone if current else ZoneInfo(business.timezone)
    units = units_of(business.pk, versions)
    return Rules(current[1] if current else None, units, now.astimezone(zone).date(), zone)


@dataclass(frozen=True, slots=True)
class Statement:
    """A member's statement, from one day to another, both included; what is told is in the member's language.

    `who`, `number`: the member's name and number. `holds`: of each unit what there is, and what is to be said of it.
    `rows`: day, what, amount, balance.
    """

    member: Member
    who: str
    number: str
    tier: str
    first: date
    last: date
    language: str
    holds: Sequence[tuple[str, Sequence[str]]]
    rows: Sequence[tuple[str, str, str, str]]


def statements_of(
    business: Business, members: Sequence[Member], rules: Rules, first: date, last: date
) -> Iterator[Statement]:
    """The statements of some members, in their order: six queries, however many they are."""
    ids = [member.id for member in members]
    held: dict[UUID, list[Balance]] = {}
    for balance in balances(business.pk, ids):
        held.setdefault(balance.member_id, []).append(balance)
    moved = entries_between(business.pk, ids, _start(first, rules.zone), _start(last + timedelta(days=1), rules.zone))
    reasons = _reasons(business, {entry.cause for entries in moved.values() for entry in entries})
    for member in members:
        language = member.language or business.language
        with translation.override(language):
            yield Statement(
                member=member,
                who=str(member),
                number=member.code if member.name else "",
                tier=effective(rules.programme, tier_state(member), rules.today) if rules.programme else "",
                first=first,
                last=last,
                language=language,
                holds=_holds(business, held.get(member.id, ()), rules),
                rows=_rows(business, moved.get(member.id, ()), reasons, rules),
            )


def _start(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _reasons(business: Business, causes: set[UUID]) -> dict[UUID, str]:
    """What to say of each cause: the receipt, the reward, the reason that somebody wrote."""
    reasons: dict[UUID, str] = {}
    rewards: dict[UUID, str] = {}
    listed = sorted(causes)
    for start in range(0, len(listed), _CAUSES):
        wanted = {"business": business, "id__in": listed[start : start + _CAUSES]}
        receipts = Receipt.objects.filter(**wanted).values_list("id", "store", "number")
        reasons |= {id_: f"{store} · {number}" for id_, store, number in receipts}
        reasons |= dict(HandEntry.objects.filter(**wanted).values_list("id", "reason"))
        rewards |= dict(Voucher.objects.filter(**wanted).values_list("id", "reward"))
    names = {each.code: str(each) for each in Reward.objects.filter(business=business, code__in=set(rewards.values()))}
    return reasons | {id_: names[code] for id_, code in rewards.items()}


def _holds(business: Business, held: Iterable[Balance], rules: Rules) -> list[tuple[str, list[str]]]:
    by_unit, currency = {each.unit: each for each in held}, business.currency
    told = []
    for unit in rules.shown:
        balance = by_unit.get(unit.code)
        said: list[str] = []
        if balance is not None:
            waiting = balance.holding.pending(rules.today)
            if waiting:
                said.append(gettext("%(amount)s waiting") % {"amount": with_unit(waiting, unit, currency)})
            for day, steps in balance.expiring(rules.today + timedelta(days=unit.warn_days)):
                if day >= rules.today:
                    lapsing = {"amount": with_unit(steps, unit, currency), "day": short_day(day)}
                    said.append(gettext("%(amount)s lapse on %(day)s") % lapsing)
        steps = balance.holding.balance if balance else 0
        told.append((with_unit(steps, unit, currency), said))
    return told


def _rows(
    business: Business, entries: Iterable[Entry], reasons: Mapping[UUID, str], rules: Rules
) -> list[tuple[str, str, str, str]]:
    return [_row(business, entry, reasons, rules) for entry in entries if rules.units[entry.unit].visible]


def _row(business: Business, entry: Entry, reasons: Mapping[UUID, str], rules: Rules) -> tuple[str, str, str, str]:
    unit, currency = rules.units[entry.unit], business.currency
    name, why = str(MOVEMENTS.get(entry.kind, entry.kind)), reasons.get(entry.cause, "")
    until = entry.expires_on if entry.steps > 0 and entry.expires_on and entry.expires_on != NEVER else None
    good = gettext("good until %(day)s") % {"day": short_day(until)} if until else ""
    return (
        short_day(entry.occurred_at.astimezone(rules.zone).date()),
        " · ".join(each for each in (name, why, good) if each),
        with_unit(entry.steps, unit, currency, sign=True),
        with_unit(entry.balance, unit, currency),
    )


# On paper


def statements_pdf(
    business: Business, statements: Iterable[Statement], *, letters: bool, progress: Callable[[int], None]
) -> bytes:
    """Statements one behind the other, each from a page of its own on. `letters`: with the address for a window."""
    sign = Sign(business)

    def draw(canvas: Canvas) -> None:
        done = 0
        for done, statement in enumerate(statements, 1):
            with translation.override(statement.language):
                _draw(canvas, sign, statement, letter=letters)
            progress(done)
        if not done:
            canvas.showPage()

    return paper(draw, size=A4, title=gettext("Statements"), author=business.name)


def _draw(canvas: Canvas, sign: Sign, statement: Statement, *, letter: bool) -> None:
    y, number = _head(canvas, sign, statement, letter=letter), 1
    y = _table_head(canvas, _balances(canvas, statement, y))
    for row in statement.rows:
        if y < _FOOT + _LINE:
            _foot(canvas, sign, statement, number)
            canvas.showPage()
            y, number = _table_head(canvas, _next_head(canvas, statement)), number + 1
        y = _table_row(canvas, row, y)
    if not statement.rows:
        canvas.setFont(REGULAR, 9)
        canvas.drawString(_LEFT, y - _LINE, gettext("Nothing moved in this time."))
    _foot(canvas, sign, statement, number)
    canvas.showPage()


def _head(canvas: Canvas, sign: Sign, statement: Statement, *, letter: bool) -> float:
    """The business's sign, the address of a letter, the title; where what follows begins."""
    sign.draw(canvas, _LEFT, _TOP - 12 * mm, 90 * mm, 14 * mm)
    canvas.setFont(REGULAR, 9)
    canvas.drawRightString(_RIGHT, _TOP, short_day(statement.last))
    y = _TOP - 28 * mm
    if letter:
        canvas.setFont(REGULAR, 6.5)
        canvas.drawString(_ADDRESS, _WINDOW + 4.8 * mm, cut(sign.name, REGULAR, 6.5, _ROOM))
        who = wrapped(statement.who, REGULAR, 10, _ROOM, lines=2)
        lines = [*who, *statement.member.address.splitlines()]
        for place, line in enumerate(lines):
            text, size = fitted(line, REGULAR, 10, _ROOM, least=8)
            canvas.setFont(REGULAR, size)
            canvas.drawString(_ADDRESS, _WINDOW - place * 4.8 * mm, text)
        y = A4[1] - 103 * mm
    canvas.setFont(BOLD, 15)
    canvas.drawString(_LEFT, y, gettext("Your statement"))
    span = {"first": short_day(statement.first), "last": short_day(statement.last)}
    canvas.setFont(REGULAR, 9)
    told = (gettext("%(first)s to %(last)s") % span, statement.number, statement.tier)
    canvas.drawString(_LEFT, y - 6 * mm, " · ".join(each for each in told if each))
    if not letter:
        canvas.drawRightString(_RIGHT, y, cut(statement.who, REGULAR, 9, 110 * mm))
    return y - 13 * mm


def _balances(canvas: Canvas, statement: Statement, y: float) -> float:
    for amount, said in statement.holds:
        canvas.setFont(BOLD, 12)
        canvas.drawString(_LEFT, y - _LINE, amount)
        y -= _LINE * 1.35
        canvas.setFont(REGULAR, 9)
        for line in said:
            canvas.drawString(_LEFT, y - _LINE * 0.8, line)
            y -= _LINE
        y -= mm
    return y - 5 * mm


def _table_head(canvas: Canvas, y: float) -> float:
    canvas.setFont(BOLD, 8.5)
    canvas.drawString(_DAY, y, gettext("When"))
    canvas.drawString(_WHAT, y, gettext("What"))
    canvas.drawRightString(_AMOUNT, y, gettext("Amount"))
    canvas.drawRightString(_BALANCE, y, gettext("Balance"))
    canvas.setLineWidth(0.6)
    canvas.line(_LEFT, y - 1.6 * mm, _RIGHT, y - 1.6 * mm)
    return y - 1.6 * mm


def _table_row(canvas: Canvas, row: tuple[str, str, str, str], y: float) -> float:
    day, what, amount, balance = row
    y -= _LINE
    canvas.setFont(REGULAR, 8.5)
    canvas.drawString(_DAY, y, day)
    canvas.drawString(_WHAT, y, cut(what, REGULAR, 8.5, _AMOUNT - _WHAT - 24 * mm))
    canvas.drawRightString(_AMOUNT, y, amount)
    canvas.drawRightString(_BALANCE, y, balance)
    return y


def _next_head(canvas: Canvas, statement: Statement) -> float:
    canvas.setFont(REGULAR, 9)
    canvas.drawString(_LEFT, _TOP, cut(statement.who, REGULAR, 9, 120 * mm))
    return _TOP - 10 * mm


def _foot(canvas: Canvas, sign: Sign, statement: Statement, number: int) -> None:
    canvas.setFont(REGULAR, 7.5)
    canvas.drawString(_LEFT, 11 * mm, cut(sign.name, REGULAR, 7.5, 120 * mm))
    canvas.drawRightString(_RIGHT, 11 * mm, gettext("Page %(number)s") % {"number": number})
