"""What was public stays public: without this a version could be made a draft, changed and published again."""

from django.db import migrations

from portal.core.immutability import ProtectRows

PUBLIC = "('published', 'superseded', 'withdrawn')"


class Migration(migrations.Migration):
    dependencies = [("datasets", "0004_advance_notices")]

    operations = [
        ProtectRows(
            "datasets_datasetversion",
            name="portal_stays_public",
            condition=f"OLD.state IN {PUBLIC} AND NEW.state NOT IN {PUBLIC}",
        ),
    ]
