"""Businesses, stores, tills, people, staff, keys."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from fiel.tables.ids import new_id
from fiel.tables.keys import WithinBusiness

__all__ = [
    "ApiKey",
    "Business",
    "BusinessText",
    "Device",
    "IdempotencyKey",
    "Leaving",
    "Logo",
    "Person",
    "Role",
    "SignInLink",
    "Staff",
    "StaffInvitation",
    "Store",
    "Till",
]


class People(BaseUserManager["Person"]):
    """Makes people, by their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Person:
        """A person who may sign in; without a password only by a link."""
        person = self.model(email=email.strip().lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """Somebody who signs in: an owner, a manager, a cashier. Known by the e-mail address, in lower case."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200, blank=True, default="")
    language = models.CharField(max_length=10, blank=True, default="")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = People()

    def __str__(self) -> str:
        return self.name or self.email


class Business(models.Model):
    """A company that runs a programme. Everything else belongs to exactly one."""

    slug = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=200)
    currency = models.CharField(max_length=3)
    timezone = models.CharField(max_length=64)
    country = models.CharField(max_length=2)
    language = models.CharField(max_length=10)
    created_at = models.DateTimeField()
    hand_limit = models.PositiveIntegerField(null=True)
    """Whole units of an adjustment above which a second person has to agree; null: never."""
    colour = models.CharField(max_length=7, blank=True, default="")
    """As `#0b5fb8`; empty: Fiel's own."""
    logo = models.CharField(max_length=64, blank=True, default="")
    """Digest of the `Logo`; empty: there is none."""
    turning_card = models.BooleanField(default=False)
    """Whether the card on a member's phone is a code that turns; see `members.turning`."""

    minimum_age = models.PositiveSmallIntegerField(default=18, db_default=18)
    """In years: whoever is known to be younger is not profiled, and sent no offers."""
    spend_limit = models.PositiveIntegerField(null=True)
    """Whole units above which spending at a till needs a proof that it is the member; null: never."""

    steps_over = models.JSONField(default=list)
    """Of what leads a new business to its first sale, the steps that were answered or left out."""

    def __str__(self) -> str:
        return self.name

    @property
    def turns(self) -> bool:
        """Whether members' phones show a code that turns: as their card, or to prove that it is them."""
        return self.turning_card or self.spend_limit is not None


class Leaving(models.Model):
    """A business that is being deleted for good: from here on the guards of its books let their rows go.

    A migration that makes this table anew has to install the guards again; see `tables.guards`. `people`: the ids of
    those who worked there, looked at again when everything else is gone. `digest`: of the books as they were.
    """

    business = models.OneToOneField(Business, models.PROTECT, primary_key=True, related_name="+")
    at = models.DateTimeField()
    by = models.CharField(max_length=254)
    people = models.JSONField(default=list)
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"since {self.at}"


class Logo(models.Model):
    """A business's logo as PNG, apart from the business, which is read with every request. `digest`: of `data`."""

    pk = models.CompositePrimaryKey("business", "digest")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    digest = models.CharField(max_length=64)
    data = models.BinaryField()

    def __str__(self) -> str:
        return self.digest


class BusinessText(models.Model):
    """Words of a business's own, in a language: `privacy` is what it tells customers about their data.

    A text that was replaced stays, so that it can be shown what somebody had been told: the newest `since` holds.
    """

    pk = models.CompositePrimaryKey("business", "what", "language", "since")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    what = models.CharField(max_length=20)
    language = models.CharField(max_length=10)
    since = models.DateTimeField()
    text = models.TextField(blank=True, default="")

    def __str__(self) -> str:
        return f"{self.what} ({self.language})"


class Store(models.Model):
    """A branch. Without a time zone of its own it has the business's.

    `closed_at`: nobody serves there any more; receipts that still come from it are taken all the same.
    """

    pk = models.CompositePrimaryKey("business", "code")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="stores")
    code = models.CharField(max_length=50)
    name = models.CharField(max_length=200, blank=True, default="")
    timezone = models.CharField(max_length=64, blank=True, default="")
    tax_id = models.CharField(max_length=20, blank=True, default="")
    closed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name or self.code


class Till(models.Model):
    """A device in a store that makes receipts: a point of sale, a phone at the counter, an import.

    Tills make themselves known with their first receipt; a chain need not list 400 of them first.
    """

    pk = models.CompositePrimaryKey("business", "store", "code")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    store = models.CharField(max_length=50)
    code = models.CharField(max_length=50)
    name = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(table="shops_store", fields=["store"], columns=["code"], name="till_of_store"),
        ]

    def __str__(self) -> str:
        return self.name or self.code


class Role(models.TextChoices):
    """What somebody is in a business; what that lets them do stands in `shops.roles`.

    The auditor reads everything and changes nothing; a partner's clerk stands at the partner's desk alone.
    """

    OWNER = "owner"
    MANAGER = "manager"
    MARKETING = "marketing"
    CASHIER = "cashier"
    AUDITOR = "auditor"
    PARTNER = "partner"


class Staff(models.Model):
    """A person's place in a business. `stores` empty: all of them. `member_id`: the member that this person is."""

    pk = models.CompositePrimaryKey("business", "person")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="staff")
    person = models.ForeignKey(Person, models.CASCADE, related_name="places")
    role = models.CharField(max_length=20, choices=Role.choices)
    stores = models.JSONField(default=list)
    member_id = models.UUIDField(null=True)
    since = models.DateTimeField()
    pin = models.CharField(max_length=128, blank=True, default="")
    """Hash of the PIN by which they sign in at a paired device; empty: none."""
    pin_wrong = models.PositiveSmallIntegerField(default=0)
    """Wrong PINs since the last right one; see `shops.pins`."""

    def __str__(self) -> str:
        return f"{self.person} ({self.role})"


class StaffInvitation(models.Model):
    """Somebody who was asked by letter to join the staff. Only the hash of the letter's link is kept."""

    pk = models.CompositePrimaryKey("business", "id")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    id = models.UUIDField(default=new_id)
    email = models.EmailField()
    role = models.CharField(max_length=20, choices=Role.choices)
    stores = models.JSONField(default=list)
    hash = models.CharField(max_length=64, unique=True)
    invited_by = models.CharField(max_length=254)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.email} ({self.role})"


class Device(models.Model):
    """A phone or a till's browser that the office has paired: who serves there signs in by name and PIN.

    Until it is paired there is a code, for some minutes; from then on its browser holds a secret. Of both only the
    hash is kept.
    """

    pk = models.CompositePrimaryKey("business", "id")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="devices")
    id = models.UUIDField(default=new_id)
    name = models.CharField(max_length=100)
    store = models.CharField(max_length=50)
    till = models.CharField(max_length=50)
    code_hash = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001 - empty would not be unique
    code_until = models.DateTimeField(null=True)
    hash = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001 - as above
    made_at = models.DateTimeField()
    paired_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(table="shops_store", fields=["store"], columns=["code"], name="device_of_store"),
        ]

    def __str__(self) -> str:
        return self.name


class SignInLink(models.Model):
    """A link that signs a person in, once. Only its hash is kept."""

    hash = models.CharField(max_length=64, primary_key=True)
    person = models.ForeignKey(Person, models.CASCADE)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"for {self.person}"


class ApiKey(models.Model):
    """A key that a till or another system holds. Only its SHA-256 is kept; the hash leads to the business."""

    pk = models.CompositePrimaryKey("business", "id")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="keys")
    id = models.UUIDField(default=new_id)
    hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=20)
    name = models.CharField(max_length=200, blank=True, default="")
    scopes = models.JSONField(default=list)
    store = models.CharField(max_length=50, blank=True, default="")
    till = models.CharField(max_length=50, blank=True, default="")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.hint


class IdempotencyKey(models.Model):
    """A request that moved something, by the key that its sender gave it, so that a repeat moves nothing.

    `fingerprint`: of the request's address and body. `answer`: what was answered, or, for a sale, `receipt` leads to
    it. Kept 30 days.
    """

    pk = models.CompositePrimaryKey("business", "key")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField(null=True)
    receipt = models.UUIDField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["business", "created_at"], name="idempotency_by_age")]

    def __str__(self) -> str:
        return self.key
