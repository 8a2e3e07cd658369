"""Everything that is shipped has a licence that we accept, stands on its page; and no secret is in the tree."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.house.licences import PAGE, ROOT, page, refused, shipped

SECRETS = {
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{20}",
    "a key of AWS": r"\bAKIA[0-9A-Z]{16}\b",
    "a token of GitHub": r"\bgh[pousr]_[A-Za-z0-9]{36}\b",
    "a token of Slack": r"\bxox[abpr]-[A-Za-z0-9-]{10,}",
    "a key of Stripe": r"\b[rs]k_live_[A-Za-z0-9]{16,}",
    "a key of Google": r"\bAIza[0-9A-Za-z_-]{35}\b",
}
IN_AN_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@\"'`<>]*:([^\s/@\"'`<>]+)@")
# What examples and tests write in its place.
MADE_UP = {
    "password",
    "PASSWORD",
    "TOKEN",
    "***",
    "word",
    "secret",
    "s3cret",
    "p%40ss",
    "p%40ss%2Fw%3Ard",
    "p#w",
    "t%2Fk",
}


@pytest.mark.parametrize(("name", "version", "licence"), shipped())
def test_each_licence_is_one_that_we_accept(name, version, licence):
    assert refused(licence) == [], f"{name} {version}: look at its licence, then say so in tests/house/licences.py"


def test_a_licence_that_asks_for_more_is_found():
    assert refused("AGPL-3.0-only") == ["AGPL-3.0-only"]
    assert refused("MIT AND GPL-3.0-only") == ["GPL-3.0-only"]
    assert refused("GPL-2.0-only OR MIT") == []


def test_the_page_names_everything():
    assert PAGE.read_text(encoding="utf-8") == page(), "run make licences"


def test_no_secret_is_in_the_tree():
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = []
    for name in filter(None, files.split("\0")):
        try:
            text = (ROOT / name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, OSError):
            continue
        found += [f"{name}: {what}" for what, pattern in SECRETS.items() if re.search(pattern, text)]
        found += [f"{name}: a password in an address" for _ in passwords_in(text)]
    assert found == []


def passwords_in(text):
    """Those in addresses, but for what is made up, and what a shell or a template fills in."""
    said = IN_AN_ADDRESS.findall(text)
    return [each for each in said if each not in MADE_UP and not re.fullmatch(r"\$?\{.*\}", each)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("FIEL_DATABASE_URL=postgres://fiel:" + "hunter2@db.internal/fiel", ["hunter2"]),
        ("see redis://:" + "Xy7-_q@10.0.0.9:6379", ["Xy7-_q"]),
        ("curl https://ana:" + "a%20b@example.com/x", ["a%20b"]),
        ("postgres://fiel:PASSWORD@127.0.0.1/fiel, postgres://fiel:${PASSWORD:?}@db/fiel", []),
        ("https://example.com:8000/a@b, mailto:ana@example.com, http://[::1]:8000/", []),
    ],
)
def test_a_password_in_an_address_is_found(text, found):
    assert passwords_in(text) == found
