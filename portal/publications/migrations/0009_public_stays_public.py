"""What was public stays public: without this a version could be made a draft, reworded and published again."""

from django.db import migrations

from portal.core.immutability import ProtectRows

PUBLIC = "('published', 'superseded', 'withdrawn')"


class Migration(migrations.Migration):
    dependencies = [("publications", "0008_folded_figures")]

    operations = [
        ProtectRows(
            "publications_releaseversion",
            name="portal_stays_public",
            condition=f"OLD.state IN {PUBLIC} AND NEW.state NOT IN {PUBLIC}",
        ),
    ]
