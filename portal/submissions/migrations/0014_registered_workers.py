"""The index of workers holds only those whom another return can hold too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("submissions", "0013_prepared")]

    operations = [
        migrations.RemoveIndex("record", "record_worker_key"),
        migrations.AddIndex(
            "record",
            models.Index(
                fields=["worker_key"],
                condition=models.Q(registration_key__isnull=False),
                name="record_registered_worker",
            ),
        ),
    ]
