"""The real staff records, imported as they are: every row accounted for, every total exact."""

from __future__ import annotations

import csv
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from portal.definitions.querysets import LabelIndex
from portal.definitions.starting_content import load_starting_content
from portal.organisations.models import Organisation
from portal.submissions.actions import accept_returns, batches, close_collection, import_returns, imports
from portal.submissions.enums import UploadState
from portal.submissions.errors import ActionRefused
from portal.submissions.management.commands.import_returns import pcn_collection
from portal.submissions.models import Record, Return, ReturnVersion, RowIssue, Upload
from portal.submissions.querysets import SNAPSHOT_COLUMNS, accepted_records, accepted_summary, copy_accepted_records
from portal.submissions.reading import Refused
from portal.submissions.vault import opened_file

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])

FILES = {
    "pcn-2020-03": ("pcn_individual_level_2020_march.csv", 534, 498, "343.89"),
    "pcn-2020-09": ("pcn_individual_level_2020_september.csv", 3159, 2944, "2223.95"),
    "pcn-2021-03": ("pcn_individual_level_2021_march.csv", 7371, 6859, "5571.36"),
    "pcn-2021-09": ("pcn_individual_level_2021_september.csv", 10730, 9615, "8415.02"),
    "pcn-2022-03": ("pcn_individual_level_2022_march.csv", 14073, 11839, "11369.27"),
}
HEADINGS = (
    "Data_source,CENSUS_YEAR,CENSUS_MONTH,PCN_CODE,PCN_NAME,SUB_ICB_CODE,SUB_ICB_NAME,ICB_CODE,ICB_NAME,"
    "COMM_REGION_CODE,COMM_REGION_NAME,STAFF_GROUP,STAFF_ROLE,DETAILED_STAFF_ROLE,FTE,UNIQUE_IDENTIFIER"
)


@pytest.fixture
def all_roles(db):
    load_starting_content()


@pytest.fixture
def roles(monkeypatch):
    """One published role, without the whole register: these tests are about files."""
    pharmacist = SimpleNamespace(code="pcn-pharmacist", group="direct", number=1, title="Pharmacist", other_titles=[])
    monkeypatch.setattr(imports, "label_index", lambda _family: LabelIndex([pharmacist]))


def row(
    code="U00001", role="Pharmacist", fte="1", worker="1", *, source="NWRS Staff", month="3", region="Y59", icb="QU9"
):
    within = f"{role}s"
    return f"{source},2022,{month},{code},A PCN,15A,Sub,{icb},ICB,{region},South East,Other Direct Patient Care staff,{within},{role},{fte},{worker}"


def write(tmp_path: Path, *rows: str, name="returns.csv", end="\r\n") -> Path:
    path = tmp_path / name
    path.write_bytes(("\r\n".join([HEADINGS, *rows]) + end).encode("cp1252"))
    return path


def totals(rows, key):
    people, fte = defaultdict(set), defaultdict(Decimal)
    for item in rows:
        for group in ("all", key(item)):
            fte[group] += Decimal(item["FTE"])
            if item["UNIQUE_IDENTIFIER"] != "NULL":
                people[group].add(item["UNIQUE_IDENTIFIER"])
    return {group: (len(people[group]), fte[group]) for group in fte}


def portal_totals(code: str, column: str):
    place = {name: index for index, name in enumerate(SNAPSHOT_COLUMNS)}
    people, fte = defaultdict(set), defaultdict(int)
    for item in accepted_records(code):
        for group in ("all", item[place[column]]):
            fte[group] += item[place["fte_nano"]]
            if item[place["worker_key"]] is not None:
                people[group].add(item[place["worker_key"]])
    return {group: (len(people[group]), Decimal(fte[group]) / 10**9) for group in fte}


@pytest.mark.parametrize("code", FILES)
def test_totals_agree_with_another_reader_exactly(code, all_roles, shared_data, tmp_path):
    name, rows, people, fte = FILES[code]
    path = shared_data / "workforce" / name
    report = import_returns(by=None, collection=pcn_collection(code), path=path)
    assert (report.rows, report.refused) == (rows, 0), report.by_code
    accept_returns(by=None, collection=pcn_collection(code))

    with path.open(encoding="cp1252", newline="") as file:
        raw = list(csv.DictReader(file))
    by_region = portal_totals(code, "region_code")
    assert by_region == totals(raw, lambda item: item["COMM_REGION_CODE"])
    assert by_region["all"][0] == people
    assert round(by_region["all"][1], 2) == Decimal(fte)
    assert portal_totals(code, "icb_code") == totals(raw, lambda item: item["ICB_CODE"])

    # By role: each pair of labels of the file goes to one role, and the roles add up the same.
    labels = {(item["STAFF_ROLE"], item["DETAILED_STAFF_ROLE"]) for item in raw}
    role_of = {}
    for record in Record.objects.values("role_code", "line").iterator():
        item = raw[record["line"] - 2]
        role_of.setdefault((item["STAFF_ROLE"], item["DETAILED_STAFF_ROLE"]), set()).add(record["role_code"])
    assert set(role_of) == labels
    assert all(len(codes) == 1 for codes in role_of.values())
    single = {pair: next(iter(codes)) for pair, codes in role_of.items()}
    assert portal_totals(code, "role_code") == totals(raw, lambda i: single[i["STAFF_ROLE"], i["DETAILED_STAFF_ROLE"]])

    sink = tmp_path / "records.csv"
    assert copy_accepted_records(code, sink) == rows
    with sink.open(newline="") as file:
        copied = list(csv.reader(file))
    assert tuple(copied[0]) == SNAPSHOT_COLUMNS
    assert len(copied) == rows + 1


def test_one_return_for_each_network_and_the_same_file_again_changes_nothing(all_roles, shared_data):
    path = shared_data / "workforce" / FILES["pcn-2020-03"][0]
    collection = pcn_collection("pcn-2020-03")
    first = import_returns(by=None, collection=collection, path=path)
    assert first.new_returns == Return.objects.count() == Organisation.objects.filter(family="pcn").count() == 188
    before = (ReturnVersion.objects.count(), Record.objects.count(), RowIssue.objects.count(), Upload.objects.count())
    again = import_returns(by=None, collection=collection, path=path)
    assert again.is_repeat
    assert (again.rows, again.stored, again.unchanged_returns) == (534, 534, 188)
    assert before == (
        ReturnVersion.objects.count(),
        Record.objects.count(),
        RowIssue.objects.count(),
        Upload.objects.count(),
    )


def test_every_row_is_stored_queried_or_refused_with_its_place(roles, tmp_path):
    path = write(
        tmp_path,
        row(worker="1"),
        row(worker="2", fte="-0.026666667"),
        row(worker="3", fte="1.5"),
        row(worker="NULL", fte="14", source="NWRS contracted services"),
        row(worker="4", fte="1,5 days".replace(",", ";")),
        row(worker="5", role="Astronaut"),
        row(worker="6", code="X1"),
        row(worker="7", month="4"),
        row(worker="8") + ",extra",
        row(worker="NULL"),
        row(worker="1"),
        row(worker="9", region=""),
    )
    report = import_returns(by=None, collection=pcn_collection("pcn-2022-03"), path=path)
    assert (report.rows, report.stored, report.queried, report.refused) == (12, 7, 6, 5)
    found = {(issue.line, issue.code): issue for issue in RowIssue.objects.all()}
    assert {(line, code) for line, code in found} == {
        (3, "I-102"), (4, "I-103"), (5, "I-103"), (6, "I-101"), (7, "I-105"), (8, "I-106"), (9, "I-107"),
        (10, "I-108"), (11, "I-111"), (12, "I-112"), (13, "I-109"),
    }  # fmt: skip
    negative = found[3, "I-102"]
    assert (negative.cell, negative.column_name, negative.value) == ("O3", "FTE", "-0.026666667")
    assert "“Astronaut”" in found[7, "I-105"].message
    service = Record.objects.get(kind="service")
    assert (service.worker_key, service.weight_count, service.fte_nano) == (None, 0, 14 * 10**9)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "F-001"),
        (b" \r\n\r\n", "F-001"),
        (b"%PDF-1.7", "F-003"),
        (b"name,age\r\nJo,3\r\n", "F-050"),
        ((HEADINGS + "\r\n").encode(), "F-052"),
        ((HEADINGS + "\r\n" + row(month="9") + "\r\n").encode(), "F-053"),
        ((HEADINGS + "\r\n" + row(role="Astronaut") + "\r\n").encode(), "F-054"),
        ((HEADINGS + "\r\n" + row() + "\r\n" + row()[:-1]).encode(), "F-051"),
        ((HEADINGS + "\r\n" + row().replace("Sub", '"Sub') + "\r\n" + row() + "\r\n").encode(), "F-020"),
    ],
)
def test_an_empty_cut_off_or_wrong_file_is_refused_whole(roles, tmp_path, content, code):
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    with pytest.raises(Refused) as refused:
        import_returns(by=None, collection=pcn_collection("pcn-2022-03"), path=path)
    assert refused.value.code == code
    assert Record.objects.count() == Return.objects.count() == Organisation.objects.filter(family="pcn").count() == 0
    upload = Upload.objects.get()
    assert (upload.state, upload.message) == (UploadState.REFUSED, refused.value.message)
    with pytest.raises(CommandError, match=code):
        call_command("import_returns", str(path), collection="pcn-2022-03")


def test_real_file_cut_anywhere_is_refused_or_loses_no_row_silently(all_roles, shared_data, tmp_path):
    whole = (shared_data / "workforce" / FILES["pcn-2020-03"][0]).read_bytes()
    for cut in (len(whole) - 1_000, len(whole) - 3, 500):
        path = tmp_path / f"cut{cut}.csv"
        path.write_bytes(whole[:cut])
        with pytest.raises(Refused):
            import_returns(by=None, collection=pcn_collection("pcn-2020-03"), path=path)


def test_a_changed_file_makes_versions_of_what_differs_and_reopens_only_with_a_reason(roles, tmp_path):
    collection = pcn_collection("pcn-2022-03")
    one, two, three = row("U00001"), row("U00002", worker="2"), row("U00003", worker="3")
    import_returns(by=None, collection=collection, path=write(tmp_path, one, two, three))
    assert accept_returns(by=None, collection=collection) == 3

    changed = write(tmp_path, two, row("U00001", fte="0.5"), name="changed.csv")
    with pytest.raises(ActionRefused, match="U00001"):
        import_returns(by=None, collection=collection, path=changed)
    assert ReturnVersion.objects.count() == 3
    report = import_returns(by=None, collection=collection, path=changed, reason="Corrected hours")
    assert (report.new_returns, report.changed_returns, report.unchanged_returns) == (0, 1, 1)
    assert report.not_in_file == ["U00003"]
    summary = accepted_summary(collection.code)
    assert (summary["expected"], summary["accepted"]) == (3, 2)

    close_collection(by=None, collection=collection)
    with pytest.raises(ActionRefused, match="closed"):
        import_returns(by=None, collection=collection, path=write(tmp_path, row("U00009"), name="late.csv"))


def test_what_was_submitted_cannot_change(roles, tmp_path):
    import_returns(by=None, collection=pcn_collection("pcn-2022-03"), path=write(tmp_path, row()))
    for change in (
        lambda: Record.objects.update(fte_nano=1),
        lambda: Record.objects.all().delete(),
        lambda: ReturnVersion.objects.update(rows=9),
        lambda: Record.objects.create(
            version=ReturnVersion.objects.get(), sequence=9, record_key="x", noise_key=1, role_code="a", fte_nano=1
        ),
    ):
        with pytest.raises(DatabaseError, match="refused"), transaction.atomic("submissions"):
            change()


def test_a_fault_in_the_middle_leaves_nothing(roles, tmp_path, monkeypatch):
    monkeypatch.setattr(batches, "_submit", Mock(side_effect=RuntimeError("the power went")))
    with pytest.raises(RuntimeError, match="power"):
        import_returns(by=None, collection=pcn_collection("pcn-2022-03"), path=write(tmp_path, row()))
    assert Record.objects.count() == ReturnVersion.objects.count() == Upload.objects.count() == 0
    assert not Organisation.objects.filter(code="U00001").exists()


def test_the_raw_file_is_kept_encrypted(roles, tmp_path):
    path = write(tmp_path, row())
    upload = import_returns(by=None, collection=pcn_collection("pcn-2022-03"), path=path).upload
    with opened_file(upload.stored_as) as plain:
        assert plain.read_bytes() == path.read_bytes()
    from portal.core.storage import private_files

    with private_files.open(upload.stored_as) as sealed:
        assert b"Pharmacist" not in sealed.read()


def test_worker_keys_do_not_meet_across_collections_that_reassign_identifiers(roles, tmp_path):
    march, april = pcn_collection("pcn-2022-03"), pcn_collection("pcn-2022-04")
    import_returns(by=None, collection=march, path=write(tmp_path, row("U00001"), row("U00002")))
    import_returns(by=None, collection=april, path=write(tmp_path, row("U00001", month="4"), name="april.csv"))
    keys = dict.fromkeys(
        Record.objects.order_by("pk").values_list("version__of_return__collection__code", "worker_key")
    )
    assert len({key for code, key in keys if code == "pcn-2022-03"}) == 1
    assert len({key for _code, key in keys}) == 2
