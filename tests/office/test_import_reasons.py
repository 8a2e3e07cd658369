"""Reasons of refused rows in words: each that a reader of files gives is known again, and said in every language."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.utils import translation

import fiel
from fiel.doors.office.import_reasons import place_in_words, reason_in_words

ROOT = Path(fiel.__file__).parent
SAYS = {"Unreadable", "LeftOut", "Wrong", "_Wrong", "Refused", "_invalid"}

# What no row of a file is refused for: what is sent to the office or a hook, and how a command is called.
OTHERS = {"hooks.py", "profiles.py", "uploads.py", "background.py", "known.py", "complete_journey.py"}


def said_by(path):
    """The sentences that a module gives as reasons, with a figure for each of their fields."""
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(call, ast.Call) or getattr(call.func, "id", "") not in SAYS:
            continue
        for each in call.args:
            if isinstance(each, ast.Constant) and " " in str(each.value):
                yield str(each.value)
            elif isinstance(each, ast.JoinedStr):
                yield "".join(part.value if isinstance(part, ast.Constant) else "77" for part in each.values)


def test_every_reason_is_known_again():
    files = [path for path in (ROOT / "intake").rglob("*.py") if path.name not in OTHERS]
    files += [ROOT / "core" / "identity.py", ROOT / "core" / "sale.py"]
    reasons = {sentence for path in files for sentence in said_by(path)}
    assert len(reasons) > 60
    makes = ("The prefix of own cards", "The serial number")  # cards are made, not read
    with translation.override("pt-br"):
        unknown = {each for each in reasons if reason_in_words(each) == each and not each.startswith(makes)}
    assert unknown == set()


@pytest.mark.parametrize(
    ("language", "reason", "said"),
    [
        ("es", "phone: this is needed", "Teléfono: hay que rellenarlo"),
        ("pt", "birth_date: '31/31/1980' is no date; write 1987-04-23 or 23/04/1987",
         "Data de nascimento: '31/31/1980' não é uma data; escreva 23/04/1987"),
        ("pt-br", ("The receipt does not add up: payments come to 12.00, the receipt's total is 13.00; a discount is "
         "larger than its item."),
         ("As contas do cupom não fecham: os pagamentos somam 12.00, o total do cupom é 13.00; "
         "um desconto é maior que o seu item.")),
        ("es", "This receipt has the layout of no version; the layout 4.00 is read.",
         "Este ticket tiene el formato sin versión; se lee el formato 4.00."),
        ("es", "nothing tells who this is: fill one of phone, tax_id",
         "nada dice quién es: rellene una de estas columnas: Teléfono, DNI o documento"),
        ("es", "'BREAD': there is no department 'bakery'.", "'BREAD': no hay ninguna sección 'bakery'."),
        ("es", "what nobody ever said", "what nobody ever said"),
        ("en", "phone: this is needed", "phone: this is needed"),
    ],
)  # fmt: skip
def test_a_reason_is_said_anew(language, reason, said):
    with translation.override(language):
        assert reason_in_words(reason) == said


def test_a_place_is_said_anew():
    with translation.override("pt-br"):
        assert [place_in_words(each) for each in ("row 4", "Folha1 rows 2-5", "after row 7", "line 3", "")] == [
            "linha 4", "Folha1 linha 2-5", "after linha 7", "linha 3", "",
        ]  # fmt: skip
