"""The bakery of the office's tests, with somebody at its counter."""

from __future__ import annotations

import re

import pytest

from tests.office import conftest as office

nothing_compiled, open_shop, place_for, shop = (
    office.nothing_compiled,
    office.open_shop,
    office.place_for,
    office.shop,
)

FULL = {
    "name": "Clube da Padaria",
    "currency": "BRL",
    "timezone": "America/Sao_Paulo",
    "units": [
        {"code": "points", "kind": "points", "warn_days": 30, "expiry": {"kind": "days", "days": 365}},
        {"code": "coffees", "kind": "stamps"},
        {"code": "massages", "kind": "sessions"},
    ],
    "tiers": [
        {"code": "silver"},
        {"code": "gold", "reach": {"measure": "spend", "amount": "5000.00", "window": "calendar_month"}},
    ],
    "earn": [
        {"code": "all", "unit": "points", "give": 1, "per": "1.00"},
        {
            "code": "cup",
            "unit": "coffees",
            "basis": "quantity",
            "group": "stamps",
            "give": 1,
            "items": {"products": ["COFFEE"]},
        },
        {
            "code": "pack",
            "unit": "massages",
            "basis": "quantity",
            "group": "packs",
            "give": 5,
            "items": {"products": ["PACK-5"]},
        },
    ],
    "covers": [{"code": "cover", "unit": "massages", "items": {"products": ["MASSAGE-60"]}}],
    "awards": [
        {"code": "tenth", "unit": "coffees", "every": 10, "reward": "toast", "mode": "voucher"},
        {"code": "treat", "unit": "points", "every": 100, "reward": "cake", "mode": "invite"},
    ],
}
PRODUCTS = {"COFFEE": "Café", "PACK-5": "Pacote de 5", "MASSAGE-60": "Massagem 60 min", "7891000100103": "Pão francês"}


def text(response):
    """What can be read on the page, on one line."""
    page = re.sub(r"<(script|style|title).*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page).replace("\xa0", " ")).strip()


def furnish(shop):
    """One store, products, rewards, and the programme that uses them."""
    from datetime import timedelta

    from fiel.catalogue.models import Product
    from fiel.programme.versions import publish
    from fiel.rewards.models import Reward
    from fiel.shops.opening import put_store

    business = shop.business
    put_store(business, "S1", name="Centro")
    for code, name in PRODUCTS.items():
        Product.objects.create(business=business, code=code, name=name)
    Reward.objects.create(business=business, code="toast", kind="item", name="Torrada", items={"products": ["TOAST"]})
    Reward.objects.create(
        business=business, code="cake", kind="item", name="Bolo", items={"products": ["CAKE"]}, price_unit="points",
        price_steps=50,
    )  # fmt: skip
    publish(business, FULL, by="tests", now=shop.clock.now, in_force_from=shop.clock.now - timedelta(365))
    return shop


class Counter:
    """Somebody at the counter of a business, by its pages."""

    def __init__(self, client, shop):
        self.client, self.shop = client, shop
        self.home = f"/counter/{shop.business.slug}/"

    def later(self, **by):
        """Time goes by; who was signed in too long signs in again."""
        self.shop.clock.advance(**by)
        self.client.logout()
        self.client.force_login(self.shop.owner)

    def get(self, path="", **query):
        return self.client.get(self.home + path, query)

    def post(self, path, **fields):
        return self.client.post(self.home + path, fields)

    def find(self, q):
        return self.post("find/", q=q)

    def member(self, q):
        """Finds somebody and opens their page."""
        answer = self.find(q)
        assert answer.status_code == 302, text(answer)
        return self.client.get(answer["Location"])

    def form(self, page):
        """The number and member of a member's page, as its form sends them."""
        return {"number": page.context["number"], "member": str(page.context["glance"].member.id)}

    def sell(self, q, amount="", **fields):
        """Finds somebody and records a sale; its receipt's page."""
        page = self.member(q)
        answer = self.post("sales/", **{**self.form(page), "amount": amount, **fields})
        assert answer.status_code == 302, text(answer)
        return self.client.get(answer["Location"])


@pytest.fixture(autouse=True)
def nobody_waits():
    """What a minute counts is forgotten: the clock of each test stands at the same one."""
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def counter(client, shop):
    """The owner at the counter."""
    client.force_login(shop.owner)
    return Counter(client, furnish(shop))


@pytest.fixture
def cashier(client, shop, place_for):
    """A cashier at the counter."""
    client.force_login(place_for("cashier", email="caixa@padaria.example"))
    return Counter(client, furnish(shop))
