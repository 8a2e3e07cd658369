"""A newer Fiel over the data of an earlier one: everything is brought up to date, and the books stay as they were."""

from __future__ import annotations

import json

from tests.processes import python, typed

FILL = """
import os
from pathlib import Path
from tests.ledger.shop import open_shop, sell_of_every_sort
file = Path(os.environ["FIEL_CLOCK_FILE"])
sell_of_every_sort(open_shop(), file.write_text)
"""

# The tables as they were in the morning of the day on which this was written; nothing has been released yet.
EARLIER = {
    "privacy": "0001_initial",
    "members": "0005_address",
    "ledger": "0001_initial",
    "trail": "0001_initial",
    "sales": "0002_referral_codes",
    "shops": "0007_turning_card",
}

GO_BACK = """
import json
from django.core.management import call_command
from django.db import connection
for app, name in json.loads(sys.argv[1]).items():
    call_command("migrate", app, name, verbosity=0)
print(sorted(set(connection.introspection.table_names()) & {"shops_leaving", "privacy_request", "ledger_entry"}))
"""


def test_the_data_of_an_earlier_fiel_are_brought_up_to_date(environ, tmp_path):
    """A shop that sold of every sort, with the tables as they were; then the newer one is started over them."""
    (tmp_path / "now").write_text("2026-03-04T12:00:00+00:00")
    environ |= {"FIEL_CLOCK_FILE": str(tmp_path / "now"), "FIEL_SECRET_KEY": "a key for this test, which signs nothing"}
    python(environ, FILL)
    books = json.loads(typed(environ, "audit", "--digest", "--json"))
    assert python(environ, GO_BACK, json.dumps(EARLIER)) == "['ledger_entry']"
    assert "Run fiel migrate" in typed(environ, "audit", status=1)
    typed(environ, "migrate")
    assert json.loads(typed(environ, "audit", "--digest", "--json")) == books
    assert "everything holds" in typed(environ, "audit", "--recount")
