"""A till that sells on and on, and says each number once its sale is acknowledged: seller.py BUSINESS PREFIX [WAY].

WAY `careless` opens SQLite as Fiel never does, to show what a power cut would take then.
"""

from __future__ import annotations

import sys
from itertools import count

from fiel.ops import databases


def main() -> None:
    business, prefix, *way = sys.argv[1:]
    if way == ["careless"]:
        safe = databases.SQLITE_PRAGMAS
        databases.SQLITE_PRAGMAS = tuple(each.replace("synchronous=FULL", "synchronous=NORMAL") for each in safe)
    import django

    django.setup()
    from fiel import clock
    from fiel.core.sale import Line
    from fiel.sales.incoming import Incoming
    from fiel.sales.record import record
    from fiel.shops.models import Business

    owner = Business.objects.get(slug=business)
    for number in count(1):
        lines = (Line(1, 100 + number),)
        name = f"{prefix}{number}"
        record(owner, [Incoming("S1", "T1", name, occurred_at=clock.now(), lines=lines, member=None)])
        print(name, flush=True)


if __name__ == "__main__":
    main()
