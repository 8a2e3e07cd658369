from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shops", "0007_turning_card")]

    operations = [migrations.RenameField("business", "steps_skipped", "steps_over")]
