from django.db import migrations, models
import django.db.models.deletion
import django.utils.timezone


class Migration(migrations.Migration):

    dependencies = [
        ('opportunities', '0004_open_listings'),
    ]

    operations = [
        migrations.CreateModel(
            name='OnlineAttendance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('period', models.CharField(help_text='Month, as 2027-03.', max_length=7)),
                ('people', models.PositiveIntegerField(help_text='Each person once in the month.')),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('is_synthetic', models.BooleanField(default=False)),
                ('opportunity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attendance', to='opportunities.opportunity')),
            ],
            options={
                'verbose_name_plural': 'online attendance',
                'ordering': ['-period'],
                'constraints': [models.UniqueConstraint(fields=('opportunity', 'period'), name='online_attendance_once')],
            },
        ),
    ]
