"""Starters and leavers by role. What was submitted stays as it was."""

import django.db.models.deletion
from django.db import migrations, models

from portal.core.immutability import ProtectRows

OF_SUBMITTED_VERSION = (
    "EXISTS (SELECT 1 FROM submissions_returnversion v WHERE v.id = OLD.version_id "
    "AND v.submitted_at IS NOT NULL AND v.erased_at IS NULL)"
)

REFUSE_ADDITIONS = """
CREATE FUNCTION portal_refuse_additions_submissions_movement() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF EXISTS (
        SELECT 1 FROM submissions_returnversion v
        WHERE v.submitted_at IS NOT NULL AND v.id IN (SELECT DISTINCT version_id FROM added)
    ) THEN
        RAISE EXCEPTION 'INSERT into submissions_movement refused: a submitted return version takes no more rows'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $body$;
CREATE TRIGGER portal_refuse_additions AFTER INSERT ON submissions_movement REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION portal_refuse_additions_submissions_movement();
"""
ALLOW_ADDITIONS = """
DROP TRIGGER portal_refuse_additions ON submissions_movement;
DROP FUNCTION portal_refuse_additions_submissions_movement();
"""


class Migration(migrations.Migration):
    dependencies = [("submissions", "0011_lighter_records")]

    operations = [
        migrations.CreateModel(
            name="Movement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("role_code", models.CharField(max_length=60)),
                ("starters", models.PositiveIntegerField(default=0)),
                ("leavers", models.PositiveIntegerField(default=0)),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="movements",
                        to="submissions.returnversion",
                    ),
                ),
            ],
            options={
                "ordering": ["version", "role_code"],
                "constraints": [
                    models.UniqueConstraint(fields=("version", "role_code"), name="movement_one_per_role"),
                ],
            },
        ),
        ProtectRows("submissions_movement", condition=OF_SUBMITTED_VERSION),
        migrations.RunSQL(REFUSE_ADDITIONS, ALLOW_ADDITIONS),
    ]
