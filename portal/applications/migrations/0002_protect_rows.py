"""The log is append only; a draw's entries are fixed at closing, its result when it is held."""

from django.db import migrations

from portal.core.immutability import ProtectRows


class Migration(migrations.Migration):
    dependencies = [("applications", "0001_initial")]

    operations = [
        ProtectRows("applications_transition"),
        ProtectRows(
            "applications_draw",
            condition="OLD.drawn_at IS NULL",
            free_columns=("public_value", "public_value_source", "seed", "ranking", "drawn_at", "drawn_by"),
            name="portal_protect_entries",
        ),
        ProtectRows("applications_draw", condition="OLD.drawn_at IS NOT NULL", name="portal_protect_result"),
    ]
