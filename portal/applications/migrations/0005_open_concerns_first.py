"""Concerns that nobody has settled yet come first."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("applications", "0004_hosts")]

    operations = [
        migrations.AlterModelOptions(
            name="concern",
            options={"ordering": [models.F("settled_at").desc(nulls_first=True), "-raised_at"]},
        ),
    ]
