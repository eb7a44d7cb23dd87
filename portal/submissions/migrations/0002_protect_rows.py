"""What was submitted stays as it was: PostgreSQL refuses changes, whoever asks."""

from django.db import migrations

from portal.core.immutability import ProtectRows

OF_SUBMITTED_VERSION = (
    "EXISTS (SELECT 1 FROM submissions_returnversion v WHERE v.id = OLD.version_id "
    "AND v.submitted_at IS NOT NULL AND v.erased_at IS NULL)"
)

# Rows are added by COPY, a hundred thousand at once: one check for each statement, not each row.
REFUSE_ADDITIONS = """
CREATE FUNCTION portal_refuse_additions_{table}() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF EXISTS (
        SELECT 1 FROM submissions_returnversion v
        WHERE v.submitted_at IS NOT NULL AND v.id IN (SELECT DISTINCT version_id FROM added)
    ) THEN
        RAISE EXCEPTION 'INSERT into {table} refused: a submitted return version takes no more rows'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $body$;
CREATE TRIGGER portal_refuse_additions AFTER INSERT ON {table} REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION portal_refuse_additions_{table}();
"""
ALLOW_ADDITIONS = """
DROP TRIGGER portal_refuse_additions ON {table};
DROP FUNCTION portal_refuse_additions_{table}();
"""


def refuse_additions(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(REFUSE_ADDITIONS.format(table=table), ALLOW_ADDITIONS.format(table=table))


class Migration(migrations.Migration):
    dependencies = [("submissions", "0001_initial")]

    operations = [
        ProtectRows(
            "submissions_returnversion",
            condition="OLD.submitted_at IS NOT NULL",
            free_columns=("erased_at",),
        ),
        ProtectRows("submissions_record", condition=OF_SUBMITTED_VERSION),
        ProtectRows("submissions_vacancy", condition=OF_SUBMITTED_VERSION),
        ProtectRows("submissions_removal", condition=OF_SUBMITTED_VERSION),
        ProtectRows("submissions_submissionsauditevent"),
        refuse_additions("submissions_record"),
        refuse_additions("submissions_vacancy"),
    ]
