"""Equality tallies are summed by quarter and sealed: those of one round could be the answers of one person.

The tallies of rounds become those of their quarters here; their table goes with the next migration.
"""

from collections import Counter, defaultdict

from django.db import connections, migrations, models

from portal.applications.tallies import quarter_of, seal

CLOSINGS = "SELECT reference, closes_at FROM opportunities_opportunity WHERE closes_at IS NOT NULL"


def seal_quarters(apps, schema_editor):
    """Add up what rounds left by the quarter in which they closed."""
    alias = schema_editor.connection.alias
    rows = list(
        apps.get_model("applications", "EqualityTally")
        .objects.using(alias)
        .values_list("opportunity_reference", "question", "answer", "outcome", "applicants")
    )
    if not rows:
        return
    # Listings live in the other database; where there are tallies, they are there.
    with connections["default"].cursor() as cursor:
        cursor.execute(CLOSINGS)
        period = {reference: quarter_of(closes_at) for reference, closes_at in cursor.fetchall()}
    counts = defaultdict(Counter)
    for reference, *cell, number in rows:
        if reference in period:
            counts[period[reference]][tuple(cell)] += number
    round_, tally = apps.get_model("applications", "TalliedRound"), apps.get_model("applications", "QuarterTally")
    told = sorted({row[0] for row in rows} & set(period))
    round_.objects.using(alias).bulk_create(
        [round_(opportunity_reference=reference, period=period[reference]) for reference in told]
    )
    tally.objects.using(alias).bulk_create(
        [tally(period=quarter, sealed=seal(quarter, sums)) for quarter, sums in sorted(counts.items())]
    )


class Migration(migrations.Migration):
    dependencies = [("applications", "0005_open_concerns_first")]

    operations = [
        migrations.CreateModel(
            name="QuarterTally",
            fields=[
                (
                    "period",
                    models.CharField(
                        help_text="Last month of the quarter, as 2027-03.",
                        max_length=7,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("sealed", models.BinaryField()),
            ],
            options={"verbose_name_plural": "quarter tallies"},
        ),
        migrations.CreateModel(
            name="TalliedRound",
            fields=[
                ("opportunity_reference", models.CharField(max_length=12, primary_key=True, serialize=False)),
                ("period", models.CharField(db_index=True, max_length=7)),
            ],
        ),
        migrations.RunPython(seal_quarters, migrations.RunPython.noop),
    ]
