"""What is said to people is said in all languages: every text is there, whole, and compiled. English is the source."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import polib
import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "fiel"
LOCALES = ["es", "pt", "pt_BR"]
MEND = "run `python -m fiel.ops.messages`, translate what is new, run it again"

PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sd]|\{\w*\}|%%")
TAG = re.compile(r"</?\w+")
MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}


def catalogue(locale, ending="po"):
    read = {"po": polib.pofile, "mo": polib.mofile}[ending]
    return read(str(SOURCE / "locale" / locale / "LC_MESSAGES" / f"django.{ending}"))


def said(entry):
    """The translations of an entry: one, or one for each plural form."""
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_these_are_the_languages_of_the_settings():
    from django.conf import settings
    from django.utils.translation import to_locale

    from fiel.doors.look import LANGUAGES
    from fiel.ops.messages import LOCALES as GATHERED

    offered = {to_locale(code) for code, _ in settings.LANGUAGES}
    assert offered == {"en", *LOCALES}
    assert set(GATHERED) == set(LOCALES)
    assert set(LANGUAGES) == {code for code, _ in settings.LANGUAGES}


@pytest.mark.parametrize("locale", LOCALES)
def test_nothing_is_untranslated_or_guessed(locale):
    wrong = [entry.msgid for entry in catalogue(locale) if entry.fuzzy or entry.obsolete or not all(said(entry))]
    assert wrong == [], MEND


@pytest.mark.parametrize("locale", LOCALES)
def test_placeholders_and_tags_are_those_of_the_source(locale):
    wrong = []
    for entry in catalogue(locale):
        sources = {tuple(sorted(PLACEHOLDER.findall(text))) for text in (entry.msgid, entry.msgid_plural) if text}
        for text in said(entry):
            if tuple(sorted(PLACEHOLDER.findall(text))) not in sources:
                wrong.append(f"{entry.msgid!r}: {text!r}")
            if sorted(TAG.findall(text)) != sorted(TAG.findall(entry.msgid)):
                wrong.append(f"{entry.msgid!r}: {text!r}")
    assert wrong == []


@pytest.mark.parametrize("locale", LOCALES)
def test_what_is_compiled_is_what_is_written(locale):
    written = {(e.msgctxt, e.msgid, e.msgid_plural): said(e) for e in catalogue(locale)}
    compiled = {(e.msgctxt, e.msgid, e.msgid_plural): said(e) for e in catalogue(locale, "mo")}
    assert compiled == written, MEND


@pytest.mark.parametrize("locale", LOCALES)
def test_every_marked_text_is_there(locale):
    known = {entry.msgid for entry in catalogue(locale)}
    assert sorted(marked_texts() - known) == [], MEND


# Which texts are marked


def marked_texts():
    found = set()
    for path in SOURCE.rglob("*.py"):
        if "migrations" not in path.parts:
            found |= set(marked_in_python(path.read_text(encoding="utf-8")))
    for path in SOURCE.rglob("templates/**/*.html"):
        found |= set(marked_in_template(path.read_text(encoding="utf-8")))
    return found


def marked_in_python(source):
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(
                func=ast.Name(id=name) | ast.Attribute(attr=name), args=[ast.Constant(value=str(text)), *_]
            ) if name in MARKS:
                yield text
            case ast.Call(func=ast.Name(id="Kind"), args=[_, _, ast.Constant(value=str(title)), *_]):
                yield title


def marked_in_template(source):
    source = re.sub(r"\{% comment %\}.*?\{% endcomment %\}", "", source, flags=re.DOTALL)
    for quote in ('"', "'"):
        inside = rf"{quote}([^{quote}]+){quote}"
        yield from re.findall(rf"\{{% (?:translate|trans) {inside}", source)
        yield from re.findall(rf"_\({inside}\)", source)
    for options, body in re.findall(
        r"\{% blocktrans(?:late)?(.*?)%\}(.*?)\{% endblocktrans(?:late)? %\}", source, flags=re.DOTALL
    ):
        text = re.sub(r"\{\{ (\w+) \}\}", r"%(\1)s", body.replace("%", "%%"))
        yield " ".join(line.strip() for line in text.strip().splitlines()) if "trimmed" in options else text


def test_the_search_for_marked_texts_finds_them():
    python = 'x = _("one") + gettext_lazy("two") + ngettext("three", "threes", n)\nKind("code", 404, "four", "advice")'
    assert set(marked_in_python(python)) == {"one", "two", "three", "four"}
    page = """{% translate "a" as b %}{{ x|default:_('c') }}{% comment %}{% translate "no" %}{% endcomment %}
        {% blocktranslate trimmed with n=m %}
          {{ n }} of
          100%
        {% endblocktranslate %}"""
    assert set(marked_in_template(page)) == {"a", "c", "%(n)s of 100%%"}


def test_nobody_reads_a_sentence_that_was_put_together():
    """A text with its values already in it is never found in a catalogue."""
    found = [
        f"{path.relative_to(SOURCE)}:{node.lineno}"
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in MARKS
        and node.args
        and isinstance(node.args[0], ast.JoinedStr | ast.BinOp)
    ]
    assert found == []
