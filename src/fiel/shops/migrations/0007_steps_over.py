from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shops", "0006_set_up")]

    operations = [migrations.RenameField("business", "steps_skipped", "steps_over")]
