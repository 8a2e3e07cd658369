"""What whoever serves must say or know about a member: a code that stays, and a sentence in the language asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_noop

from fiel.core.conditions.birthday import is_birthday
from fiel.core.written import amount_text
from fiel.members.models import Member
from fiel.members.read import Standing

__all__ = ["alert", "alerts_of"]

_SENTENCES = {
    "birthday": gettext_noop("Birthday this week"),
    "expiring": gettext_noop("%(amount)s %(unit)s lapse after %(day)s"),
    "invite": gettext_noop("A gift is due: %(awards)s"),
    "welcome": gettext_noop("Was invited to come: say welcome"),
    "own_account": gettext_noop("Nobody credits their own card; the sale counts for nobody"),
    "member_not_found": gettext_noop("No member is known by this; the sale counts for nobody"),
}


def alert(code: str, **said: str) -> dict[str, str]:
    """One alert."""
    return {"code": code, "text": gettext(_SENTENCES[code]) % said}


def alerts_of(member: Member, accounts: Iterable[Standing], day: date) -> Iterator[dict[str, str]]:
    """What to say to a member on a day: the birthday, and what lapses next of each account."""
    if member.birth_date is not None and is_birthday(day, member.birth_date, "week"):
        yield alert("birthday")
    for account in accounts:
        for expires_on, steps in account.expiring[:1]:
            amount = amount_text(steps, account.unit)
            yield alert("expiring", amount=amount, unit=account.unit.code, day=date_format(expires_on, "DATE_FORMAT"))
