"""Records are added a hundred thousand at once: fewer indexes, and one check for each COPY instead of each row.

A foreign key is checked row by row, which takes longer than writing the rows. Triggers of the
statement keep the same promise: no record without its version, none added to a submitted one.
"""

import django.db.models.deletion
from django.db import migrations, models

CHECK_ADDITIONS = """
CREATE OR REPLACE FUNCTION portal_refuse_additions_submissions_record() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    is_missing boolean;
    is_submitted boolean;
BEGIN
    SELECT bool_or(v.id IS NULL), bool_or(v.submitted_at IS NOT NULL) INTO is_missing, is_submitted
    FROM (SELECT DISTINCT version_id FROM added) a LEFT JOIN submissions_returnversion v ON v.id = a.version_id;
    IF is_missing THEN
        RAISE EXCEPTION 'INSERT into submissions_record refused: there is no such return version'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF is_submitted THEN
        RAISE EXCEPTION 'INSERT into submissions_record refused: a submitted return version takes no more rows'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $body$;
CREATE FUNCTION portal_keep_versions_of_records() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF EXISTS (SELECT 1 FROM submissions_record r WHERE r.version_id IN (SELECT id FROM gone)) THEN
        RAISE EXCEPTION 'DELETE from submissions_returnversion refused: it has records'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $body$;
CREATE TRIGGER portal_keep_versions_of_records AFTER DELETE ON submissions_returnversion
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION portal_keep_versions_of_records();
"""
NO_CHECK = """
DROP TRIGGER portal_keep_versions_of_records ON submissions_returnversion;
DROP FUNCTION portal_keep_versions_of_records();
"""


class Migration(migrations.Migration):
    dependencies = [("submissions", "0010_messages")]

    operations = [
        migrations.AlterField(
            model_name="record",
            name="version",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="records",
                to="submissions.returnversion",
            ),
        ),
        migrations.AlterField(
            model_name="record",
            name="worker_key",
            field=models.CharField(blank=True, max_length=32, null=True),
        ),
        migrations.AlterField(
            model_name="record",
            name="registration_key",
            field=models.CharField(blank=True, max_length=32, null=True),
        ),
        migrations.AddIndex(
            model_name="record",
            index=models.Index(fields=["worker_key"], name="record_worker_key"),
        ),
        migrations.RunSQL(CHECK_ADDITIONS, NO_CHECK),
    ]
