"""Running a campaign: taking members in, holding some back by lot, giving, writing, stopping.

Who is held back is decided by a keyed hash of campaign and member: as good as a lot, and the same whenever it is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext
from django_tasks import task

from fiel import clock
from fiel.core.refusals import Refused
from fiel.jobs.models import Job
from fiel.jobs.work import Working, do
from fiel.jobs.work import start as start_job
from fiel.members.find import lock
from fiel.members.models import Member
from fiel.outreach.campaigns.offers import check_offer, give_boosts, give_offer
from fiel.outreach.consent import who_may_be_told
from fiel.outreach.messages.queue import Draft, drop_waiting, put
from fiel.outreach.models import Campaign, Inclusion
from fiel.outreach.segments.conditions import check_rules
from fiel.outreach.segments.find import members_in, purposes_of
from fiel.programme.versions import zone_now
from fiel.rewards.models import Invitation
from fiel.shops.models import Business, Person
from fiel.tables.ids import new_id
from fiel.tables.read import in_groups
from fiel.tables.sealed import keyed_hash
from fiel.tables.write import insert
from fiel.trail.note import note

__all__ = ["is_held_back", "run_campaigns", "start_campaign", "stop_campaign"]

WHENS = ("once", "yearly", "rule")
OTHERS = "others"
_GROUP = 500
_SEASON = timedelta(days=31)
_MAKES_SENSE = timedelta(days=14)


def is_held_back(campaign: Campaign, member_id: UUID) -> bool:
    """Whether a member is one of those who are told nothing, to compare with."""
    digest = keyed_hash(f"{campaign.id}:{member_id}", purpose=b"campaign control")
    return int(digest[:12], 16) % 10_000 < campaign.share * 100


def start_campaign(campaign: Campaign, *, person: Person, now: datetime) -> Job | None:
    """Let it run: who belongs to it is taken in by a worker if its day has come, else on that day. Raises `invalid`."""
    if campaign.state != "draft":
        raise Refused("conflict", "This campaign was started before.")
    check_rules(campaign.rules)
    check_offer(campaign.business, campaign.offer, now)
    today = now.astimezone(zone_now(campaign.business, now)).date()
    with transaction.atomic():
        campaign.state, campaign.started_at = "running", now
        campaign.save(update_fields=["state", "started_at"])
        note(campaign.business_id, "campaign.started", about=campaign.id, after={"name": campaign.name}, now=now)
        if campaign.starts_on > today or campaign.when == "yearly":
            return None
        return start_job(campaign.business, _take_in, kind="campaign", person=person, campaign=str(campaign.id))


def stop_campaign(campaign: Campaign, *, now: datetime) -> int:
    """End it: nobody else is taken in, and what waits to be sent is dropped; how many messages that is."""
    with transaction.atomic():
        running = Campaign.objects.filter(business=campaign.business, id=campaign.id, state__in=("draft", "running"))
        if not running.update(state="stopped", ended_at=now):
            raise Refused("conflict", "This campaign has ended already.")
        dropped = drop_waiting(campaign.business_id, "stopped", about=campaign.id)
        invited = Invitation.objects.filter(
            business=campaign.business, why="campaign", occasion__startswith=str(campaign.id), closed_at=None
        )
        invited.update(closed_at=now, closed_why="over")
        note(campaign.business_id, "campaign.stopped", about=campaign.id, after={"dropped": dropped}, now=now)
    return dropped


@task
def _take_in(business_id: int, job_id: str, campaign: str) -> None:
    do(business_id, job_id, partial(_taking_in, campaign_id=UUID(campaign)))


def _taking_in(job: Working, *, campaign_id: UUID) -> None:
    campaign = Campaign.objects.get(business=job.job.business, id=campaign_id)
    now = clock.now()
    day = now.astimezone(zone_now(campaign.business, now)).date()
    taken = run_campaign(
        campaign, day=day, now=now, progress=lambda n: job.progress(n, sentence=gettext("Taking members in"))
    )
    job.keep_result({"taken_in": taken})


def run_campaigns(business: Business, *, day: date, now: datetime) -> int:
    """What a day makes due of all campaigns that run; how many members were taken in."""
    running = Campaign.objects.filter(business=business, state="running", starts_on__lte=day)
    return sum(run_campaign(campaign, day=day, now=now) for campaign in running.order_by("id"))


def run_campaign(
    campaign: Campaign, *, day: date, now: datetime, progress: Callable[[int], None] = lambda taken: None
) -> int:
    """Take in who is due on a day, give boosts, and end it where its last day is past."""
    if campaign.state != "running":
        return 0
    give_boosts(campaign, now=now)
    if campaign.ends_on is not None and campaign.ends_on < day:
        Campaign.objects.filter(business=campaign.business, id=campaign.id).update(state="done", ended_at=now)
        return 0
    taken = 0
    occasion = _occasion(campaign, day)
    if occasion is not None:
        taken += _fill(campaign, occasion, members_in(campaign.business, campaign.rules, today=day), now, progress)
    if campaign.others_from is not None and campaign.others_from <= day and campaign.filled != OTHERS:
        taken += _fill(campaign, OTHERS, members_in(campaign.business, {}, today=day), now, progress)
    return taken


def _occasion(campaign: Campaign, day: date) -> str | None:
    """For what members are taken in on a day; None: for nothing, or it was done."""
    if campaign.when == "rule":
        return day.isoformat()
    if campaign.when == "once":
        return None if campaign.filled else "once"
    starts = campaign.starts_on.replace(year=day.year, day=min(campaign.starts_on.day, 28))
    due = starts <= day < starts + _SEASON and day >= campaign.starts_on
    return str(day.year) if due and campaign.filled != str(day.year) else None


def _fill(
    campaign: Campaign, occasion: str, members: Iterable[UUID], now: datetime, progress: Callable[[int], None]
) -> int:
    taken = 0
    for group in in_groups(list(members), _GROUP):
        taken += _take_group(campaign, occasion, group, now)
        progress(taken)
    if campaign.when != "rule" or occasion == OTHERS:
        campaign.filled = occasion
        Campaign.objects.filter(business=campaign.business, id=campaign.id).update(filled=occasion)
    return taken


def _take_group(campaign: Campaign, occasion: str, group: Sequence[UUID], now: datetime) -> int:
    """Take in those of a group who are not in it, and may be told; with what they are given and written."""
    business = campaign.business
    today = now.astimezone(zone_now(business, now)).date()
    purposes = ("marketing",) if occasion == OTHERS else purposes_of(campaign.rules)
    with transaction.atomic():
        members = lock(business.id, group)
        may = who_may_be_told(business, members.values(), purposes, today)
        known = Inclusion.objects.filter(business=business, campaign_id=campaign.id, member_id__in=list(may))
        if campaign.when == "rule" and occasion != OTHERS:
            known = known.filter(at__gt=now - timedelta(days=campaign.again_days))
        elif campaign.when == "yearly" and occasion != OTHERS:
            known = known.filter(occasion=occasion)
        new = sorted(may - set(known.values_list("member_id", flat=True)))
        inclusions = [_inclusion(campaign, occasion, members[member_id], now) for member_id in new]
        told = [each for each in inclusions if not each.control]
        give_offer(campaign, told, now=now)
        insert(
            Inclusion, _COLUMNS, [(business.id, *(getattr(each, name) for name in _COLUMNS[1:])) for each in inclusions]
        )
        _tell(campaign, told, purposes, today, now)
    return len(inclusions)


_COLUMNS = ("business", "campaign_id", "member_id", "occasion", "id", "control", "at", "counts_until", "voucher_id")


def _inclusion(campaign: Campaign, occasion: str, member: Member, now: datetime) -> Inclusion:
    return Inclusion(
        business=campaign.business,
        campaign_id=campaign.id,
        member_id=member.id,
        occasion=occasion,
        id=new_id(),
        control=occasion != OTHERS and is_held_back(campaign, member.id),
        at=now,
        counts_until=now + timedelta(days=campaign.counts_days),
    )


def _tell(campaign: Campaign, told: Sequence[Inclusion], purposes: tuple[str, ...], today: date, now: datetime) -> None:
    until = campaign.ends_on or today + _MAKES_SENSE
    if campaign.by_list:
        gift = ""  # a voucher is theirs already
        columns = (
            "business",
            "member_id",
            "id",
            "why",
            "award",
            "occasion",
            "gift",
            "until",
            "opened_at",
            "closed_why",
        )
        rows = [
            (
                campaign.business_id,
                each.member_id,
                new_id(),
                "campaign",
                "",
                f"{campaign.id} {each.occasion}",
                gift,
                until,
                now,
                "",
            )
            for each in told
        ]
        insert(Invitation, columns, rows)
        return
    facts = {"amount": [campaign.offer["unit"], campaign.offer["steps"]]} if campaign.offer["kind"] == "bonus" else {}
    put(
        campaign.business_id,
        [
            Draft(
                each.member_id,
                "campaign",
                f"campaign:{each.id}",
                purposes,
                about=campaign.id,
                facts={**facts, **({"voucher": str(each.voucher_id)} if each.voucher_id else {})},
                until=until,
            )
            for each in told
        ],
        now=now,
    )
