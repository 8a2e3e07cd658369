"""A bakery with two stores, its owner, and what is needed to sell there."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

PASSWORD = "um bolo de fubá"

PROGRAMME = {
    "name": "Clube da Padaria",
    "currency": "BRL",
    "timezone": "America/Sao_Paulo",
    "units": [
        {"code": "points", "kind": "points", "rounding": "carry"},
        {"code": "coffees", "kind": "stamps"},
    ],
    "tiers": [
        {"code": "silver"},
        {
            "code": "gold",
            "factor": "1.2",
            "reach": {"measure": "spend", "amount": "100.00", "window": "calendar_month"},
        },
    ],
    "earn": [
        {"code": "all", "unit": "points", "give": 1, "per": "1.00"},
        {"code": "meat", "unit": "points", "give": 1, "per": "2.00", "items": {"departments": ["butcher"]}},
        {"code": "smoke", "unit": "points", "give": 0, "items": {"departments": ["tobacco"]}},
        {
            "code": "stamp",
            "unit": "coffees",
            "basis": "quantity",
            "group": "stamps",
            "give": 1,
            "items": {"departments": ["coffee"]},
            "cap": {"sale": 2},
        },
    ],
    "boosts": [{"code": "wednesday", "factor": 2, "when": {"weekdays": ["wed"]}}],
}


class Shop:
    """A business, and short words for what happens in it."""

    def __init__(self, clock, slug="padaria", email="dona@padaria.example", **more):
        from fiel.shops.opening import open_business

        self.clock = clock
        said = {"name": "Padaria Sol", "currency": "BRL", "timezone": "America/Sao_Paulo", "language": "en", **more}
        self.business, self.owner = open_business(slug=slug, owner_email=email, now=clock.now, **said)
        self.owner.set_password(PASSWORD)
        self.owner.save()
        self.sold = 0

    @property
    def page(self):
        return f"/office/{self.business.slug}/"

    def furnish(self, document=PROGRAMME):
        """Stores and a programme, in force since long ago."""
        from fiel.programme.versions import publish
        from fiel.shops.opening import put_store

        put_store(self.business, "S1", name="Centro")
        put_store(self.business, "S2", name="Manaus", timezone="America/Manaus")
        publish(self.business, document, by="tests", now=self.clock.now, in_force_from=self.clock.now - timedelta(365))
        return self

    def enrol(self, phone, name="", joined=None):
        from fiel.core.identity import Identity
        from fiel.members.enrol import Newcomer, enrol

        newcomer = Newcomer(identities=(Identity("phone", phone),), name=name, joined=joined)
        today: date = self.clock.now.date()
        [member] = enrol(self.business, [newcomer], now=self.clock.now, today=today, source="tests", by="tests")
        return member

    def sell(self, *lines, to=None, ago=timedelta(), store="S1", till="T1", discount=0):
        """A sale of lines (description, department, amount), some with quantity and discount; its id."""
        from fiel.core.identity import Identity
        from fiel.core.sale import Line, Payment
        from fiel.sales.incoming import Incoming
        from fiel.sales.record import record

        self.sold += 1
        told = tuple(self._line(Line, number, *line) for number, line in enumerate(lines, 1))
        total = sum(line.amount - line.discount for line in told) - discount
        sale = Incoming(
            store=store,
            till=till,
            number=f"{self.sold:06d}",
            occurred_at=self.clock.now - ago,
            lines=told,
            member=Identity("phone", to) if to else None,
            discount=discount,
            payments=(Payment("pix", total),),
            cashier="maria",
        )
        [answer] = record(self.business, [sale], history=True)
        return answer.id

    @staticmethod
    def _line(line, number, description, department, amount, quantity=1000, discount=0):
        return line(
            number,
            amount=amount,
            quantity=quantity,
            discount=discount,
            departments=(department,),
            description=description,
        )


@pytest.fixture
def shop(db, clock):
    """A bakery of which nothing is known but its owner."""
    return Shop(clock)


@pytest.fixture
def bakery(shop):
    """The bakery with stores and a programme."""
    return shop.furnish()


@pytest.fixture
def open_shop(db, clock):
    """Opens another business."""
    return lambda **said: Shop(clock, **said)


@pytest.fixture
def signed_in(client, shop):
    """A browser in which the owner is signed in."""
    client.force_login(shop.owner)
    return client


@pytest.fixture
def place_for(shop):
    """Gives somebody a place in a business."""

    def give(role="owner", *, email="alguem@padaria.example", business=None, stores=(), language=""):
        from fiel.shops.models import Person, Staff

        person = Person.objects.filter(email=email).first() or Person.objects.create_user(
            email, PASSWORD, created_at=shop.clock.now, language=language
        )
        Staff.objects.create(
            business=business or shop.business, person=person, role=role, stores=list(stores), since=shop.clock.now
        )
        return person

    return give


@pytest.fixture(autouse=True)
def nothing_compiled():
    """Each test has its own version 1 of its own first business."""
    from django.core.cache import cache

    from fiel.programme.versions import rules_of

    rules_of.cache_clear()
    cache.clear()  # nor do anybody's tries count for the next one
