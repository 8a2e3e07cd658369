"""Opening a business: the business, its owner, and the link by which the owner signs in the first time."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from django.db import transaction

from fiel.core.identity import email
from fiel.core.money import CURRENCIES
from fiel.core.refusals import Fault, Refused
from fiel.shops.models import Business, Person, Role, SignInLink, Staff, Store
from fiel.tables.walls import within
from fiel.trail.note import note

__all__ = ["make_sign_in_link", "open_business", "put_store"]

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_COUNTRY_OF = {"BRL": "BR", "EUR": "PT", "USD": "US", "GBP": "GB"}
_LANGUAGE_OF = {"BR": "pt-br", "PT": "pt", "ES": "es"}
_LINK_LASTS = timedelta(hours=24)


def open_business(
    *,
    slug: str,
    name: str,
    currency: str,
    timezone: str,
    owner_email: str,
    now: datetime,
    country: str = "",
    language: str = "",
) -> tuple[Business, Person]:
    """Make a business and give it to its owner, who may already be known by the e-mail address.

    `country` (two letters) says how phones and tax ids are read; left out, it follows the currency and time zone.
    """
    faults = []
    if len(slug) > 50 or not _SLUG.match(slug):
        faults.append(Fault("/slug", "write lower-case letters and digits, with single hyphens between, at most 50"))
    elif Business.objects.filter(slug=slug).exists():
        faults.append(Fault("/slug", f"{slug!r} is taken"))
    if currency not in CURRENCIES:
        faults.append(Fault("/currency", "write the currency's three letters, as BRL or EUR"))
    if timezone not in available_timezones():
        faults.append(Fault("/timezone", 'write a time zone by its name, as "America/Sao_Paulo"'))
    try:
        owner_email = email(owner_email)
    except Refused:
        faults.append(Fault("/owner_email", "write the owner's e-mail address"))
    if not name.strip():
        faults.append(Fault("/name", "write the business's name"))
    if faults:
        raise Refused("invalid", f"The business cannot be opened: {faults[0].detail}.", faults)
    country = country or ("ES" if timezone == "Europe/Madrid" else _COUNTRY_OF.get(currency, "US"))
    with transaction.atomic():
        business = Business.objects.create(
            slug=slug,
            name=name.strip(),
            currency=currency,
            timezone=timezone,
            country=country,
            language=language or _LANGUAGE_OF.get(country, "en"),
            created_at=now,
        )
        owner = Person.objects.filter(email=owner_email).first()
        owner = owner or Person.objects.create_user(owner_email, created_at=now)
        opened = {"name": business.name, "currency": currency, "timezone": timezone, "owner": owner.email}
        with within(business.pk):
            Staff.objects.create(business=business, person=owner, role=Role.OWNER, since=now)
            note(business.id, "business.opened", about=slug, after=opened, now=now)
    return business, owner


def put_store(business: Business, code: str, *, name: str = "", timezone: str = "", tax_id: str = "") -> Store:
    """Make a store, or change one."""
    if timezone:
        try:
            ZoneInfo(timezone)
        except (KeyError, ValueError, OSError):
            fault = Fault("/timezone", 'write a time zone by its name, as "Atlantic/Azores"')
            raise Refused("invalid", f"There is no time zone {timezone!r}.", [fault]) from None
    if not code or len(code) > 50:
        raise Refused("invalid", "A store has a code of at most 50 characters.", [Fault("/code", "write a code")])
    values = {"name": name, "timezone": timezone, "tax_id": tax_id}
    store, _ = Store.objects.update_or_create(business=business, code=code, defaults=values)
    return store


def make_sign_in_link(person: Person, *, public_url: str, now: datetime) -> str:
    """A link that signs the person in once, within a day. Only its hash is kept."""
    secret = secrets.token_urlsafe(32)
    SignInLink.objects.create(
        hash=hashlib.sha256(secret.encode()).hexdigest(), person=person, expires_at=now + _LINK_LASTS
    )
    return f"{public_url.rstrip('/')}/sign-in/{secret}"
