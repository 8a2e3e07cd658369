"""Members are looked for by name: a key of it, filled in for those there are, and an index on it."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

import fiel.members.models
from fiel.members.names import name_key

_AT_ONCE = 2000


def in_the_order_of_bytes(apps: Any, editor: Any) -> None:
    """PostgreSQL would compare by the rules of a language, in which a beginning is no range. SQLite compares bytes."""
    if editor.connection.vendor == "postgresql":
        editor.execute('ALTER TABLE members_member ALTER COLUMN name_key TYPE varchar(200) COLLATE "C"')


def fill(apps: Any, editor: Any) -> None:
    member = apps.get_model("members", "Member")
    last = None
    while True:
        rows = member.objects.order_by("business_id", "id")
        if last is not None:
            same, above = models.Q(business_id=last[0], id__gt=last[1]), models.Q(business_id__gt=last[0])
            rows = rows.filter(same | above)
        some = list(rows.only("business_id", "id", "name")[:_AT_ONCE])
        if not some:
            return
        for each in some:
            each.name_key = name_key(each.name)
        member.objects.bulk_update(some, ["name_key"])
        last = (some[-1].business_id, some[-1].id)


class Migration(migrations.Migration):
    dependencies = [("members", "0002_member_member_by_merge")]

    operations = [
        migrations.AddField(
            "member",
            "name_key",
            fiel.members.models.NameKey(blank=True, default="", editable=False, max_length=200),
        ),
        migrations.RunPython(in_the_order_of_bytes, migrations.RunPython.noop),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex("member", models.Index(fields=["business", "name_key", "id"], name="member_by_name")),
    ]
