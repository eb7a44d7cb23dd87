"""Where the records of a file without errors wait to be kept."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("submissions", "0012_movement")]

    operations = [
        migrations.AddField("upload", "prepared_as", models.CharField(blank=True, default="", max_length=64), preserve_default=False),
        migrations.AddField("upload", "prepared_on", models.CharField(blank=True, default="", max_length=64), preserve_default=False),
        migrations.AlterField(
            "record",
            "equality_lists",
            models.CharField(blank=True, help_text="Form version whose code lists are meant.", max_length=120),
        ),
    ]
