"""Files are checked by column, typed records one by one: both must say the same, to the letter."""

from __future__ import annotations

import datetime as dt
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.submissions.checks import RowChecker
from portal.submissions.checks.columns import ColumnChecker
from portal.submissions.checks.values import Context
from portal.submissions.forms import load_form
from portal.submissions.matching import match_headings
from portal.submissions.reading import Refused, open_table
from portal.submissions.reading.columns import read_columns
from tests.factories.submissions import few_roles

FORM = load_form("oh-worker-1")
NAMES = [item.name for item in FORM.items]
#: What people write in each column: mostly right, and every kind of wrong.
WRITTEN = {
    "worker_key": ["A{}", "A{}", "A{}", "A{}", " B{} ", "José {}", "a  b {}", "", "NULL", "x" * 70, "A1", "A2", "n/a"],
    "job_title": ["OH nurse", "OH nurse", "oh NURSE", "Adviser \\ lead", "a\tb", "", "-"],
    "role": ["nur-oh-pract", "nur-oh-pract", "tech", "OH nurse", "nobody", ""],
    "oh_view": ["yes", "", "maybe"],
    "oh_share": ["100", "100", "50%", "101", ""],
    "registration_body": ["nmc", "nmc", "none", "gmc", "not_known", "NMC", "xyz"],
    "registration_part": ["", "", "nmc/part-1", "gmc/gp", "not_known"],
    "registration_number": ["", "", "18A{:04}E", "18a {:04} e", "18Z1234E", "18A1234E", "999"],
    "qualifications": ["", "msc-oh; scphn-oh", "wizardry"],
    "contract_type": ["permanent", "permanent", "permanant"],
    "contracted_hours": ["", "30", "37.5", "80", "1,0"],
    "fte": ["0.8", "0.8", "", "1", "1.2", "0", "3", "0.800000001"],
    "region": ["Y60", "Midlands", "Y99"],
    "birth_year": ["", "1980", "2015", "999"],
    "age_band": ["", "45_49", "not_known", "25_29"],
    "start_date": ["", "2020-01-31", "01/04/2027", "31/02/2019", "1 Sep 2019"],
    "oh_start_year": ["", "2015", "2026", "2abc"],
}


def context() -> Context:
    labels = few_roles()
    return Context(FORM, dt.date(2027, 3, 31), labels.find, tuple(labels.labels()))


def a_file(path, seed: int, *, faults: bool, rows: int = 120, quote: bool = False, ending: str = "\n"):
    chance = random.Random(seed)
    lines = [",".join(NAMES)]
    for number in range(rows):
        right = {name: texts[0] for name, texts in WRITTEN.items()}
        for name in chance.sample(sorted(WRITTEN), 2) if faults or number % 7 == 0 else ():
            right[name] = chance.choice(WRITTEN[name])
        cells = [right.get(name, "").format(number) for name in NAMES]
        if quote and number % 5 == 0:
            cells[1] = '"OH nurse, lead"'
        if faults and number % 17 == 0:
            cells = chance.choice([cells[:-3], [*cells, "", ""], [*cells, "more"], [""] * len(cells), [" "] * 9, [""]])
        lines.append(",".join(cells))
    path.write_bytes(ending.join(lines).encode())
    return path


def row_by_row(path):
    table = open_table(path, vocabulary=FORM.vocabulary)
    columns = {name: (table.headings.index(name), table.columns[table.headings.index(name)]) for name in NAMES}
    checker = RowChecker(context(), columns, table.headings)
    rows = list(checker.check(table.rows()))
    findings = [finding for row in rows for finding in row.findings]
    first = {}
    for row in rows:
        if row.record:
            first.setdefault(row.record.worker_ref, row.line)
    return rows, [*findings, *checker.whole_file(first)]


def by_column(path):
    table = open_table(path, vocabulary=FORM.vocabulary)
    columns = {name: (table.headings.index(name), table.columns[table.headings.index(name)]) for name in NAMES}
    read = read_columns(table, [index for index, _ in columns.values()])
    checker = ColumnChecker(RowChecker(context(), columns, table.headings), read)
    rows = list(checker.look_again())
    good = checker.records([row for row in rows if row.record])
    findings = [finding for row in rows for finding in row.findings]
    return read, rows, good, [*findings, *checker.whole_file(good)]


@pytest.mark.parametrize("seed", range(6))
def test_columns_and_rows_find_the_same(tmp_path, seed):
    path = a_file(
        tmp_path / "staff.csv", seed, faults=bool(seed % 2), quote=seed in {2, 3}, ending="\r\n" if seed > 3 else "\n"
    )
    rows, findings = row_by_row(path)
    read, _again, good, found = by_column(path)
    assert read.rows == len(rows)
    assert sorted(map(repr, found)) == sorted(map(repr, findings))
    assert [finding.line for finding in found] == [finding.line for finding in findings]
    kept = [row for row in rows if row.record]
    assert good["number"].to_list() == [row.number for row in kept]
    for row, made in zip(kept, good.iter_rows(named=True), strict=True):
        for name, value in made.items():
            if name == "registration_number":
                assert value == (row.record.registration or ("", None))[1]
            elif name != "number":
                assert value == getattr(row.record, name), (name, row.line)
    if not seed % 2:
        assert len(good) > 80


def test_a_plain_file_is_not_looked_at_row_by_row(tmp_path):
    path = tmp_path / "staff.csv"
    right = {name: texts[0] for name, texts in WRITTEN.items()}
    path.write_text(
        "\n".join([",".join(NAMES)] + [",".join(right.get(name, "").format(n) for name in NAMES) for n in range(50)])
    )
    _read, again, good, found = by_column(path)
    assert (again, len(good), found) == ([], 50, [])


KEYS = ["worker_key", "job_title", "role"]
_CELLS = st.one_of(
    st.sampled_from(
        sorted({text for texts in WRITTEN.values() for text in texts} | {"\ufeff", "\x1c", "\u00a0", "1e5", "٣"})
    ),
    st.text(max_size=12),
)
_FILES = st.tuples(
    st.permutations([name for name in NAMES if name not in KEYS]).map(lambda names: [*KEYS, *names[:9]]),
    st.lists(st.lists(_CELLS, max_size=14), max_size=8),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
)


@pytest.mark.slow
@settings(max_examples=150)
@given(_FILES, st.integers(0, 60), st.binary(max_size=3))
def test_broken_files_are_read_alike_or_refused_and_never_fail(made, cut, noise):
    """Rows, delimiters, endings and encodings at will, a piece cut off and stray bytes put in."""
    names, rows, delimiter, ending, encoding = made
    text = ending.join(delimiter.join(cells) for cells in [names, *rows])
    data = text.encode(encoding, "replace")
    place = len(data) - cut
    data = data[: max(place, 0)] + noise if cut % 3 == 1 else data
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "staff.csv"
        path.write_bytes(data)
        try:
            table = open_table(path, vocabulary=FORM.vocabulary)
            match = match_headings(FORM, table, {})
            rows_found = list(table.rows())
        except Refused:
            return
        if match.needs_a_person and not set(KEYS) <= match.columns.keys():
            return
        checker = RowChecker(context(), match.columns, table.headings)
        one_by_one = [finding for row in checker.check(iter(rows_found)) for finding in row.findings]
        read = read_columns(table, [index for index, _ in match.columns.values()])
        by_columns = ColumnChecker(RowChecker(context(), match.columns, table.headings), read)
        again = [finding for row in by_columns.look_again() for finding in row.findings]
        assert read.rows == len(rows_found)
        assert again == one_by_one
