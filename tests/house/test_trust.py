"""The page of promises, docs/trust.md: each test that it names is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def named_tests():
    """Each test the page names, as (file, function); `::name` alone is in the file named before it."""
    file = ""
    for path, name in re.findall(r"`(tests/[\w/]+\.py)?(?:::(\w+))?`", (ROOT / "docs" / "trust.md").read_text()):
        file = path or file
        if path or name:
            yield file, name


def test_the_tests_that_the_page_of_promises_names_are_there():
    found = set(named_tests())
    assert len(found) > 40
    missing = {
        (file, name) for file, name in found if (f"def {name}(" if name else "") not in (ROOT / file).read_text()
    }
    assert missing == set()
