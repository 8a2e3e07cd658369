from django.db import migrations

from fiel.members.guards import install_guards, remove_guards


class Migration(migrations.Migration):
    """The guards let go of the rows of a business that is being deleted."""

    dependencies = [("members", "0006_consents_stay"), ("shops", "0010_leaving")]

    operations = [migrations.RunPython(install_guards, remove_guards)]
