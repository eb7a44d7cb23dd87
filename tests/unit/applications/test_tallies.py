"""Sums of a quarter: added up, sealed so that the database tells nothing, and made from what earlier versions kept."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from importlib import import_module
from io import StringIO

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connections
from django.db.migrations.loader import MigrationLoader

from portal.applications import tallies
from portal.applications.models import QuarterTally, TalliedRound
from tests.factories.opportunities import OpportunityFactory

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])
ONE = Counter({("sex", "female", "offered"): 1})
QUARTER = "2026-09"


@pytest.mark.parametrize(
    ("moment", "quarter"),
    [
        (dt.datetime(2026, 7, 1, tzinfo=dt.UTC), "2026-09"),
        # British Summer Time: the last hour of June in Greenwich is July on the clocks of applicants.
        (dt.datetime(2026, 6, 30, 23, 30, tzinfo=dt.UTC), "2026-09"),
        (dt.datetime(2026, 12, 31, 23, 59, tzinfo=dt.UTC), "2026-12"),
    ],
)
def test_a_round_belongs_to_the_quarter_in_which_it_closes(moment, quarter) -> None:
    assert tallies.quarter_of(moment) == quarter


def test_rounds_add_up_and_none_is_counted_twice() -> None:
    tallies.add_rounds(period=QUARTER, references=["A"], counts=ONE)
    tallies.add_rounds(period=QUARTER, references=["B"], counts=ONE + Counter({("sex", "male", "not_offered"): 2}))
    assert tallies.counts_of(QUARTER) == {("sex", "female", "offered"): 2, ("sex", "male", "not_offered"): 2}
    assert tallies.counts_of("2026-12") == {}
    with pytest.raises(IntegrityError):
        tallies.add_rounds(period=QUARTER, references=["A"], counts=ONE)


def test_what_is_sealed_tells_nothing_by_its_letters_its_length_or_a_second_look() -> None:
    other = Counter({("ethnic_group", "another_long_answer", "not_offered"): 12_345})
    first, again, third = (tallies.seal(QUARTER, counts) for counts in (ONE, ONE, other))
    assert len(first) == len(third)
    assert first != again
    assert b"female" not in first


def test_another_key_or_another_quarter_opens_nothing_until_it_is_sealed_again(settings, tmp_path) -> None:
    tallies.add_rounds(period=QUARTER, references=["A"], counts=ONE)
    sealed = bytes(QuarterTally.objects.get().sealed)
    with pytest.raises(ImproperlyConfigured, match="2026-12"):
        tallies.opened("2026-12", sealed)
    old, settings.PSEUDONYM_KEY = settings.PSEUDONYM_KEY, "another"
    with pytest.raises(ImproperlyConfigured, match="Set the key that was in use"):
        tallies.counts_of(QUARTER)
    settings.PSEUDONYM_KEY = ""
    with pytest.raises(ImproperlyConfigured, match="is not set"):
        tallies.seal(QUARTER, ONE)
    settings.PSEUDONYM_KEY = "another"
    (tmp_path / "old").write_text(f"{old}\n")
    call_command("seal_tallies_again", old_key_file=tmp_path / "old", stdout=StringIO())
    assert tallies.counts_of(QUARTER) == ONE
    with pytest.raises(CommandError, match="sealed with another"):
        call_command("seal_tallies_again", old_key_file=tmp_path / "old")


@pytest.mark.slow
def test_tallies_of_rounds_that_an_earlier_version_kept_become_those_of_their_quarters() -> None:
    migration = import_module("portal.applications.migrations.0006_sealed_tallies")
    connection = connections["submissions"]
    apps = MigrationLoader(connection).project_state([("applications", "0006_sealed_tallies")]).apps
    old = apps.get_model("applications", "EqualityTally")
    days = [dt.datetime(2026, month, 10, tzinfo=dt.UTC) for month in (7, 8, 11)]
    references = [OpportunityFactory(closes_at=day).reference for day in days]
    with connection.schema_editor() as editor:
        editor.create_model(old)
        editor.deferred_sql.clear()
        old.objects.using("submissions").bulk_create(
            old(opportunity_reference=reference, question="sex", answer=answer, outcome="offered", applicants=number)
            for reference in references
            for answer, number in (("female", 1), ("male", 2))
        )
        migration.seal_quarters(apps, editor)
        editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        editor.delete_model(old)
    assert tallies.counts_of("2026-09") == {("sex", "female", "offered"): 2, ("sex", "male", "offered"): 4}
    assert tallies.counts_of("2026-12") == {("sex", "female", "offered"): 1, ("sex", "male", "offered"): 2}
    assert dict(TalliedRound.objects.values_list("opportunity_reference", "period")) == dict(
        zip(references, ["2026-09", "2026-09", "2026-12"], strict=True)
    )
