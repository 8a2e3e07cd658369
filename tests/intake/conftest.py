"""A bakery with a store, known by its tax id, and a member, known by hers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fiel.core.identity import Identity
from fiel.intake.known import files_in
from fiel.intake.run import Options, bring
from fiel.ledger.models import Entry
from fiel.members.enrol import Newcomer, enrol
from fiel.programme.versions import publish, rules_of
from fiel.sales.models import Receipt
from fiel.shops.opening import open_business, put_store

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


class Shop:
    """A business, and files brought to it."""

    def __init__(self, business, folder: Path) -> None:
        self.business = business
        self.folder = folder

    def put(self, name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    def bring(self, *contents: str | bytes, name: str = "file.xml", **options):
        """Bring files in, in this order."""
        paths = [self.put(f"{place:03}-{name}", content) for place, content in enumerate(contents)]
        return bring(self.business, files_in(paths), options=Options(**options))

    @property
    def points(self) -> int:
        return sum(Entry.objects.filter(business=self.business).values_list("steps", flat=True))

    @property
    def receipts(self):
        return Receipt.objects.filter(business=self.business)


def shop_of(tmp_path, *, slug, currency, timezone, tax_id, member, country="", rules=()):
    rules_of.cache_clear()
    business, _ = open_business(
        slug=slug, name=slug.title(), currency=currency, timezone=timezone, country=country, owner_email="o@p.example",
        now=NOW,
    )  # fmt: skip
    put_store(business, "S1", name="Sede", tax_id=tax_id)
    document = {
        "name": "Clube",
        "currency": currency,
        "timezone": timezone,
        "units": [{"code": "points", "kind": "points"}],
        "earn": [{"code": "all", "unit": "points", "give": "1", "per": "1.00"}, *rules],
    }
    publish(business, document, by="test", now=NOW, in_force_from=datetime(2014, 1, 1, tzinfo=UTC))
    ana = Newcomer(identities=(Identity("tax_id", member),), name="Ana", code="1")
    enrol(business, [ana], now=NOW, today=NOW.date(), source="test", by="test")
    return Shop(business, tmp_path / "files")


@pytest.fixture
def padaria(db, clock, tmp_path):
    """In Brazil; bread counts double."""
    bread = {"code": "bread", "unit": "points", "give": "2", "per": "1.00", "items": {"departments": ["bread"]}}
    return shop_of(
        tmp_path, slug="padaria", currency="BRL", timezone="America/Sao_Paulo", tax_id="11.222.333/0001-81",
        member="52998224725", rules=[bread],
    )  # fmt: skip


@pytest.fixture
def pastelaria(db, clock, tmp_path):
    """In Portugal."""
    return shop_of(
        tmp_path, slug="pastelaria", currency="EUR", timezone="Europe/Lisbon", tax_id="PT 599 999 993",
        member="123456789",
    )  # fmt: skip


@pytest.fixture
def taberna(db, clock, tmp_path):
    """In the Basque Country."""
    return shop_of(
        tmp_path, slug="taberna", currency="EUR", timezone="Europe/Madrid", country="ES", tax_id="B12345674",
        member="12345678Z",
    )  # fmt: skip
