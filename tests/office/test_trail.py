"""The trail as an owner reads it: names, days, amounts and words, in the language of whoever reads."""

from __future__ import annotations

import re

from tests.office import test_rewards as rewards
from tests.office.test_members import PERSON
from tests.office.test_rewards import COFFEE, text

ana, make = rewards.ana, rewards.make

RAW = {
    "an id": r"[0-9a-f]{8}-[0-9a-f]{4}-",
    "a day as computers write it": r"\d{4}-\d{2}",
    "a name of ours": r"\b[a-z]+_[a-z_]+\b",
    "a code's dot": r"\b(?:reward|partner|member|staff|store|business)\.[a-z]",
    "JSON": r"\b(?:true|false|null|None|True|False)\b|[{}\[\]]",
}


def test_an_owner_reads_what_was_done_in_words(signed_in, bakery, make, ana, settings):
    """Everything that was done stands there by its name, in Portuguese, and nothing as the computer keeps it."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    home, today = bakery.page, bakery.clock.now.date().isoformat()
    code = make()
    changed = {"name": "Um café", "price_amount": "25", "valid_days": "", "starts_on": today, "stock": "10"}
    signed_in.post(f"{home}reward/{code}/", {**COFFEE, **changed, "stores": ["S1", "S2"]})
    signed_in.post(f"{home}reward/{code}/stock/", {"left": "", "seen": "10", "reason": "não se conta"})
    partner = signed_in.post(f"{home}partners/new/", {"name": "Pneus Silva"})["Location"]
    signed_in.post(f"{partner}stores/", {"store": "Lapa"})
    signed_in.post(f"{partner}prices/", {"reward": code, "price": "40,00", "from": today})
    at = f"{home}members/{ana.id}/"
    signed_in.post(f"{at}adjust/", {"unit": "points", "amount": "5", "reason": "recibo perdido"})
    signed_in.post(f"{at}tier/", {"tier": "gold", "until": "2026-12-24", "reason": "amiga"})
    signed_in.post(f"{at}change/", {**PERSON, "phone": "11 98765-4321"})
    signed_in.get(f"{at}export/json/")
    signed_in.post(f"{home}staff/", {"email": "rui@padaria.example", "role": "cashier", "stores": ["S2"]})
    kept = {"papers": "30", "jobs": "30", "messages": "400", "invitations": "400", "suspicions": "90", "members": ""}
    signed_in.post(f"{home}setup/retention/", kept)
    signed_in.post(f"{home}setup/business/", {"name": "Padaria Lua", "language": "pt-br", "minimum_age": "18"})

    bakery.owner.language = "pt-br"
    bakery.owner.save()
    answer = signed_in.get(f"{home}trail/")
    told = text(answer)
    for said in (
        "Prêmio mudado Um café",
        "Preço: 20 pontos → 25 pontos",
        "Vale por quantos dias: 30 → sem fim",
        "Lojas: Centro → Centro, Manaus",
        "Primeiro dia: – → 4 de março de 2026",
        "Estoque: 10 → qualquer quantidade Motivo: não se conta",
        "Preços combinados: Um café: R$ 40,00 a partir de 4 de março de 2026",
        "Cliente: Ana L. Quanto: +5 pontos Motivo: recibo perdido",
        "Nível dado à mão Ana L.",
        "Até: para sempre → 24 de dezembro de 2026",
        "Alterado: Endereço para cartas, Data de nascimento, E-mail, Idioma, Nome, Tipos de cliente",
        "Pode receber ofertas: sim",
        "Função: Operador de caixa Lojas: Manaus",
    ):
        assert said in told.replace("\xa0", " "), said
    rows = re.sub(r"(?s).*<ul class=\"list-group list-group-flush\">|</ul>.*", "", answer.content.decode())
    shown = re.sub(r"<[^>]+>", " ", rows)
    assert {what: found for what, raw in RAW.items() if (found := re.findall(raw, shown))} == {}

    found = text(signed_in.get(f"{home}trail/", {"q": "pneus"}))
    assert "Pneus Silva" in found
    assert "Um café" not in found.replace("Um café: R$", "")
