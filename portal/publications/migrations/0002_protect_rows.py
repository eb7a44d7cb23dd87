"""Published release versions and changes of the calendar never change."""

from django.db import migrations

from portal.core.immutability import ProtectRows


class Migration(migrations.Migration):
    dependencies = [("publications", "0001_initial")]

    operations = [
        ProtectRows(
            "publications_releaseversion",
            condition="OLD.state IN ('published', 'superseded', 'withdrawn')",
            free_columns=("state", "superseded_at", "withdrawn_at", "withdrawn_by_id", "withdrawn_reason"),
        ),
        ProtectRows("publications_calendarchange"),
    ]
