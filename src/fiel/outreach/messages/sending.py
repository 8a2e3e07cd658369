"""Sending what waits: claimed before it is sent, noted after, so that each message goes once.

A worker that dies between the two leaves a message of which nobody knows whether it went. It is tried once more, and
not again: who gets it twice, got it with the same Message-ID or key, by which most providers and mailboxes tell.

Whether a member may be written to is looked at here, at the last moment, and not when the message was noted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils import translation

from fiel import clock
from fiel.members.find import follow
from fiel.members.models import Identifier, Member
from fiel.outreach.campaigns.words import campaign_words
from fiel.outreach.channels import CHANNELS
from fiel.outreach.channels.channel import Failed, Outgoing, Passing
from fiel.outreach.consent import who_may_be_told
from fiel.outreach.invitations.words import spoken_by
from fiel.outreach.messages.facts import Facts, known_for
from fiel.outreach.messages.stop import stop_link
from fiel.outreach.models import Message, Messaging
from fiel.outreach.statements import enclosed_with
from fiel.outreach.wordings import Words, fill, words_of
from fiel.shops.models import Business
from fiel.tables.walls import within

__all__ = ["send_some"]

_AT_ONCE = 50
_TOLD_BY_LETTER = ("notice.used", "email")
"""What a letter for the account's safety tells already, which nobody can do without (`rewards.telling`)."""
_MOST_TRIES = 8
_MOST_REPEATS = 1
_PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6))
_WEEK = timedelta(days=7)

log = logging.getLogger("fiel.messages")


class _Dropped(Exception):
    """It must not be sent; the text says why."""


class _Later(Exception):
    """It must not be sent now; the second argument is when."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


def send_some(worker: str, alive: Callable[[], Collection[str]], stopping: Callable[[], bool]) -> bool:
    """Send some of what waits; whether there was any. `worker`, `alive`: as with webhooks."""
    rows = Message.objects.filter(state__in=("waiting", "sending"), next_try_at__lte=clock.now())
    found = list(rows.order_by("next_try_at", "id")[:_AT_ONCE])
    done = 0
    for message in found:
        if stopping():
            break
        with within(message.business_id):
            if _claim(message, worker, alive):
                _send(message)
                done += 1
    return done > 0


def _row(message: Message) -> QuerySet[Message]:
    return Message.objects.filter(business_id=message.business_id, id=message.id)


def _claim(message: Message, worker: str, alive: Callable[[], Collection[str]]) -> bool:
    """Make it ours, on the disk, before anything leaves; whoever finds it as we saw it has it."""
    if message.state == "waiting":
        taken = _row(message).filter(state="waiting", claimed_by=message.claimed_by)
        return bool(taken.update(state="sending", claimed_by=worker))
    if message.claimed_by.partition(".")[0] in alive():
        return False
    orphan = _row(message).filter(state="sending", claimed_by=message.claimed_by, repeats=message.repeats)
    if message.repeats >= _MOST_REPEATS and not _knows_repeats(message):
        return bool(orphan.update(state="failed", reason="not_known_whether_sent", claimed_by="")) and False
    message.repeats += 1
    return bool(orphan.update(claimed_by=worker, repeats=message.repeats))


def _knows_repeats(message: Message) -> bool:
    return message.channel in CHANNELS and CHANNELS[message.channel].tells_repeats()


def _send(message: Message) -> None:
    """Send one, and note how it went."""
    now = clock.now()
    ours = partial(_row(message).update, claimed_by="")
    try:
        out = _outgoing(message, now)
        reference = CHANNELS[message.channel].send(out)
    except _Dropped as dropped:
        ours(state="dropped", reason=str(dropped))
    except _Later as later:
        ours(state="waiting", next_try_at=later.until)
    except Failed as failed:
        ours(state="failed", reason=str(failed)[:60], tries=message.tries + 1)
    except Passing as passing:
        tries = message.tries + 1
        log.warning("a message did not go", extra={"fields": {"message": str(message.id), "error": str(passing)}})
        if tries >= _MOST_TRIES:
            ours(state="failed", reason=str(passing)[:60], tries=tries)
        else:
            pause = _PAUSES[min(tries, len(_PAUSES)) - 1]
            ours(state="waiting", reason=str(passing)[:60], tries=tries, next_try_at=now + pause)
    else:
        ours(state="sent", reason="", tries=message.tries + 1, sent_at=clock.now(), reference=reference[:200])


def _outgoing(message: Message, now: datetime) -> Outgoing:
    """The message as its channel takes it. Raises _Dropped and _Later."""
    business = Business.objects.get(id=message.business_id)
    how = Messaging.objects.filter(business=business).first()
    if how is None:
        raise _Dropped("not_set_up")
    today = now.astimezone(ZoneInfo(business.timezone)).date()
    member = _member(business, message, today)
    message.channel, to = _channel(how, message, member)
    if (message.kind, message.channel) == _TOLD_BY_LETTER:
        raise _Dropped("told_by_letter")
    # So that whoever takes it over knows by which channel it may have gone.
    _row(message).update(channel=message.channel)
    _not_now(how, business, message, member, now)
    language = spoken_by(business, member)
    with translation.override(language):
        known = known_for(Facts.of(business), member, message)
    words = _words(message, language)
    filled = fill(words, known)
    if not filled.body:
        raise _Dropped("nothing_to_say")
    stop = stop_link(business, member.id)
    enclosed = enclosed_with(business, member, message.facts) if message.kind == "statement" else None
    return Outgoing(message.id, to, business.name, filled, stop, language, enclosed)


def _words(message: Message, language: str) -> Words:
    if message.kind != "campaign" or message.about is None:
        return words_of(message.business_id, [message.kind], [language])[message.kind, language]
    words = campaign_words(message.business_id, message.about, language)
    if words is None:
        raise _Dropped("nothing_to_say")
    return words


def _member(business: Business, message: Message, today: date) -> Member:
    leads_to = follow(message.business_id, [message.member_id]).get(message.member_id)
    member = Member.objects.filter(business_id=message.business_id, id=leads_to).first() if leads_to else None
    if member is None:
        raise _Dropped("member_left")
    if message.until is not None and message.until < today:
        raise _Dropped("too_late")
    if not who_may_be_told(business, [member], message.purposes, today):
        raise _Dropped("no_consent")
    return member


def _channel(how: Messaging, message: Message, member: Member) -> tuple[str, str]:
    """The first channel in use by which the member can be reached, and where to."""
    ours = Identifier.objects.filter(business_id=message.business_id, member_id=member.id)
    known = dict(ours.values_list("kind", "value"))
    for name in [message.channel] if message.channel else how.channels:
        channel = CHANNELS.get(name)
        if channel and channel.ready() and known.get(channel.identifier):
            return name, known[channel.identifier]
    raise _Dropped("no_way")


def _not_now(how: Messaging, business: Business, message: Message, member: Member, now: datetime) -> None:
    """Raise _Later within the quiet hours, and where the member has had as many offers this week as they may."""
    local = now.astimezone(ZoneInfo(business.timezone))
    start, end = how.quiet_from, how.quiet_until
    quiet = start <= local.hour < end if start <= end else local.hour >= start or local.hour < end
    if quiet:
        opens = local.replace(hour=end % 24, minute=0, second=0, microsecond=0)
        raise _Later(opens if opens > local else opens + timedelta(days=1))
    if "marketing" not in message.purposes:
        return
    offers = Message.objects.filter(business=business, member_id=member.id, state="sent", sent_at__gt=now - _WEEK)
    sent = [
        at
        for at, purposes in offers.order_by("sent_at").values_list("sent_at", "purposes")
        if "marketing" in purposes and at
    ]
    if how.most_a_week and len(sent) >= how.most_a_week:
        raise _Later(sent[-how.most_a_week] + _WEEK)
