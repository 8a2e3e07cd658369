"""Sums by the store begin with it, and those of all stores are kept beside them: all are made anew, from the receipts."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def _table(name: str, keys: tuple[str, ...], *fields: tuple[str, Any]) -> migrations.CreateModel:
    key = models.CompositePrimaryKey("business", *keys, blank=True, editable=False, primary_key=True, serialize=False)
    business = models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="shops.business",
    )
    return migrations.CreateModel(name=name, fields=[("pk", key), *fields, ("business", business)])


def _store() -> tuple[str, Any]:
    return "store", models.CharField(max_length=50)


def _product() -> list[tuple[str, Any]]:
    return [("month", models.DateField()), ("product", models.CharField(max_length=64)), *_goods()]


def _goods() -> list[tuple[str, Any]]:
    sums = [(name, models.BigIntegerField()) for name in ("quantity", "total", "discounted", "member_total")]
    return [("lines", models.IntegerField()), *sums]


class Migration(migrations.Migration):
    dependencies = [
        ("insight", "0004_cohorts"),
        ("shops", "0005_brand"),
    ]

    operations = [
        migrations.DeleteModel(name="StoreHour"),
        migrations.DeleteModel(name="CashierDay"),
        migrations.DeleteModel(name="DepartmentDay"),
        migrations.DeleteModel(name="ProductMonth"),
        _table(
            "StoreHour",
            ("store", "day", "hour", "of_member"),
            _store(),
            ("day", models.DateField()),
            ("hour", models.SmallIntegerField()),
            ("of_member", models.BooleanField()),
            ("sales", models.IntegerField()),
            ("total", models.BigIntegerField()),
            ("discounted", models.BigIntegerField()),
        ),
        _table(
            "CashierDay",
            ("store", "day", "cashier", "of_member"),
            _store(),
            ("day", models.DateField()),
            ("cashier", models.CharField(max_length=100)),
            ("of_member", models.BooleanField()),
            ("sales", models.IntegerField()),
            ("linked", models.IntegerField()),
            ("total", models.BigIntegerField()),
        ),
        _table(
            "DepartmentDay",
            ("store", "day", "department"),
            _store(),
            ("day", models.DateField()),
            ("department", models.CharField(max_length=50)),
            *_goods(),
        ),
        _table("ProductMonth", ("store", "month", "product"), _store(), *_product()),
        _table("AssortmentMonth", ("month", "product"), *_product()),
        # Whose row is gone is counted anew by the worker.
        migrations.RunSQL("DELETE FROM insight_keeping", migrations.RunSQL.noop),
    ]
