"""How a registration stands: rules of perspectives may ask for it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the status beside body and part. Records of before do not say it."""

    dependencies = [("submissions", "0004_pairs")]

    operations = [
        migrations.AddField(
            model_name="record",
            name="registration_status",
            field=models.CharField(default="not_known", max_length=40),
        ),
    ]
