"""People in the programme, what identifies them, their cards and consents."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from fiel.members.names import name_key
from fiel.shops.models import Business
from fiel.tables.ids import new_id
from fiel.tables.keys import Within, WithinBusiness

__all__ = [
    "ERASED",
    "Card",
    "CardBlock",
    "Consent",
    "Identifier",
    "Login",
    "LoginCode",
    "Member",
    "MemberSession",
    "TierChange",
]

ERASED = "gone-"
"""How the number of a member who was erased begins; the rest of it says nothing."""


class NameKey(models.CharField):  # type: ignore[type-arg]
    """The member's name as it is looked for, made anew whenever a member is written whole."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """The key of the name as it stands."""
        key = name_key(model_instance.name)  # type: ignore[attr-defined]
        setattr(model_instance, self.attname, key)
        return key


class Member(models.Model):
    """A customer in the programme. `code` is the member number, `name_key` the name as it is looked for.

    `address`: where letters go, line by line, without the name. `consents`: the last answer to each purpose; `Consent`
    has all of them. `tier` is the one earned (empty: where everybody starts), kept up to and including
    `tier_kept_until` (null: no end); `tier_floor` one given by hand, not to be fallen below up to and including
    `tier_floor_until`. `merged_into`: the member that this one has become part of; everything that names this one leads
    there.
    """

    pk = models.CompositePrimaryKey("business", "id")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="members")
    id = models.UUIDField(default=new_id)
    code = models.CharField(max_length=50)
    name = models.CharField(max_length=200, blank=True, default="")
    name_key = NameKey(max_length=200, blank=True, default="", editable=False)
    birth_date = models.DateField(null=True)
    joined = models.DateField()
    language = models.CharField(max_length=10, blank=True, default="")
    address = models.CharField(max_length=500, blank=True, default="", db_default="")
    types = models.JSONField(default=list)
    consents = models.JSONField(default=dict)
    tier = models.CharField(max_length=50, blank=True, default="")
    tier_kept_until = models.DateField(null=True)
    tier_floor = models.CharField(max_length=50, blank=True, default="")
    tier_floor_until = models.DateField(null=True)
    referred_by = models.UUIDField(null=True)
    merged_into = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["business", "code"], name="member_code")]
        indexes: ClassVar = [
            models.Index(fields=["business", "updated_at", "id"], name="member_by_change"),
            models.Index(fields=["business", "name_key", "id"], name="member_by_name"),
            models.Index(
                fields=["business", "merged_into"], name="member_by_merge", condition=Q(merged_into__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.code


class TierChange(models.Model):
    """That a member's tier changed: from, to, on which day of the programme, why, and what caused it."""

    pk = models.CompositePrimaryKey("business", "member_id", "id")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    member_id = models.UUIDField()
    member = Within(Member, "member_id")
    id = models.UUIDField(default=new_id)
    before = models.CharField(max_length=50)
    after = models.CharField(max_length=50)
    day = models.DateField()
    why = models.CharField(max_length=20)
    cause = models.UUIDField(null=True)
    reason = models.CharField(max_length=500, blank=True, default="")
    changed_by = models.CharField(max_length=200, blank=True, default="")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(table="members_member", fields=["member_id"], name="tier_of_member"),
        ]
        # Who moved between tiers in some days is counted from the index alone.
        indexes: ClassVar = [models.Index(fields=["business", "day", "before", "after"], name="tier_change_by_day")]

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"


class Identifier(models.Model):
    """A phone (E.164), e-mail address or tax id by which a member is found. Each leads to one member."""

    pk = models.CompositePrimaryKey("business", "kind", "value")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    kind = models.CharField(max_length=10, choices=[(kind, kind) for kind in ("phone", "email", "tax_id")])
    value = models.CharField(max_length=254)
    member_id = models.UUIDField()
    member = Within(Member, "member_id")

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(table="members_member", fields=["member_id"], name="identifier_of_member"),
            models.UniqueConstraint(fields=["business", "member_id", "kind"], name="identifier_once_a_kind"),
        ]

    def __str__(self) -> str:
        return self.kind


class Card(models.Model):
    """A card number that leads to a member: one that we made, or any card with a readable number."""

    pk = models.CompositePrimaryKey("business", "number")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    number = models.CharField(max_length=32)
    member_id = models.UUIDField()
    member = Within(Member, "member_id")
    given_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(table="members_member", fields=["member_id"], name="card_of_member"),
        ]
        indexes: ClassVar = [models.Index(fields=["business", "member_id"], name="card_by_member")]

    def __str__(self) -> str:
        return self.number


class CardBlock(models.Model):
    """That a card is blocked: since when, by whom, why."""

    pk = models.CompositePrimaryKey("business", "number")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    number = models.CharField(max_length=32)
    blocked_at = models.DateTimeField()
    blocked_by = models.CharField(max_length=200)
    reason = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(table="members_card", fields=["number"], columns=["number"], name="block_of_card"),
        ]

    def __str__(self) -> str:
        return self.number


class Consent(models.Model):
    """One answer of a member to one question: rows are added, never changed; the last of a purpose holds.

    Which one that is stands with the member, in `Member.consents`.
    """

    pk = models.CompositePrimaryKey("business", "member_id", "id")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    member_id = models.UUIDField()
    member = Within(Member, "member_id")
    id = models.UUIDField(default=new_id)
    purpose = models.CharField(max_length=30)
    granted = models.BooleanField()
    channel = models.CharField(max_length=20, blank=True, default="")
    notice_version = models.CharField(max_length=50, blank=True, default="")
    notice_hash = models.CharField(max_length=64, blank=True, default="")
    language = models.CharField(max_length=10, blank=True, default="")
    source = models.CharField(max_length=50)
    recorded_by = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(table="members_member", fields=["member_id"], name="consent_of_member"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose}: {self.granted}"


class Login(models.Model):
    """A member's password for the portal. `password` empty: they sign in by code alone.

    `held_until`: nothing can be spent from the portal until then, as phone, e-mail or password were changed.
    """

    pk = models.CompositePrimaryKey("business", "member_id")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    member_id = models.UUIDField()
    member = Within(Member, "member_id")
    password = models.CharField(max_length=128, blank=True, default="")
    held_until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(table="members_member", fields=["member_id"], name="login_of_member"),
        ]

    def __str__(self) -> str:
        return str(self.member_id)


class LoginCode(models.Model):
    """A one-time code, sent to a phone or an e-mail address to prove that it is theirs. Only a keyed hash is kept.

    One is made for whoever asks, known or not; `member_id` null: nobody is known by it. `payload`: what is done once it
    is proved (who joins, as they filled in the form). `tries`: how often a code was typed.
    """

    pk = models.CompositePrimaryKey("business", "id")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    id = models.UUIDField(default=new_id)
    purpose = models.CharField(max_length=10, choices=[(each, each) for each in ("sign_in", "join", "change")])
    kind = models.CharField(max_length=10)
    value = models.CharField(max_length=254)
    member_id = models.UUIDField(null=True)
    payload = models.JSONField(default=dict)
    hash = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["business", "expires_at"], name="login_code_by_age")]

    def __str__(self) -> str:
        return self.purpose


class MemberSession(models.Model):
    """A browser in which a member is signed in, apart from sessions of the staff. Only the hash of its secret is kept.

    `by_code`: they proved their address in it, and may set a password without the old one.
    """

    pk = models.CompositePrimaryKey("business", "hash")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    hash = models.CharField(max_length=64)
    member_id = models.UUIDField()
    member = Within(Member, "member_id")
    by_code = models.BooleanField()
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(table="members_member", fields=["member_id"], name="session_of_member"),
        ]
        indexes: ClassVar = [models.Index(fields=["business", "member_id"], name="session_by_member")]

    def __str__(self) -> str:
        return str(self.member_id)
