"""The register of definitions learns from above: what uses it, how many there are, what a change does."""

from __future__ import annotations

import pytest

from portal.datasets.actions import approve_version, publish_version, submit_version
from portal.datasets.models import DatasetVersion
from portal.definitions import hooks
from portal.pipelines.actions import request_run
from portal.pipelines.definition_effect import protected
from portal.pipelines.runner import execute_run
from tests.factories.runs import CARE, SERIES, accepted_collection
from tests.factories.users import UserFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db(databases=["default", "submissions"])]


@pytest.fixture
def finished_run(tmp_path):
    accepted_collection(tmp_path)
    run = request_run(by=None, series=SERIES, send=False)
    execute_run(run.pk)
    run.refresh_from_db()
    return run


def test_the_effect_of_a_rule_is_counted_on_the_last_snapshot_and_protected(finished_run) -> None:
    wider = hooks.effect("pcn", CARE, "TRUE")
    assert wider.snapshot.startswith("pcn-2022-03, sealed ")
    assert wider.leaving == "fewer than 10"
    before, after, entering = (int(text.replace(",", "")) for text in (wider.before, wider.after, wider.entering))
    assert before < after
    assert all(number % 5 == 0 for number in (before, after, entering))
    # Rounded each on its own, so the parts may miss the whole by the rounding only.
    assert abs(after - before - entering) <= 7
    assert hooks.effect("nothing-sealed", CARE, "TRUE") is None


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "fewer than 10"), (9, "fewer than 10"), (10, "10"), (12, "10"), (13, "15"), (1_238, "1,240")],
)
def test_counts_are_shown_as_everywhere(count: int, shown: str) -> None:
    assert protected(count) == shown


def test_only_what_is_published_is_said_to_use_a_definition(finished_run) -> None:
    assert [usage for usage in hooks.usages("role", "pcn-pharmacist") if usage.kind == "dataset"] == []
    version = DatasetVersion.objects.get(pk=finished_run.dataset_version_id)
    version = submit_version(by=UserFactory(), version=version)
    version = approve_version(by=UserFactory(), version=version)
    publish_version(by=UserFactory(), version=version)
    assert "dataset" in {usage.kind for usage in hooks.usages("role", "pcn-pharmacist", 1)}
    assert [usage.kind for usage in hooks.usages("role", "pcn-pharmacist", 2)] == []
    assert [usage.kind for usage in hooks.usages("perspective", "P2", 1)][:1] == ["dataset"]
    figures = hooks.figures("pcn", "pcn-pharmacist")
    assert {figure.perspective for figure in figures} == {"P1", "P2", "P3"}
    assert all(figure.period == "March 2022" for figure in figures)
    assert all(figure.value.endswith("people") or figure.value == "[c]" for figure in figures)
    assert hooks.figures("pcn", "no-such-role") == []
