"""How members sign in to the portal: by a one-time code or a password; and the sessions that come of it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.db.models import F

from fiel.core.identity import Identity
from fiel.core.refusals import Fault, Refused
from fiel.members.find import follow
from fiel.members.models import Login, LoginCode, Member, MemberSession
from fiel.shops.models import Business
from fiel.tables.ids import new_id
from fiel.tables.sealed import keyed_hash

__all__ = [
    "HOLD",
    "begin_session",
    "end_session",
    "end_sessions",
    "held_until",
    "hold",
    "knows_password",
    "make_code",
    "member_of_session",
    "set_password",
    "use_code",
]

HOLD = timedelta(hours=24)
"""How long nothing can be spent from the portal after phone, e-mail or password were changed."""

_CODE_LASTS = timedelta(minutes=15)
_MOST_TRIES = 5
_IDLE = timedelta(days=30)
_AT_MOST = timedelta(days=180)
_NOTE_EVERY = timedelta(hours=1)  # not with each page: it is a write


def make_code(
    business: Business,
    identity: Identity,
    *,
    purpose: str,
    member_id: UUID | None,
    now: datetime,
    payload: Mapping[str, Any] | None = None,
) -> tuple[UUID, str]:
    """A code of six digits, good for a quarter of an hour and five tries: its id, and the code to be sent."""
    code_id, code = new_id(), f"{secrets.randbelow(10**6):06d}"
    LoginCode.objects.create(
        business=business,
        id=code_id,
        purpose=purpose,
        kind=identity.kind,
        value=identity.value,
        member_id=member_id,
        payload=dict(payload or {}),
        hash=_code_hash(code_id, code),
        expires_at=now + _CODE_LASTS,
    )
    return code_id, code


def use_code(business: Business, code_id: UUID, code: str, *, now: datetime) -> LoginCode:
    """Use a code up. Wrong, over, used and never there are refused alike (`invalid`); outside of a transaction.

    The try is counted before the code is looked at, so that many at once get no more.
    """
    ours = LoginCode.objects.filter(business=business, id=code_id, used_at=None, expires_at__gt=now)
    if ours.filter(tries__lt=_MOST_TRIES).update(tries=F("tries") + 1):
        row = ours.first()
        typed = "".join(each for each in code if each.isdecimal())
        if row is not None and hmac.compare_digest(row.hash, _code_hash(code_id, typed)) and ours.update(used_at=now):
            return row
    raise Refused("invalid", "This code is wrong, or too old.", [Fault("/code", "ask for a new one")])


def knows_password(business: Business, member_id: UUID | None, password: str) -> bool:
    """Whether it is the member's password. It takes as long for who has none, and for nobody."""
    login = Login.objects.filter(business=business, member_id=member_id).first() if member_id else None
    if login is None or not login.password:
        make_password(password)
        return False
    return check_password(password, login.password)


def set_password(business: Business, member_id: UUID, hashed: str) -> None:
    """Set a password, hashed by `make_password`."""
    Login.objects.update_or_create(business=business, member_id=member_id, defaults={"password": hashed})


def hold(business: Business, member_id: UUID, *, now: datetime) -> None:
    """Let nothing be spent from the portal for a day: something was changed by which one signs in."""
    Login.objects.update_or_create(business=business, member_id=member_id, defaults={"held_until": now + HOLD})


def held_until(business: Business, member_id: UUID, *, now: datetime) -> datetime | None:
    """Until when nothing can be spent from the portal; None: it can."""
    held = Login.objects.filter(business=business, member_id=member_id, held_until__gt=now)
    return held.values_list("held_until", flat=True).first()


def begin_session(business: Business, member_id: UUID, *, by_code: bool, now: datetime) -> str:
    """Sign a member in: the secret that the browser is to keep."""
    secret = secrets.token_urlsafe(32)
    MemberSession.objects.create(
        business=business, hash=_hash(secret), member_id=member_id, by_code=by_code, began_at=now, seen_at=now
    )
    return secret


def member_of_session(business: Business, secret: str, *, now: datetime) -> tuple[Member, MemberSession] | None:
    """Who is signed in by a secret, and the session; None: nobody, or not any more."""
    session = MemberSession.objects.filter(business=business, hash=_hash(secret)).first()
    if session is None:
        return None
    if now - session.seen_at >= _IDLE or now - session.began_at >= _AT_MOST:
        end_session(business, secret)
        return None
    if now - session.seen_at >= _NOTE_EVERY:
        MemberSession.objects.filter(business=business, hash=session.hash).update(seen_at=now)
    leads_to = follow(business.pk, [session.member_id]).get(session.member_id)
    member = Member.objects.filter(business=business, id=leads_to).first() if leads_to else None
    return (member, session) if member else None


def end_session(business: Business, secret: str) -> None:
    """Sign out this browser."""
    MemberSession.objects.filter(business=business, hash=_hash(secret)).delete()


def end_sessions(business: Business, member_id: UUID, *, but: str = "") -> None:
    """Sign a member out everywhere, but for the session with a hash."""
    MemberSession.objects.filter(business=business, member_id=member_id).exclude(hash=but).delete()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _code_hash(code_id: UUID, code: str) -> str:
    return keyed_hash(f"{code_id}:{code}", purpose=b"member login code")
