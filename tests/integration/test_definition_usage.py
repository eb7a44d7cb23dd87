"""The register of definitions learns from above: what uses it, how many there are, what a change does."""

from __future__ import annotations

import pytest

from portal.datasets.actions import approve_version, publish_version, submit_version
from portal.datasets.definition_usage import wording_only
from portal.datasets.enums import ChangeLevel
from portal.datasets.metadata import VersionMetadata
from portal.datasets.models import DatasetVersion
from portal.datasets.numbering import structure_changes
from portal.definitions import hooks
from portal.definitions.models import RoleVersion
from portal.pipelines.actions import request_run
from portal.pipelines.definition_effect import protected
from portal.pipelines.runner import execute_run
from tests.factories.definitions import published_role
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


def metadata_with(roles: dict[str, int]) -> VersionMetadata:
    dimension = {"id": "role_code", "label": "Role", "codes": [{"code": "tech", "label": "Technician"}]}
    measure = {"id": "headcount", "label": "Headcount", "unit": "people"}
    return VersionMetadata.model_validate({"dimensions": [dimension], "measures": [measure], "roles": roles})


@pytest.mark.parametrize(("change_class", "level"), [("editorial", ChangeLevel.MINOR), ("widening", ChangeLevel.MAJOR)])
def test_the_class_of_a_change_decides_the_version_number(change_class: str, level: ChangeLevel) -> None:
    author, approver = UserFactory(administrator=True), UserFactory(administrator=True)
    first = published_role(author, approver, "tech")
    RoleVersion.objects.create(
        role=first.role,
        number=2,
        code="tech",
        family="oh",
        group=first.group,
        title=first.title,
        change_class=change_class,
        approver_label="Test",
        effective_from=first.effective_from,
    )
    old, new = metadata_with({"tech": 1}), metadata_with({"tech": 2})
    (change,) = structure_changes(old, wording_only(old, new))
    assert change.level == level
    assert "version 2, before version 1" in change.text
    if change_class == "widening":
        assert "The role “Tech” (tech) went from version 1 to 2 (widening)." in change.text
