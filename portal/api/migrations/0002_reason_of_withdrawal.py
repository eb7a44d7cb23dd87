from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('api', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='apikeyholder',
            name='withdrawn_reason',
            field=models.TextField(blank=True, max_length=1000, default=''),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name='apikeyholder',
            name='contact_email',
            field=models.EmailField(db_index=True, max_length=254),
        ),
    ]
