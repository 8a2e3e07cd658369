"""Enrolling and changing one member, as the doors do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from fiel.core.identity import Identity
from fiel.core.refusals import Fault, Refused
from fiel.members.consenting import answer_consents
from fiel.members.enrol import Newcomer, enrol
from fiel.members.find import find, lock
from fiel.members.models import Identifier, Member
from fiel.members.newcomer import NOT_KNOWN, Notice
from fiel.members.telling import secure
from fiel.shops.models import Business
from fiel.tables.again import in_transaction

__all__ = ["Change", "change_member", "enrol_one"]

_SIGNS_IN = ("phone", "email")
_FIRST_DAY = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be changed of a member.

    `fields`: name, birth_date, language, types, those that change. `identifiers`: phone, email, tax_id in their normal
    form, or None to remove one. `consents`: answers given now, each added to those before; `notice`: to which words.
    """

    fields: Mapping[str, object] = field(default_factory=dict)
    identifiers: Mapping[str, str | None] = field(default_factory=dict)
    consents: Mapping[str, bool] = field(default_factory=dict)
    notice: Notice = NOT_KNOWN


def enrol_one(business: Business, newcomer: Newcomer, *, now: datetime, today: date, source: str, by: str) -> Member:
    """Enrol a customer. Raises `invalid`, `member_exists`, `card_taken`."""
    _check_days(today, birth_date=newcomer.birth_date, joined=newcomer.joined)

    def enrolling() -> Member:
        [made] = enrol(business, [newcomer], now=now, today=today, source=source, by=by)
        if isinstance(made, Refused):
            raise made
        return made

    return in_transaction(enrolling)


def change_member(
    business: Business,
    member_id: UUID,
    change: Change,
    *,
    now: datetime,
    today: date,
    source: str,
    by: str,
    session: str = "",
) -> Member:
    """Change a member; where that changes by what they sign in, they are told, and spend nothing for a day.

    `session`: the hash of the portal's session in which it is done, the only one that stays. Raises `invalid`, and
    `member_exists` where an identifier is somebody else's.
    """
    born = change.fields.get("birth_date")
    _check_days(today, birth_date=born if isinstance(born, date) else None)

    def changing() -> Member:
        member = lock(business.id, [member_id])[member_id]
        for name, value in change.fields.items():
            setattr(member, name, value)
        member.updated_at = now
        also = ["name_key"] if "name" in change.fields else []
        member.save(update_fields=[*change.fields, *also, "updated_at"])
        before = _put_identifiers(business, member, change.identifiers)
        if any(before.get(kind) != change.identifiers.get(kind, before.get(kind)) for kind in _SIGNS_IN):
            secure(business, member.id, email=before.get("email", ""), now=now, session=session)
        answer_consents([(member, change.consents, change.notice)], now=now, source=source, by=by)
        return member

    return in_transaction(changing)


def _check_days(today: date, *, birth_date: date | None = None, joined: date | None = None) -> None:
    faults = []
    if birth_date and not _FIRST_DAY <= birth_date < today:
        faults.append(Fault("/birth_date", f"a birth date lies in the past, and not before {_FIRST_DAY:%Y}"))
    if joined and not _FIRST_DAY <= joined <= today:
        faults.append(Fault("/joined", f"nobody joins in the future, nor before {_FIRST_DAY:%Y}"))
    if faults:
        raise Refused("invalid", "A date cannot be right.", faults)


def _put_identifiers(business: Business, member: Member, identifiers: Mapping[str, str | None]) -> dict[str, str]:
    """Put what identifies the member; what did until now, by kind."""
    if not identifiers:
        return {}
    ours = Identifier.objects.filter(business=business, member_id=member.id)
    before = dict(ours.values_list("kind", "value"))
    wanted = [Identity(kind, value) for kind, value in identifiers.items() if value is not None]
    for identity, found in find(business.id, wanted).items():
        if found.member_id != member.id:
            fault = Fault(f"/{identity.kind}", "already known here")
            raise Refused("member_exists", f"Another member has this {identity.kind}.", [fault])
    ours.filter(kind__in=list(identifiers)).delete()
    Identifier.objects.bulk_create(
        Identifier(business=business, kind=kind, value=value, member_id=member.id) for kind, value in wanted
    )
    return before
