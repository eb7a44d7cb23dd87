"""Checks at their boundaries, and every known defect of the peer's service as a named test."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from portal.submissions.checks import CHECKS, ReturnFacts, RowChecker, check_return
from portal.submissions.checks.values import Context
from portal.submissions.forms import load_form
from portal.submissions.pseudonyms import noise_key, noise_keys, numbered, pseudonym, pseudonyms, registration_key
from portal.submissions.reading import Row
from tests.factories.submissions import few_roles, record

FORM = load_form("oh-worker-1")
NAMES = [item.name for item in FORM.items]


def checker() -> RowChecker:
    labels = few_roles()
    context = Context(FORM, dt.date(2027, 3, 31), labels.find, tuple(labels.labels()))
    return RowChecker(
        context, {name: (index, index + 1) for index, name in enumerate(NAMES)}, [item.label for item in FORM.items]
    )


def check(*rows: dict[str, str]):
    return list(
        checker().check(Row(line, [row.get(name, "") for name in NAMES]) for line, row in enumerate(rows, start=2))
    )


def codes(**values: str) -> list[str]:
    return [finding.code for finding in check(record(**values))[0].findings]


def test_a_row_without_fault_makes_a_record():
    checked = check(record(birth_year="1979", start_date="01/09/2019", qualifications="msc-oh; scphn-oh"))[0]
    assert checked.findings == []
    assert checked.record.fte_nano == 800_000_000
    assert checked.record.age_band == "45_49"
    assert checked.record.qualifications == "|msc-oh|scphn-oh|"
    assert checked.record.start_date == dt.date(2019, 9, 1)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"contracted_hours": "75", "fte": "2"}, ["Q-102"]),
        ({"contracted_hours": "75.01", "fte": "2"}, ["E-106", "Q-102"]),
        ({"contracted_hours": "0", "fte": "0"}, ["Q-105"]),
        ({"contracted_hours": "-1"}, ["E-106"]),
        ({"fte": "-0.01"}, ["E-106"]),
        ({"fte": "1"}, []),
        ({"fte": "1.000000001"}, ["Q-102"]),
        ({"fte": "2.01"}, ["E-106"]),
        ({"fte": "0,8"}, ["E-105"]),
        ({"fte": "0.8", "contracted_hours": "30"}, []),
        ({"fte": "0.8", "contracted_hours": "30.25"}, []),
        ({"fte": "0.8", "contracted_hours": "30.26"}, ["Q-101"]),
        ({"fte": ""}, ["E-115"]),
        ({"fte": "", "contracted_hours": "37.5"}, []),
        ({"oh_share": "100%"}, []),
        ({"oh_share": "100.1"}, ["E-106"]),
        ({"oh_share": ""}, ["E-102"]),
        ({"worker_key": "x" * 64}, []),
        ({"worker_key": "x" * 65}, ["E-108"]),
        ({"job_title": "a\x07b"}, ["E-108"]),
        ({"role": "nur-oh-prac"}, ["E-103"]),
        ({"region": "Midlands"}, []),
        ({"region": "Middlands"}, ["E-103"]),
        ({"region": "NULL"}, ["E-111"]),
        ({"birth_year": "999"}, ["E-111"]),
        ({"birth_year": "1926"}, ["E-107"]),
        ({"birth_year": "1927"}, []),
        ({"birth_year": "2028"}, ["E-107"]),
        ({"birth_year": "2000", "oh_start_year": "2014"}, []),
        ({"birth_year": "2000", "oh_start_year": "2013"}, ["E-112"]),
        ({"birth_year": "2000", "age_band": "25_29"}, []),
        ({"birth_year": "2000", "age_band": "30_34"}, ["E-116"]),
        ({"start_date": "31/03/2027"}, []),
        ({"start_date": "01/04/2027"}, ["E-113"]),
        ({"start_date": "29/02/2024"}, []),
        ({"start_date": "29/02/2023"}, ["E-104"]),
        ({"start_date": "43500"}, ["E-104"]),
        ({"start_date": "01/09/2019", "oh_start_year": "2020"}, ["Q-104"]),
        ({"registration_body": "gmc"}, ["Q-103"]),
        ({"registration_body": "none"}, ["Q-103"]),
        ({"role": "tech", "registration_body": "none"}, []),
        ({"role": "tech", "registration_body": "none", "registration_number": "18A1234E"}, ["E-114"]),
        ({"registration_part": "gmc/gp"}, ["E-114"]),
        ({"registration_number": "18A1234E"}, []),
        ({"registration_number": "18a 1234 e"}, []),
        ({"registration_number": "18Z1234E"}, ["E-109"]),
        ({"postcode_district": "B15"}, []),
        ({"postcode_district": "B15 2TT"}, ["E-110"]),
        ({"postcode_district": "B152"}, ["E-110"]),
        ({"sex": "prefer not to say"}, []),
        ({"ethnic_group": "R"}, []),
        ({"qualifications": "none"}, []),
        ({"qualifications": "msc-oh; wizardry"}, ["E-103"]),
    ],
)
def test_each_check_at_its_boundary(values, found):
    assert codes(**values) == found


def test_every_check_names_the_value_and_the_nearest_allowed():
    finding = check(record(role="nurse scphn"))[0].findings[0]
    assert finding.message.startswith("Role “nurse scphn” is no role in the register. Did you mean “")
    assert check(record(contract_type="permanant"))[0].findings[0].message.endswith("Did you mean “permanent”?")


def test_equality_answers_are_kept_at_the_level_of_publication():
    assert check(record(ethnic_group="R"))[0].record.ethnic_group == "asian"
    assert check(record(ethnic_group="Z"))[0].record.ethnic_group == "not_stated"
    assert check(record(ethnic_group="99"))[0].record.ethnic_group == "not_known"


@pytest.mark.parametrize(("ftes", "queried"), [(("0.75", "0.75"), False), (("0.75", "0.750000001"), True)])
def test_one_persons_fte_above_one_and_a_half(ftes, queried):
    made = checker()
    rows = [
        Row(n, [record(fte=fte, job_title=f"Job {n}").get(name, "") for name in NAMES])
        for n, fte in enumerate(ftes, start=2)
    ]
    list(made.check(rows))
    assert [finding.code for finding in made.whole_file({"A1": 2})] == (["Q-201"] if queried else [])


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({"people": 100, "declared_headcount": 100}, []),
        ({"people": 95, "declared_headcount": 100}, ["N-201"]),
        ({"people": 90, "declared_headcount": 100}, ["N-201"]),
        ({"people": 89, "declared_headcount": 100}, ["Q-203"]),
        ({"people": 15, "declared_headcount": 20}, ["N-201"]),
        ({"people": 14, "declared_headcount": 20}, ["Q-203"]),
        ({"people": 3, "roles": frozenset({"tech"})}, ["Q-204"]),
        ({"people": 500}, []),
        ({"people": 501}, ["Q-207"]),
        ({"people": 110, "last_people": 100}, []),
        ({"people": 111, "last_people": 100}, ["Q-205"]),
        ({"people": 5, "last_people": 4}, []),
        ({"people": 6, "last_people": 4}, ["Q-205"]),
        ({"people": 10, "vacancies": 10}, []),
        ({"people": 10, "vacancies": 11}, ["Q-209"]),
        ({"people": 10, "joiners": 11}, ["Q-209"]),
        ({"people": 10, "last_people": 10, "joiners": 2, "leavers": 2}, []),
        ({"people": 10, "last_people": 10, "joiners": 2, "leavers": 1}, ["Q-210"]),
        ({"people": 10, "leavers": 10}, ["Q-209"]),
        ({"people": 10, "same_file_from": "another"}, ["Q-206"]),
        ({"people": 10, "group_sites": 3, "group_sites_with_people": 0}, ["Q-208"]),
        ({"people": 10, "group_sites": 3, "group_sites_with_people": 1}, []),
        ({"people": 10, "fte_across_returns": {"A": "1.6"}}, ["Q-202"]),
    ],
)
def test_checks_of_a_whole_return_at_their_boundaries(facts, found):
    facts = {"roles": frozenset({"nur-oh-pract"}), **facts}
    assert [finding.code for finding in check_return(ReturnFacts(**facts))] == found


def test_every_check_has_one_code():
    assert all(code == check.code for code, check in CHECKS.items())
    assert len({check.title for check in CHECKS.values()}) == len(CHECKS)


# --- defects confirmed in the peer's service, none of them here -------------------------------------


def test_peer_defect_1_identifiers_never_reach_a_message_or_an_issue():
    checked = check(record(registration_number="18Z1234E", job_title="Smith, Jo"))[0]
    finding = checked.findings[0]
    assert finding.code == "E-109"
    assert "18Z1234E" not in finding.message + finding.value


def test_peer_defect_2_each_code_has_its_own_message():
    order, form = check(record(start_date="01/04/2027"), record("A2", start_date="1/4"))
    assert (order.findings[0].code, form.findings[0].code) == ("E-113", "E-104")


def test_peer_defect_3_the_fourth_qualification_is_checked_like_the_first():
    assert codes(qualifications="msc-oh; mfom; ffom; wizardry; afom") == ["E-103"]


def test_peer_defect_4_keys_do_not_run_into_each_other():
    assert pseudonym("worker", "A1", "23") != pseudonym("worker", "A12", "3")


@pytest.mark.parametrize(
    ("item", "value"),
    [
        ("start_date", "31/02/2019"),
        ("sex", "2abc"),
        ("birth_year", "2018abc"),
        ("fte", "1abc"),
        ("start_date", "01/02/2019abc"),
    ],
)
def test_peer_defect_5_impossible_dates_and_trailing_letters_are_refused(item, value):
    checked = check(record(**{item: value}))[0]
    assert checked.record is None
    assert f"“{value}”" in checked.findings[0].message


def test_peer_defect_6_a_row_with_too_few_cells_is_one_error_and_the_others_go_on():
    good = [record(key).get(name, "") for key in ("A2",) for name in NAMES]
    rows = list(checker().check([Row(2, ["A1", *[""] * (len(NAMES) - 1)], width=3), Row(3, good)]))
    assert [finding.code for finding in rows[0].findings] == ["E-101"]
    assert rows[1].record is not None


def test_peer_defect_9_one_registration_whatever_its_case_and_spaces():
    assert registration_key("nmc", "18a 1234 e") == registration_key("nmc", "18A1234E")
    first, second = check(record("A1", registration_number="18A1234E"), record("A2", registration_number="18a 1234e"))
    assert first.record is not None
    assert [finding.code for finding in second.findings] == ["E-202"]
    assert "“A1” in line 2" in second.findings[0].message


def test_peer_defect_10_999_is_never_a_number():
    assert codes(contracted_hours="999") == ["E-111"]


def test_duplicates_name_the_other_line():
    first, second, third = check(record("A1"), record("A1"), record("A1", role="tech", registration_body="none"))
    assert first.findings == third.findings == []
    assert second.findings[0].code == "E-201"
    assert "line 2" in second.findings[0].message


def test_noise_keys_are_one_byte_and_belong_to_the_worker():
    keys = [noise_key(pseudonym("worker", str(number))) for number in range(2000)]
    assert min(keys) >= 0
    assert max(keys) <= 255
    assert len(set(keys)) > 250
    assert keys[7] == noise_key(pseudonym("worker", "7"))


def test_many_pseudonyms_at_once_are_those_of_one_by_one():
    texts = ["", "a", "x" * 15, "x" * 16, "x" * 17, "é" * 16, "z" * 32, "q" * 70]
    column, none = pl.Series(texts), pl.Series([], dtype=pl.String)
    assert pseudonyms("worker", "B", of=column).to_list() == [pseudonym("worker", "B", text) for text in texts]
    assert noise_keys(column).to_list() == [noise_key(text) for text in texts]
    assert registration_key("nmc", "18a 1") == pseudonyms("registration", of=pl.Series([numbered("nmc", "18A1")]))[0]
    assert pseudonyms("worker", of=none).to_list() == noise_keys(none).to_list() == []
