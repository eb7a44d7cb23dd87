"""The tallies of single rounds go, with everything that could be read from them."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("applications", "0006_sealed_tallies")]

    operations = [migrations.DeleteModel("EqualityTally")]
