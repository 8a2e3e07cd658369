"""The bakery of the counter's tests, with a customer before its portal."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client

from tests.counter import conftest as counter_tests
from tests.office import conftest as office

nothing_compiled, open_shop, place_for, shop = (
    office.nothing_compiled,
    office.open_shop,
    office.place_for,
    office.shop,
)
ANA = "+5511987650001"
PASSWORD = "um bolo de fubá"
text = counter_tests.text


class Portal:
    """Somebody before a portal, by its pages; letters go out at once."""

    def __init__(self, shop):
        self.shop, self.client = shop, Client(HTTP_ACCEPT_LANGUAGE="en")
        self.home = f"/c/{shop.business.slug}/"

    def get(self, path="", **query):
        return self.client.get(self.home + path, query)

    def post(self, path, **fields):
        return self.client.post(self.home + path, fields)

    def code(self):
        """The code in the last letter."""
        return re.search(r": (\d{6})\n", mail.outbox[-1].body)[1]

    def enter(self, who):
        """Signs in by the code that comes."""
        asked = self.post("sign-in/", who=who, by_code="1")
        assert asked.status_code == 302, text(asked)
        done = self.client.post(asked["Location"], {"code": self.code()})
        assert done.status_code == 302, text(done)
        return done

    def join(self, who, **more):
        asked = self.post("join", who=who, adult="on", **more)
        assert asked.status_code == 302, text(asked)
        return self.client.post(asked["Location"], {"code": self.code()})


@pytest.fixture(autouse=True)
def letters_at_once(settings):
    """What a worker would do is done at once."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}


@pytest.fixture
def bakery(shop):
    return counter_tests.furnish(shop)


@pytest.fixture
def ana(bakery):
    """Ana, whom the shop enrolled with phone and e-mail, has bought for R$ 60.00."""
    from fiel.members.models import Identifier

    member = bakery.enrol(ANA, "Ana Souza")
    Identifier.objects.create(business=bakery.business, kind="email", value="ana@example.com", member_id=member.id)
    bakery.sell(("Pão francês", "bakery", 6000), to=ANA)
    return member


@pytest.fixture
def portal(bakery):
    return Portal(bakery)


@pytest.fixture
def ana_at(portal, ana):
    """Ana, signed in by a code."""
    portal.enter("ana@example.com")
    return portal
