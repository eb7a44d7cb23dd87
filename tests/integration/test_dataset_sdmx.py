"""The SDMX face says the same as the files."""

import datetime as dt
from xml.etree import ElementTree as ET

import pytest
from django.utils import timezone

from portal.datasets import actions
from portal.datasets.sdmx import ROOT
from tests.factories.datasets import make_dataset, make_draft, make_published, make_user

pytestmark = pytest.mark.django_db
GENERIC = f"{{{ROOT}/data/generic}}"
BASE = "/sdmx/2.1"


@pytest.fixture
def version(tmp_path):
    make_draft(make_dataset("secret"), tmp_path)
    return make_published(make_dataset("staff"), tmp_path, at=timezone.now() - dt.timedelta(days=30))


def series(client, address):
    response = client.get(f"{BASE}/data/{address}")
    body = response.getvalue()
    assert response.status_code == 200, body
    found = {}
    for one in ET.fromstring(body).iter(f"{GENERIC}Series"):  # noqa: S314 - our own answer
        key = tuple(value.get("value") for value in one.find(f"{GENERIC}SeriesKey"))
        found[key] = {
            obs.find(f"{GENERIC}ObsDimension").get("value"): (
                obs.find(f"{GENERIC}ObsValue").get("value") if obs.find(f"{GENERIC}ObsValue") is not None else None,
                next((value.get("value") for value in obs.iter(f"{GENERIC}Value")), ""),
            )
            for obs in one.iter(f"{GENERIC}Obs")
        }
    return found


def test_data_by_key_and_period(client, version):
    found = series(client, "staff/E40000003.nur+phy.headcount")
    assert found == {
        ("E40000003", "nur", "headcount"): {"2021-03": (None, "c"), "2022-03": ("75", "")},
        ("E40000003", "phy", "headcount"): {"2021-03": ("35", ""), "2022-03": ("80", "")},
    }
    assert set(series(client, "OHW,staff,1.0.0/E40000003.phy.fte?startPeriod=2022")[("E40000003", "phy", "fte")]) == {
        "2022-03"
    }
    assert set(series(client, "OHW,staff/E40000003.phy.fte/all?endPeriod=2021")[("E40000003", "phy", "fte")]) == {
        "2021-03"
    }
    assert len(series(client, "staff")) == 18


def test_as_of(client, version, tmp_path):
    make_published(version.dataset, tmp_path)
    today, before = timezone.now().date(), timezone.now().date() - dt.timedelta(days=20)
    for day, number in ((before, "1.0.0"), (today, "1.0.1")):
        assert f'version="{number}"' in client.get(f"{BASE}/data/staff?asOf={day}").getvalue().decode()


def test_history(client, version, tmp_path):
    """Each version with the time in which it was current; the one that was withdrawn is not sent."""
    second = make_published(version.dataset, tmp_path, kind="correction", change_note="Mended.")
    text = client.get(f"{BASE}/data/staff/E40000003.phy.fte?includeHistory=true").getvalue().decode()
    data = ET.fromstring(text).findall(f"{{{ROOT}/message}}DataSet")  # noqa: S314 - our own answer
    assert [(part.get("setID"), part.get("validToDate")) for part in data] == [
        ("staff-1_0_0", second.published_at.isoformat()), ("staff-1_0_1", None),
    ]  # fmt: skip
    assert client.get(f"{BASE}/data/OHW,staff,1.0.0?includeHistory=true").getvalue().count(b"<message:DataSet") == 1
    actions.withdraw_version(by=make_user(), version=second, reason="Wrong year.")
    assert client.get(f"{BASE}/data/staff?includeHistory=true").getvalue().count(b"<message:DataSet") == 1


def test_structure(client, version):
    text = client.get(f"{BASE}/dataflow/OHW/staff/latest?references=all").content.decode()
    assert 'Codelist id="staff_role_code"' in text
    assert 'TimeDimension id="TIME_PERIOD" position="4"' in text
    assert client.get(f"{BASE}/datastructure/OHW/staff_dsd/1.0.0").status_code == 200
    listed = client.get(f"{BASE}/dataflow").content.decode()
    assert 'Dataflow id="staff"' in listed
    assert "secret" not in listed


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("data/secret", 404), ("data/staff/a.b", 400), ("data/staff/E40000003.'; DROP.headcount", 400), ("data/staff/nobody..", 404),
        ("data/staff?asOf=now", 400), ("data/staff?includeHistory=true&asOf=2020-01-01", 400), ("dataflow/OTHER/staff", 404),
        ("datastructure/OHW/none_dsd/latest", 404), ("dataflow/OHW/staff/7.7.7", 404),
        ("data/staff?firstNObservations=1", 400), ("data/staff?detail=serieskeysonly", 400), ("data/staff?includeHistory=yes", 400),
    ],
)  # fmt: skip
def test_requests_without_an_answer_are_refused_in_xml(client, version, address, status):
    response = client.get(f"{BASE}/{address}")
    assert response.status_code == status
    assert b"ErrorMessage" in response.getvalue()
