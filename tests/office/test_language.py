"""Which language is spoken: the person's, else the business's, else the browser's."""

from __future__ import annotations

import pytest

SIGN_IN = {"en": "Sign in", "pt-br": "Entrar", "pt": "Palavra-passe", "es": "Contraseña"}


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [("pt-BR,pt;q=0.9", "pt-br"), ("pt-PT", "pt"), ("es-MX,es", "es"), ("en-GB", "en"), ("fr", "en"), ("", "en")],
)
def test_a_stranger_is_spoken_to_as_their_browser_asks(client, db, asked, spoken):
    answer = client.get("/sign-in/", headers={"Accept-Language": asked})
    assert answer["Content-Language"] == spoken
    assert f'<html lang="{spoken}">' in answer.content.decode()
    assert SIGN_IN[spoken] in answer.content.decode()


def test_a_persons_language_comes_first_then_the_businesss(client, open_shop):
    shop = open_shop(language="es")
    person = shop.owner
    client.force_login(person)
    browser = {"Accept-Language": "pt-BR"}
    assert client.get(shop.page, headers=browser)["Content-Language"] == "es"
    assert client.get("/office/", headers=browser)["Content-Language"] == "es"
    assert client.get("/password/", headers=browser)["Content-Language"] == "pt-br"
    person.language = "pt"
    person.save()
    for page in (shop.page, "/office/", "/password/", "/"):
        assert client.get(page, headers=browser)["Content-Language"] == "pt"


def test_a_business_with_a_language_we_do_not_speak(client, open_shop):
    shop = open_shop(language="fr")
    client.force_login(shop.owner)
    assert client.get(shop.page, headers={"Accept-Language": "es"})["Content-Language"] == "es"


def test_a_choice_is_kept_with_the_person(client, shop):
    client.force_login(shop.owner)
    answer = client.post("/language/", {"language": "pt-br", "back": shop.page})
    assert (answer.status_code, answer["Location"]) == (302, shop.page)
    shop.owner.refresh_from_db()
    assert shop.owner.language == "pt-br"
    page = client.get(shop.page).content.decode()
    assert "Até a primeira venda" in page
    assert 'value="pt-br" lang="pt-br" aria-current="true"' in page


def test_a_strangers_choice_is_kept_in_the_browser(client, db):
    client.post("/language/", {"language": "es", "back": "/sign-in/"})
    assert client.get("/sign-in/", headers={"Accept-Language": "pt-BR"})["Content-Language"] == "es"


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "", "javascript:alert(1)"])
def test_a_choice_leads_back_and_nowhere_else(client, db, back):
    assert client.post("/language/", {"language": "es", "back": back})["Location"] == "/"


def test_a_language_nobody_offers_changes_nothing(client, shop):
    client.force_login(shop.owner)
    client.post("/language/", {"language": "fr", "back": "/"})
    shop.owner.refresh_from_db()
    assert shop.owner.language == ""
    assert client.get("/language/").status_code == 405


@pytest.mark.parametrize("language", ["pt-br", "pt", "es"])
def test_no_page_is_left_in_english(client, bakery, language):
    bakery.owner.language = language
    bakery.owner.save()
    client.force_login(bakery.owner)
    bakery.enrol("+5511987650001", "Ana Souza")
    receipt = bakery.sell(("Pão", "bakery", 500), ("Café", "coffee", 500, 9000), to="+5511987650001")
    for address in (bakery.page, f"{bakery.page}receipts/{receipt}/", "/password/", "/", "/nowhere"):
        page = client.get(address).content.decode()
        for english in (" the ", "Sales", "Receipt", "Member", "Given", "Together", "Today", "today", "Password"):
            assert english not in page, (address, english)
