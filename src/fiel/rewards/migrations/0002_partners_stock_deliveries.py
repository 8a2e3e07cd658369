import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import fiel.tables.ids
import fiel.tables.keys


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0002_member_member_by_merge"),
        ("rewards", "0001_initial"),
        ("shops", "0002_business_hand_limit_staff_member_id"),
    ]

    operations = [
        migrations.CreateModel(
            name="Partner",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "business", "code", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "business",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="partners",
                        to="shops.business",
                    ),
                ),
                ("code", models.CharField(max_length=50)),
                ("name", models.CharField(max_length=200)),
                ("tax_id", models.CharField(blank=True, default="", max_length=20)),
                ("email", models.EmailField(blank=True, default="", max_length=254)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="PartnerClerk",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "business", "partner", "person", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "business",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="shops.business",
                    ),
                ),
                ("partner", models.CharField(max_length=50)),
                ("store", models.CharField(blank=True, default="", max_length=50)),
                ("since", models.DateTimeField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="desks", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    fiel.tables.keys.WithinBusiness(
                        columns=("code",), fields=("partner",), name="clerk_of_partner", table="rewards_partner"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PartnerPrice",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "business",
                        "partner",
                        "reward",
                        "valid_from",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "business",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="shops.business",
                    ),
                ),
                ("partner", models.CharField(max_length=50)),
                ("reward", models.CharField(max_length=50)),
                ("valid_from", models.DateField()),
                ("price", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    fiel.tables.keys.WithinBusiness(
                        columns=("code",), fields=("partner",), name="price_of_partner", table="rewards_partner"
                    ),
                    models.CheckConstraint(condition=models.Q(("price__gte", 0)), name="partner_price"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PartnerStore",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "business", "partner", "code", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "business",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="shops.business",
                    ),
                ),
                ("partner", models.CharField(max_length=50)),
                ("code", models.CharField(max_length=50)),
                ("name", models.CharField(blank=True, default="", max_length=200)),
            ],
            options={
                "constraints": [
                    fiel.tables.keys.WithinBusiness(
                        columns=("code",), fields=("partner",), name="store_of_partner", table="rewards_partner"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RewardPicture",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "business", "reward", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "business",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="shops.business",
                    ),
                ),
                ("reward", models.CharField(max_length=50)),
                ("type", models.CharField(max_length=20)),
                ("data", models.BinaryField()),
                ("digest", models.CharField(max_length=64)),
            ],
            options={
                "constraints": [
                    fiel.tables.keys.WithinBusiness(
                        columns=("code",), fields=("reward",), name="picture_of_reward", table="rewards_reward"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "business", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "business",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="shops.business",
                    ),
                ),
                ("id", models.UUIDField(default=fiel.tables.ids.new_id)),
                ("voucher_id", models.UUIDField()),
                ("reward", models.CharField(max_length=50)),
                ("member_id", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=200)),
                ("store", models.CharField(blank=True, default="", max_length=50)),
                ("till", models.CharField(blank=True, default="", max_length=50)),
                ("partner", models.CharField(blank=True, default="", max_length=50)),
                ("partner_store", models.CharField(blank=True, default="", max_length=50)),
                ("receipt_id", models.UUIDField(null=True)),
                ("amount", models.BigIntegerField(null=True)),
                ("price", models.BigIntegerField(null=True)),
                ("undone_at", models.DateTimeField(null=True)),
                (
                    "voucher",
                    fiel.tables.keys.Within(
                        from_fields=["business", "voucher_id"],
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="rewards.voucher",
                        to_fields=["business", "id"],
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["business", "at", "id"], name="delivery_by_time"),
                    models.Index(fields=["business", "member_id", "at"], name="delivery_by_member"),
                    models.Index(
                        condition=models.Q(("partner", ""), _negated=True),
                        fields=["business", "partner", "at"],
                        name="delivery_by_partner",
                    ),
                ],
                "constraints": [
                    fiel.tables.keys.WithinBusiness(
                        columns=("id",), fields=("voucher_id",), name="delivery_of_voucher", table="rewards_voucher"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("undone_at", None)), fields=("business", "voucher_id"), name="delivery_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Settlement",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "business", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "business",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="shops.business",
                    ),
                ),
                ("id", models.UUIDField(default=fiel.tables.ids.new_id)),
                ("partner", models.CharField(max_length=50)),
                ("month", models.DateField()),
                ("state", models.CharField(default="draft", max_length=10)),
                ("total", models.BigIntegerField(default=0)),
            ],
            options={
                "indexes": [models.Index(fields=["business", "month", "partner"], name="settlement_by_month")],
                "constraints": [
                    fiel.tables.keys.WithinBusiness(
                        columns=("code",), fields=("partner",), name="settlement_of_partner", table="rewards_partner"
                    ),
                    models.UniqueConstraint(fields=("business", "partner", "month"), name="settlement_once_a_month"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SettlementLine",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "business",
                        "settlement_id",
                        "number",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "business",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="shops.business",
                    ),
                ),
                ("settlement_id", models.UUIDField()),
                ("number", models.PositiveIntegerField()),
                ("delivery_id", models.UUIDField(null=True)),
                ("amount", models.BigIntegerField()),
                ("reason", models.CharField(blank=True, default="", max_length=500)),
                ("added_at", models.DateTimeField()),
                ("added_by", models.CharField(blank=True, default="", max_length=200)),
                (
                    "delivery",
                    fiel.tables.keys.Within(
                        from_fields=["business", "delivery_id"],
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="rewards.delivery",
                        to_fields=["business", "id"],
                    ),
                ),
                (
                    "settlement",
                    fiel.tables.keys.Within(
                        from_fields=["business", "settlement_id"],
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="rewards.settlement",
                        to_fields=["business", "id"],
                    ),
                ),
            ],
            options={
                "constraints": [
                    fiel.tables.keys.WithinBusiness(
                        columns=("id",),
                        fields=("settlement_id",),
                        name="line_of_settlement",
                        table="rewards_settlement",
                    ),
                    fiel.tables.keys.WithinBusiness(
                        columns=("id",), fields=("delivery_id",), name="line_of_delivery", table="rewards_delivery"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("delivery_id__isnull", False)),
                        fields=("business", "delivery_id"),
                        name="delivery_settled_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SettlementStep",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "business", "settlement_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "business",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="shops.business",
                    ),
                ),
                ("settlement_id", models.UUIDField()),
                ("id", models.UUIDField(default=fiel.tables.ids.new_id)),
                ("state", models.CharField(max_length=10)),
                ("side", models.CharField(max_length=10)),
                ("by", models.CharField(max_length=200)),
                ("note", models.CharField(blank=True, default="", max_length=500)),
                ("at", models.DateTimeField()),
                (
                    "settlement",
                    fiel.tables.keys.Within(
                        from_fields=["business", "settlement_id"],
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="rewards.settlement",
                        to_fields=["business", "id"],
                    ),
                ),
            ],
            options={
                "constraints": [
                    fiel.tables.keys.WithinBusiness(
                        columns=("id",),
                        fields=("settlement_id",),
                        name="step_of_settlement",
                        table="rewards_settlement",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="reward",
            name="ceiling",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="reward",
            name="ends_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="reward",
            name="floor",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="reward",
            name="partners",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="reward",
            name="per_member",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="reward",
            name="percent",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="reward",
            name="starts_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="reward",
            name="stock",
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name="reward",
            name="stocked",
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name="reward",
            name="stores",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="reward",
            name="text",
            field=models.CharField(blank=True, default="", max_length=2000),
        ),
        migrations.AddField(
            model_name="reward",
            name="tiers",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="reward",
            name="translations",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="reward",
            name="value",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="voucher",
            name="from_stock",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="voucher",
            name="terms",
            field=models.JSONField(default=dict),
        ),
        migrations.AlterField(
            model_name="reward",
            name="kind",
            field=models.CharField(
                choices=[
                    ("item", "item"),
                    ("money_off", "money_off"),
                    ("service", "service"),
                    ("cashback", "cashback"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="voucher",
            index=models.Index(fields=["business", "reward", "member_id"], name="voucher_by_reward"),
        ),
        migrations.AddConstraint(
            model_name="reward",
            constraint=models.CheckConstraint(
                condition=models.Q(("stock", None), ("stock__gte", 0), _connector="OR"), name="reward_stock"
            ),
        ),
        migrations.RunSQL(
            """
            INSERT INTO rewards_delivery (business_id, id, voucher_id, reward, member_id, at, "by", store, till, partner,
                partner_store, receipt_id)
            SELECT business_id, id, id, reward, member_id, closed_at, closed_by, '', '', '', '', receipt_id
            FROM rewards_voucher WHERE state = 'redeemed'
            """,
            migrations.RunSQL.noop,
        ),
    ]
