"""Members over the API: enrolled, looked up, changed, read; their cards."""

from __future__ import annotations

import pytest


@pytest.fixture
def ana(shop):
    return shop.till.enrol(
        phone="(11) 98765-4321", name="Ana Maria Souza", birth_date="1990-03-06", card="new", email="Ana@Example.com"
    )


def test_a_customer_is_enrolled_and_known_in_every_way(shop):
    told = shop.office.ok(
        "POST",
        "/members",
        {
            "phone": "(11) 98765-4321",
            "card": "ABC-123",
            "email": "Ana@Example.com",
            "tax_id": "529.982.247-25",
            "code": "17",
            "name": " Ana Souza ",
            "birth_date": "1990-11-24",
            "types": ["neighbour"],
            "language": "pt-BR",
            "joined": "2025-01-02",
            "consents": {"marketing": True, "partners": False},
        },
    )
    assert told == {
        "id": told["id"],
        "code": "17",
        "display_name": "Ana S.",
        "name": "Ana Souza",
        "phone": "+5511987654321",
        "email": "ana@example.com",
        "tax_id": "52998224725",
        "cards": [{"number": "ABC123", "blocked": False}],
        "birth_date": "1990-11-24",
        "language": "pt-br",
        "address": [],
        "types": ["neighbour"],
        "tier": None,
        "referred_by": None,
        "joined": "2025-01-02",
        "consents": {"marketing": True, "partners": False},
        "masked": False,
        "created_at": "2026-03-04T12:00:00Z",
        "updated_at": "2026-03-04T12:00:00Z",
    }
    for q in ("11 98765-4321", "+55 11 98765-4321", "abc123", ";ABC?", "ana@EXAMPLE.com", "529.982.247-25", "17"):
        answer = shop.till.post("/members/lookup", {"q": q})
        assert (answer.status, q) == (200 if q != ";ABC?" else 404, q)
    assert shop.office.ok("GET", f"/members/{told['id']}") == told


def test_little_is_needed(shop):
    told = shop.till.enrol(card="new")
    assert (told["name"], told["display_name"], told["phone"], told["joined"]) == ("", "", None, "2026-03-04")
    assert len(told["code"]) == 9
    [card] = told["cards"]
    assert card["number"].startswith("29")
    assert shop.till.ok("POST", "/members/lookup", {"q": card["number"]})["has_card"] is True
    assert shop.till.enrol(phone="11 98765-4321", name=None, consents={"marketing": None})["consents"] == {}


def test_who_brought_them_is_named_by_id_or_phone(shop):
    ana = shop.till.enrol(phone="11 98765-4321")
    assert shop.till.enrol(code="2", referred_by=ana["id"])["referred_by"] == ana["id"]
    assert shop.till.enrol(code="3", referred_by="(11) 98765-4321")["referred_by"] == ana["id"]


def test_a_lookup_tells_what_the_cashier_needs(shop, ana):
    shop.till.sell(member={"id": ana["id"]}, amount=12050)
    told = shop.till.ok("POST", "/members/lookup", {"q": "11987654321"})
    assert told == {
        "id": ana["id"],
        "display_name": "Ana S.",
        "tier": None,
        "has_card": True,
        "accounts": [
            {
                "unit": "points",
                "kind": "points",
                "balance": "120",
                "available": "120",
                "pending": "0",
                "expiring": [],
                "carry": "0",
            }
        ],
        "alerts": [{"code": "birthday", "text": "Birthday this week"}],
        "vouchers": [],
        "invitations": [],
    }


def test_what_lapses_soon_is_said(shop, clock, ana):
    rules = {"expiry": {"kind": "days", "days": 40}, "warn_days": 30, "decimals": 2, "code": "cents", "kind": "points"}
    document = {**shop.office.ok("GET", "/programme")["document"]}
    document["units"] = [*document["units"], rules]
    document["earn"] = [{"code": "all", "unit": "cents", "give": "0.5", "per": "1.00"}]
    shop.office.publish(document, version=1)
    shop.till.sell(member={"id": ana["id"]}, amount=333)
    clock.set("2026-03-20T12:00:00Z")
    told = shop.till.ok("POST", "/members/lookup", {"q": "11987654321"})
    assert told["accounts"][1]["expiring"] == [{"on": "2026-04-13", "amount": "1.66"}]
    assert told["alerts"] == [{"code": "expiring", "text": "1.66 cents lapse after April 13, 2026"}]
    clock.set("2026-04-14T12:00:00Z")
    told = shop.till.ok("POST", "/members/lookup", {"q": "11987654321"})
    assert told["accounts"][1]["expiring"] == []
    assert (told["accounts"][1]["balance"], told["accounts"][1]["available"]) == ("1.66", "0.00")
    assert told["alerts"] == []


def test_staff_see_what_members_do_not(shop, ana):
    document = shop.office.ok("GET", "/programme")["document"]
    document["units"][0]["visible"] = False
    shop.office.publish(document, version=1)
    told = shop.till.sell(member={"id": ana["id"]}, amount=5000)
    assert told["balances"][0]["balance"] == "50"
    assert told["message"] == "Thank you, Ana."
    assert shop.till.ok("POST", "/members/lookup", {"q": "11987654321"})["accounts"][0]["balance"] == "50"


def test_a_till_sees_members_masked(shop, ana):
    told = shop.till.ok("GET", f"/members/{ana['id']}")
    shown = {name: told[name] for name in ("name", "phone", "email", "tax_id", "birth_date", "masked")}
    assert shown == {
        "name": "Ana S.",
        "phone": "+55 ••••• 4321",
        "email": "a•••@example.com",
        "tax_id": None,
        "birth_date": None,
        "masked": True,
    }
    assert told["cards"] == ana["cards"]
    [listed] = shop.till.ok("GET", "/members")["items"]
    assert listed["cards"] == [{"number": f"•••• {ana['cards'][0]['number'][-4:]}", "blocked": False}]
    assert shop.reader.ok("GET", f"/members/{ana['id']}")["name"] == "Ana Maria Souza"


def test_a_member_is_changed(shop, clock, ana):
    clock.advance(hours=1)
    change = {"name": "Ana Lima", "phone": "11 91234-5678", "email": None, "types": ["staff"], "language": "es"}
    told = shop.office.ok("PATCH", f"/members/{ana['id']}", change | {"birth_date": None, "tax_id": "52998224725"})
    assert (told["name"], told["phone"], told["email"]) == ("Ana Lima", "+5511912345678", None)
    assert (told["types"], told["language"], told["birth_date"]) == (["staff"], "es", None)
    assert (told["created_at"], told["updated_at"]) == ("2026-03-04T12:00:00Z", "2026-03-04T13:00:00Z")
    assert shop.till.post("/members/lookup", {"q": "11 98765-4321"}).code == "member_not_found"
    assert shop.till.ok("POST", "/members/lookup", {"q": "11 91234-5678"})["id"] == ana["id"]
    again = shop.office.ok("PATCH", f"/members/{ana['id']}", {"phone": "11 91234-5678"})
    assert again["phone"] == "+5511912345678"


def test_a_change_of_nothing_changes_nothing(shop, clock, ana):
    clock.advance(hours=1)
    assert shop.office.ok("PATCH", f"/members/{ana['id']}", {})["updated_at"] == ana["updated_at"]


def test_consents_are_added_never_changed(shop, clock, ana):
    from fiel.members.models import Consent

    for answer in (True, False):
        clock.advance(minutes=1)
        told = shop.till.ok("PATCH", f"/members/{ana['id']}", {"consents": {"marketing": answer}})
        assert told["consents"] == {"marketing": answer}
    assert list(Consent.objects.order_by("recorded_at").values_list("granted", flat=True)) == [True, False]


def test_what_is_taken_is_refused(shop, ana):
    bia = shop.till.enrol(phone="11 91234-5678")
    answer = shop.till.post("/members", {"phone": "11 98765 4321", "name": "Eve"})
    assert (answer.status, answer.code, answer.pointers) == (409, "member_exists", ["/phone"])
    answer = shop.till.post("/members", {"card": ana["cards"][0]["number"]})
    assert (answer.status, answer.code, answer.pointers) == (409, "card_taken", ["/card"])
    answer = shop.till.patch(f"/members/{bia['id']}", {"phone": "11 98765 4321"})
    assert (answer.status, answer.code, answer.pointers) == (409, "member_exists", ["/phone"])
    assert shop.office.ok("GET", f"/members/{bia['id']}")["phone"] == "+5511912345678"


def test_cards_are_given(shop, clock, ana):
    clock.advance(hours=1)
    path = f"/members/{ana['id']}/cards"
    made = shop.till.post(path)
    assert made.status == 201
    assert made.body == {"number": made.body["number"], "member": ana["id"], "given_at": "2026-03-04T13:00:00Z"}
    assert shop.till.post(path, {}).status == 201
    assert shop.till.post(path, {"number": "old 42"}).body["number"] == "OLD42"
    again = shop.till.post(path, {"number": "OLD-42"})
    assert (again.status, again.body["number"]) == (200, "OLD42")
    told = shop.office.ok("GET", f"/members/{ana['id']}")
    assert (len(told["cards"]), told["updated_at"]) == (4, "2026-03-04T13:00:00Z")
    bia = shop.till.enrol(code="2")
    assert shop.till.post(f"/members/{bia['id']}/cards", {"number": "OLD42"}).code == "card_taken"


def test_a_swiped_card_is_the_one_that_we_know(shop):
    ana = shop.till.enrol(card="600123456789")
    swipe = "%B1234567^SOUZA/ANA^2512?;600123456789=2512?"
    assert shop.till.ok("POST", "/members/lookup", {"q": swipe})["id"] == ana["id"]
    told = shop.till.sell(member={"card": swipe}, amount=500)
    assert told["member"]["id"] == ana["id"]
    [told] = shop.till.ok("POST", "/sales/batch", {"sales": [shop.till.sale(member={"card": swipe}, number="R2")]})[
        "items"
    ]
    assert told["sale"]["member"]["id"] == ana["id"]
    given = shop.till.ok("POST", f"/members/{ana['id']}/cards", {"number": ";700123456789=2512?"})
    assert given["number"] == "700123456789"


def test_a_card_is_blocked_once_and_for_all(shop, clock, ana):
    number = ana["cards"][0]["number"]
    clock.advance(hours=1)
    for _ in range(2):
        answer = shop.till.delete(f"/cards/{number}")
        assert (answer.status, answer.body) == (204, None)
        clock.advance(hours=1)
    answer = shop.till.post("/members/lookup", {"q": number})
    assert (answer.status, answer.code, answer.pointers) == (409, "card_blocked", ["/q"])
    told = shop.office.ok("GET", f"/members/{ana['id']}")
    assert (told["cards"], told["updated_at"]) == (
        [{"number": number, "blocked": True}],
        "2026-03-04T13:00:00Z",
    )
    assert shop.till.ok("POST", "/members/lookup", {"q": "11 98765-4321"})["has_card"] is False
    assert shop.till.post("/sales", shop.till.sale(member={"card": number})).code == "card_blocked"
    assert shop.till.post(f"/members/{ana['id']}/cards", {"number": number}).code == "card_blocked"
    for unknown in ("123", "%20", "4111111111111111", "%00"):
        assert shop.till.delete(f"/cards/{unknown}").code == "not_found"


def test_a_key_looks_up_sixty_times_a_minute(shop, clock):
    for _ in range(60):
        assert shop.till.post("/members/lookup", {"q": "1"}).status == 404
    answer = shop.till.post("/members/lookup", {"q": "1"})
    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (429, "rate_limited", "60")
    assert shop.office.post("/members/lookup", {"q": "1"}).status == 404
    clock.advance(minutes=1)
    assert shop.till.post("/members/lookup", {"q": "1"}).status == 404


def test_movements_come_with_their_reasons(shop, clock, ana):
    shop.till.sell(member={"id": ana["id"]}, amount=790, number="R1")
    clock.advance(minutes=1)
    second = shop.till.sell(member={"id": ana["id"]}, amount=4100, number="R2")
    told = shop.till.ok("GET", f"/members/{ana['id']}/entries")
    assert told["next_cursor"] is None
    assert told["items"][0] == {
        "unit": "points",
        "number": 2,
        "kind": "earn",
        "amount": "41",
        "balance": "48",
        "occurred_at": "2026-03-04T12:00:00Z",
        "recorded_at": "2026-03-04T12:01:00Z",
        "available_on": "2026-03-04",
        "expires_on": None,
        "cause": {"kind": "sale", "id": second["id"], "store": "S1", "till": "T1", "number": "R2"},
        "reasons": [
            {
                "line": 1,
                "rule": "all",
                "unit": "points",
                "basis": "amount",
                "counted": 4100,
                "factors": [],
                "gives": "41",
            }
        ],
    }
    sales = shop.till.ok("GET", f"/members/{ana['id']}/sales")["items"]
    assert [each["number"] for each in sales] == ["R2", "R1"]
    assert sales[0]["movements"] == second["movements"]


def test_a_statement_comes_as_pdf_and_names_nobody_whole_to_a_till(shop):
    """An address stands in the member's data, and on letters; a till's key sees neither it nor the whole name."""
    import pypdfium2

    address = ["Rua das Flores 12", "01310-100 São Paulo"]
    made = shop.office.enrol(phone="+5511987650077", name="Ana Souza", address=address)
    assert made["address"] == address
    at = f"/members/{made['id']}"
    assert shop.office.ok("PATCH", at, {"address": address[:1]})["address"] == address[:1]
    assert shop.till.ok("GET", at)["address"] == []

    def printed(key):
        return pypdfium2.PdfDocument(key.ok("GET", f"{at}/statement.pdf"))[0].get_textpage().get_text_range()

    assert "Ana Souza" in printed(shop.office)
    assert "Ana S." in printed(shop.till)
    assert "Ana Souza" not in printed(shop.till)
    wrong = shop.office.get(f"{at}/statement.pdf?from=2026-02-01&to=2026-01-01")
    assert (wrong.status, wrong.pointers) == (422, ["/to"])
    assert shop.office.get("/members/00000000-0000-7000-8000-000000000000/statement.pdf").code == "member_not_found"
