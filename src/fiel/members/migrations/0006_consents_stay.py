"""Consents are only added to, whoever asks."""

from django.db import migrations

from fiel.members.guards import install_guards, remove_guards


class Migration(migrations.Migration):
    dependencies = [("members", "0005_address")]

    operations = [migrations.RunPython(install_guards, remove_guards)]
