"""A completed draw never changes."""

from django.db import migrations

from portal.core.immutability import ProtectRows


class Migration(migrations.Migration):
    dependencies = [("opportunities", "0001_initial")]

    operations = [ProtectRows("opportunities_publisheddraw", condition="OLD.drawn_at IS NOT NULL")]
