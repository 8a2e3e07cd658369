from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# PostgreSQL's and SQLite's words for an object of names and truths.
_OBJECT = {
    "postgresql": "jsonb_object_agg(purpose, granted)",
    "sqlite": "json_group_object(purpose, json(CASE WHEN granted THEN 'true' ELSE 'false' END))",
}
_FILL = """
    UPDATE members_member AS m SET consents = (
        SELECT {object} FROM (
            SELECT c.purpose, c.granted,
                row_number() OVER (PARTITION BY c.purpose ORDER BY c.recorded_at DESC, c.id DESC) AS place
            FROM members_consent c WHERE c.business_id = m.business_id AND c.member_id = m.id
        ) x WHERE place = 1
    )
    WHERE EXISTS (SELECT 1 FROM members_consent c WHERE c.business_id = m.business_id AND c.member_id = m.id)
"""


def fill(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Take the last answer to each purpose from all that were given."""
    schema_editor.execute(_FILL.format(object=_OBJECT[schema_editor.connection.vendor]))


class Migration(migrations.Migration):
    dependencies = [("members", "0007_let_go_of_who_leaves")]

    operations = [
        migrations.AddField("member", "consents", models.JSONField(default=dict)),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
