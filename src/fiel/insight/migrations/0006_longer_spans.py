"""What departments and products sold in longer spans, so that pages about many stores read fewer rows: counted anew."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def _table(name: str, time: str, what: str, longest: int) -> migrations.CreateModel:
    keys = ("business", "store", time, what)
    key = models.CompositePrimaryKey(*keys, blank=True, editable=False, primary_key=True, serialize=False)
    business = models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="shops.business",
    )
    sums: list[tuple[str, Any]] = [("lines", models.IntegerField())]
    sums += [(each, models.BigIntegerField()) for each in ("quantity", "total", "discounted", "member_total")]
    fields: list[tuple[str, Any]] = [
        ("pk", key),
        (time, models.DateField()),
        ("store", models.CharField(max_length=50)),
        (what, models.CharField(max_length=longest)),
        ("business", business),
    ]
    return migrations.CreateModel(name=name, fields=[*sums, *fields])


class Migration(migrations.Migration):
    dependencies = [
        ("insight", "0005_all_stores"),
        ("shops", "0011_spend_limit"),
    ]

    operations = [
        _table("DepartmentMonth", "month", "department", 50),
        _table("ProductHalf", "half", "product", 64),
        # Whose row is gone is counted anew by the worker.
        migrations.RunSQL("DELETE FROM insight_keeping", migrations.RunSQL.noop),
    ]
