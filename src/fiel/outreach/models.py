"""What a business has settled about inviting and writing to its members."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from fiel.members.models import Member
from fiel.shops.models import Business
from fiel.tables.ids import new_id
from fiel.tables.keys import Within, WithinBusiness

__all__ = [
    "STATES",
    "Campaign",
    "Inclusion",
    "InvitationRule",
    "Message",
    "Messaging",
    "Segment",
    "StatementWish",
    "Wording",
]

STATES = ("waiting", "sending", "sent", "failed", "dropped")
"""What becomes of a message: failed where its channel would not take it, dropped where it must not be sent."""


class InvitationRule(models.Model):
    """For what the daily run puts members on the list. `figure`: days ahead, days away, or per cent still missing.

    `gift`: a reward's code, empty: none; `budget`: what it may cost the business, in minor units. Without a row a
    reason is as `invitations.rules.USUAL` has it. Goals are the programme's awards and stand there.
    """

    pk = models.CompositePrimaryKey("business", "why")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    why = models.CharField(max_length=10)
    active = models.BooleanField(default=True)
    figure = models.PositiveSmallIntegerField(default=0)
    gift = models.CharField(max_length=50, blank=True, default="")
    budget = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return self.why


class Wording(models.Model):
    """The business's own words for a kind of message, in one language; without a row Fiel's own are used."""

    pk = models.CompositePrimaryKey("business", "kind", "language")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    kind = models.CharField(max_length=30)
    language = models.CharField(max_length=10)
    subject = models.CharField(max_length=200, blank=True, default="")
    body = models.CharField(max_length=4000)

    def __str__(self) -> str:
        return f"{self.kind} ({self.language})"


class Messaging(models.Model):
    """How a business writes to its members. Without a row nothing is written but what somebody asks for.

    `channels`: those in use, the one to be tried first in front. `notices`: the kinds of notices that are sent.
    `quiet_from` to `quiet_until`: hours of the business's clock in which nothing leaves (equal: none). `most_a_week`:
    how many offers one member gets in seven days; what the programme owes is not counted.
    """

    business = models.OneToOneField(Business, models.PROTECT, primary_key=True, related_name="+")
    channels = models.JSONField(default=list)
    notices = models.JSONField(default=list)
    quiet_from = models.PositiveSmallIntegerField(default=21)
    quiet_until = models.PositiveSmallIntegerField(default=8)
    most_a_week = models.PositiveSmallIntegerField(default=2)

    def __str__(self) -> str:
        return str(self.business)


class Message(models.Model):
    """Something that is written to a member, once. Its words are made when it is sent, and are not kept.

    `kind`: of its wording; `about`, `facts`: what the words need to know. `once`: what it is about, so that it is
    never written twice. `purposes`: what the member must not have refused, or must have agreed to (`consent.py`).
    `channel`: by which it goes, empty until one is chosen. `until`: the last day on which it makes sense. `reason`:
    why it failed or was dropped. `sent_at` and `reference` (the provider's) prove that it went. `claimed_by`: the
    worker that is sending it; `repeats`: how often one died doing so.
    """

    pk = models.CompositePrimaryKey("business", "id")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, db_constraint=False, related_name="+")
    id = models.UUIDField(default=new_id)
    member_id = models.UUIDField()
    member = Within(Member, "member_id")
    kind = models.CharField(max_length=30)
    about = models.UUIDField(null=True)
    facts = models.JSONField(default=dict)
    once = models.CharField(max_length=120)
    purposes = models.JSONField(default=list)
    channel = models.CharField(max_length=10, blank=True, default="")
    state = models.CharField(max_length=10, choices=[(state, state) for state in STATES], default="waiting")
    reason = models.CharField(max_length=60, blank=True, default="")
    tries = models.PositiveSmallIntegerField(default=0)
    repeats = models.PositiveSmallIntegerField(default=0)
    until = models.DateField(null=True)
    next_try_at = models.DateTimeField()
    claimed_by = models.CharField(max_length=20, blank=True, default="")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    reference = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["business", "once"], name="message_once"),
            WithinBusiness(table="members_member", fields=["member_id"], name="message_to_member"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["business", "next_try_at", "id"],
                name="message_waiting",
                condition=Q(state__in=("waiting", "sending")),
            ),
            models.Index(fields=["business", "member_id", "created_at"], name="message_by_member"),
            models.Index(fields=["business", "created_at", "id"], name="message_by_time"),
            models.Index(fields=["business", "state", "created_at", "id"], name="message_by_state"),
            models.Index(fields=["business", "about", "state"], name="message_by_cause"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.state})"


class Segment(models.Model):
    """Some of the members, by conditions that must all hold (`segments.conditions`), under a name."""

    pk = models.CompositePrimaryKey("business", "id")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    id = models.UUIDField(default=new_id)
    name = models.CharField(max_length=100)
    rules = models.JSONField(default=dict)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["business", "name"], name="segment_name")]

    def __str__(self) -> str:
        return self.name


class Campaign(models.Model):
    """An offer to a segment: once, each year, or each night to whom the conditions have come to fit.

    `rules`: the conditions as they were when it was made. `again_days`: of a nightly one, how long nobody is taken in
    again. `share`: how many of a hundred are held back, to compare with. `counts_days`: for how long visits and
    purchases count. `offer`: {"kind": "text", "voucher" with "reward", "bonus" with "unit" and "steps", "boost" with
    "unit" and "factor" as text}. `words`: {language: {"subject", "body"}}. `by_list`: nothing is sent, the list says
    whom to invite. `others_from`: the day from which everybody else hears of it too. `filled`: the last occasion for
    which everybody was taken in.
    """

    pk = models.CompositePrimaryKey("business", "id")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    id = models.UUIDField(default=new_id)
    name = models.CharField(max_length=100)
    state = models.CharField(max_length=10, default="draft")
    rules = models.JSONField(default=dict)
    when = models.CharField(max_length=10, default="once")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    others_from = models.DateField(null=True)
    again_days = models.PositiveSmallIntegerField(default=180)
    share = models.PositiveSmallIntegerField(default=10)
    counts_days = models.PositiveSmallIntegerField(default=30)
    offer = models.JSONField(default=dict)
    words = models.JSONField(default=dict)
    by_list = models.BooleanField(default=False)
    filled = models.CharField(max_length=20, blank=True, default="")
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["business", "state"], name="campaign_by_state")]

    def __str__(self) -> str:
        return self.name


class Inclusion(models.Model):
    """That a member was taken into a campaign on an occasion; `control`: held back, and told nothing.

    `id` is the cause of what it gave. Visits and purchases after `at` count until `counts_until`. `boosted_at`: the
    visit was found for which a boost gave its bonus.
    """

    pk = models.CompositePrimaryKey("business", "campaign_id", "member_id", "occasion")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    campaign_id = models.UUIDField()
    member_id = models.UUIDField()
    member = Within(Member, "member_id")
    occasion = models.CharField(max_length=20, blank=True, default="")
    id = models.UUIDField(default=new_id)
    control = models.BooleanField()
    at = models.DateTimeField()
    counts_until = models.DateTimeField()
    voucher_id = models.UUIDField(null=True)
    boosted_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(table="outreach_campaign", fields=["campaign_id"], name="inclusion_in_campaign"),
            WithinBusiness(table="members_member", fields=["member_id"], name="inclusion_of_member"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["business", "id"], name="inclusion_by_id"),
            models.Index(fields=["business", "campaign_id", "at"], name="inclusion_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} in {self.campaign_id}"


class StatementWish(models.Model):
    """That a member wants statements: by e-mail or letter, every so many months (1 or 3). No row: none are sent.

    `done_until`: the last day of the last statement that was made, or that they did not ask for yet.
    """

    pk = models.CompositePrimaryKey("business", "member_id")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    member_id = models.UUIDField()
    member = Within(Member, "member_id")
    by = models.CharField(max_length=10, choices=[(by, by) for by in ("email", "letter")])
    months = models.PositiveSmallIntegerField(choices=[(1, "1"), (3, "3")])
    done_until = models.DateField()

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(table="members_member", fields=["member_id"], name="statements_of_member"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["business", "by", "months", "done_until"], name="statement_wish_due"),
        ]

    def __str__(self) -> str:
        return f"{self.by}, every {self.months} months"
