"""The second dataset of the demo: a patch, a minor, a major and a withdrawn version, by different people."""

import pytest

from portal.core.models import AuditEvent
from portal.datasets import demo
from portal.datasets.queries import value_of
from tests.factories.datasets import make_dataset, make_published, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PERIODS = ["2020-03", "2020-09", "2021-03", "2021-09"]


def codes(*names: str):
    return [{"code": name, "label": name.capitalize()} for name in names]


def source_version(dataset, tmp_path, count):
    areas = [("country", "E92000001"), ("region", "E40000003"), ("region", "E40000005"), ("icb", "E54000001")]
    metadata = {
        "dimensions": [
            {"id": "time_period", "label": "Period", "codes": codes(*PERIODS[:count])},
            {"id": "geography_level", "label": "Area level", "codes": codes("country", "region", "icb")},
            {"id": "geography_code", "label": "Area", "codes": codes(*(code for _, code in areas))},
            {"id": "role_level", "label": "Role level", "codes": codes("all", "role")},
            {"id": "role_code", "label": "Role", "codes": codes("all", "nurse")},
            {"id": "perspective", "label": "Perspective", "codes": codes("D1", "D2")},
        ],
        "measures": [{"id": "headcount", "label": "Headcount"}],
        "perspectives": {"D1": 1, "D2": 1},
        "label": "Synthetic",
    }
    rows = [
        {
            "time_period": period, "geography_level": level, "geography_code": area, "role_level": kind, "role_code": role,
            "perspective": perspective, "measure": "headcount", "value": float(10 * number + 100 * place), "status": "",
        }
        for number, period in enumerate(PERIODS[:count], start=1)
        for place, (level, area) in enumerate(areas)
        for kind, role in (("all", "all"), ("role", "nurse"))
        for perspective in ("D1", "D2")
    ]  # fmt: skip
    return make_published(dataset, tmp_path, metadata=metadata, rows=rows)


@pytest.fixture
def people():
    return {"analyst": make_user("analyst"), "approver": make_user("approver"), "publisher": make_user("publisher")}


def test_versions_of_every_kind_are_made_once(tmp_path, people):
    source = make_dataset("full", is_synthetic=True)
    assert demo.load_regions(source="full", **people) is None
    made = [source_version(source, tmp_path, count) for count in range(1, 5)]
    for _ in range(2):  # the second time changes nothing
        dataset = demo.load_regions(source="full", **people)
        versions = {version.number: version for version in dataset.versions.all()}
        assert {number: version.state for number, version in versions.items()} == {
            "1.0.0": "superseded", "1.1.0": "withdrawn", "1.1.1": "superseded", "2.0.0": "published",
        }  # fmt: skip
    assert dataset.is_synthetic
    for number, version in versions.items():
        step = next(step for step in demo.STEPS if step.number == number)
        cells = [
            value_of(version, measure="headcount", time_period=version.last_period, geography_code=area, perspective="D2").value
            for area in ("E40000003", "E40000005")
        ]  # fmt: skip
        right = [
            value_of(
                made[step.source], measure="headcount", time_period=version.last_period, geography_level="region",
                geography_code=area, role_level="all", role_code="all", perspective="D2",
            ).value
            for area in ("E40000003", "E40000005")
        ]  # fmt: skip
        assert (cells == right) is not step.is_swapped, number
    mended = versions["1.1.1"]
    marks = {
        area: value_of(
            mended, measure="headcount", time_period=mended.last_period, geography_code=area, perspective="D2"
        ).status
        for area in ("E92000001", "E40000003")
    }
    assert marks == {"E92000001": "", "E40000003": "r"}
    actors = {
        (event.action, event.actor_id) for event in AuditEvent.objects.filter(object_id=str(versions["2.0.0"].pk))
    }
    assert {("create_draft_version", people["analyst"].pk), ("map_codes", people["analyst"].pk)} <= actors
    assert {("approve_version", people["approver"].pk), ("publish_version", people["publisher"].pk)} <= actors
