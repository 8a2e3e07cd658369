import django.db.models.deletion
from django.db import migrations, models

import fiel.tables.keys


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0002_member_member_by_merge"),
        ("sales", "0001_initial"),
        ("shops", "0004_staff_invitations_devices_pins"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReferralCode",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "business", "code", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("code", models.CharField(max_length=12)),
                ("member_id", models.UUIDField()),
                (
                    "business",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="shops.business",
                    ),
                ),
                (
                    "member",
                    fiel.tables.keys.Within(
                        from_fields=["business", "member_id"],
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="members.member",
                        to_fields=["business", "id"],
                    ),
                ),
            ],
            options={
                "constraints": [
                    fiel.tables.keys.WithinBusiness(
                        columns=("id",), fields=("member_id",), name="referral_code_of_member", table="members_member"
                    ),
                    models.UniqueConstraint(fields=("business", "member_id"), name="referral_code_once"),
                ],
            },
        ),
    ]
