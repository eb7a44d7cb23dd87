"""Tables as people send them: read as they are, or refused with what and where."""

from __future__ import annotations

import contextlib
import csv
import json
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.submissions.reading import Choices, Refused, cell_reference, content, fold, open_table, tables
from portal.submissions.reading.encodings import CHUNK, encoding_of

OUTCOMES = list(
    csv.DictReader((Path(__file__).parent / "reading_outcomes.tsv").read_text().splitlines(), delimiter="\t"),
)
MARKS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}


def saved(tmp_path: Path, data: bytes, name="file.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("expected", OUTCOMES, ids=lambda row: row["file"])
def test_each_sample_file_has_its_outcome(expected, shared_data):
    path = shared_data / expected["file"]
    if expected["outcome"] == "refused":
        with pytest.raises(Refused) as refused:
            list(open_table(path).rows())
        assert refused.value.code == expected["encoding or code"]
        assert len(refused.value.message) > 30
        return
    table = open_table(path)
    rows = list(table.rows())
    assert table.encoding == expected["encoding or code"]
    assert table.delimiter == MARKS[expected["delimiter"]]
    assert str(table.heading_line) == expected["heading line"]
    assert (str(len(table.headings)), str(len(rows))) == (expected["columns"], expected["rows"])
    assert str(sum(row.width is not None for row in rows)) == expected["rows that do not fit"]


def test_every_sample_file_is_in_the_table_of_outcomes(shared_data):
    present = {
        str(path.relative_to(shared_data))
        for folder in ("messy", "upload-samples")
        for path in (shared_data / folder).rglob("*")
        if path.is_file()
    }
    assert present == {row["file"] for row in OUTCOMES}


@pytest.mark.parametrize(
    "name",
    [
        "comma_in_quotes",
        "empty",
        "empty_crlf",
        "escaped_quotes",
        "json",
        "newlines",
        "quotes_and_newlines",
        "simple",
        "simple_crlf",
        "utf8",
    ],
)
def test_the_values_of_the_csv_spectrum_are_those_of_its_authors(name, shared_data):
    table = open_table(shared_data / "messy/csv_spectrum/csvs" / f"{name}.csv")
    wanted = json.loads((shared_data / "messy/csv_spectrum/json" / f"{name}.json").read_text())
    assert [dict(zip(table.headings, row.cells, strict=True)) for row in table.rows()] == wanted


def test_shapes_agree_with_the_notes_of_the_pollock_corpus(shared_data):
    checked = 0
    for notes in sorted((shared_data / "messy/pollock_real/parameters").glob("*.json")):
        wanted = json.loads(notes.read_text())
        path = notes.parent.parent / notes.name.removesuffix("_parameters.json")
        if path.stat().st_size:
            assert open_table(path).delimiter == wanted["delimiter"], path.name
            checked += 1
    assert checked == 29


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac_roman"])
@pytest.mark.parametrize("name", ["José Müller", "NAÏVE CAFÉ", "Zoë O’Brien – locum"])
def test_letters_survive_every_encoding(codec, name, tmp_path):
    path = saved(tmp_path, f"Name,Age\r\n{name},44\r\n{name},45\r\n".encode(codec))
    assert [row.cells for row in open_table(path).rows()] == [[name, "44"], [name, "45"]]


def test_peer_defect_8_a_windows_letter_is_read_and_none_is_replaced(tmp_path):
    table = open_table(saved(tmp_path, "Name,Age\r\nJosé,44\r\nZoë,45\r\n".encode("cp1252")))
    assert (table.encoding, [row.cells[0] for row in table.rows()]) == ("Windows-1252", ["José", "Zoë"])


def test_a_wrong_choice_of_encoding_is_refused_with_the_line(tmp_path):
    path = saved(tmp_path, "Name,Age\nJosé,4\n".encode("cp1252"))
    with pytest.raises(Refused, match="Line 2: byte 0xe9 is not UTF-8"):
        open_table(path, choices=Choices(encoding="UTF-8"))


def test_a_mixture_of_encodings_names_both_lines(tmp_path):
    path = saved(tmp_path, b"Name,Age\n" + "José,4\n".encode() + "Zoë,5\n".encode("cp1252"))
    with pytest.raises(Refused, match="line 2 is UTF-8 and line 3 is not") as refused:
        open_table(path)
    assert refused.value.code == "F-012"


def test_a_letter_that_was_lost_before_is_pointed_out(tmp_path):
    table = open_table(saved(tmp_path, "Name,Age\nJos\ufffd,4\n".encode()))
    assert any(note.startswith("Line 2 holds the sign") for note in table.notes)


def test_peer_defect_7_lines_are_those_of_the_file_after_cells_of_several_lines_and_blank_lines(tmp_path):
    path = saved(tmp_path, b'Name,Note\nJo,"one\ntwo\nthree"\n\n\nMo,x\n')
    assert [row.line for row in open_table(path).rows()] == [2, 7]


def test_rows_that_do_not_fit_are_marked_and_trailing_commas_are_not(tmp_path):
    path = saved(tmp_path, b"a,b,c\n1,2,3,,,\n1,2\n1,2,3,4\n")
    assert [row.width for row in open_table(path).rows()] == [None, 2, 4]


def test_a_preamble_and_blank_columns_are_skipped_and_said(tmp_path):
    path = saved(tmp_path, b"Staff list 2027,,,\n,,,\n,Worker,FTE,\n,A1,1,\n")
    table = open_table(path)
    assert (table.headings, table.columns, table.heading_line) == (["Worker", "FTE"], [2, 3], 3)
    assert [row.cells for row in table.rows()] == [["A1", "1"]]
    assert "1 line above the headings is not read." in table.notes


def test_known_headings_find_the_row_and_the_delimiter(tmp_path):
    path = saved(tmp_path, b"1,2,3,4,5\n6,7,8,9,10\nWorker key;FTE\nA;1,5\n")
    table = open_table(path, vocabulary=frozenset({"worker key", "fte"}))
    assert (table.heading_line, table.delimiter, table.headings) == (3, ";", ["Worker key", "FTE"])


def test_the_person_may_choose_the_heading_row(tmp_path):
    path = saved(tmp_path, b"a,b\nc,d\n1,2\n")
    assert open_table(path, choices=Choices(heading_line=2)).headings == ["c", "d"]
    with pytest.raises(Refused, match="Line 9"):
        open_table(path, choices=Choices(heading_line=9))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"%PDF-1.4 x", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "old Excel"),
        (b"<!DOCTYPE html><p>", "web page"),
        (b'{"rows": []}', "JSON"),
        (b"PK\x03\x04 cut", "damaged"),
        (b"a,b\n\x00\x01\x02", "not text"),
    ],
)
def test_what_is_no_table_is_named(data, words, tmp_path):
    with pytest.raises(Refused, match=words):
        open_table(saved(tmp_path, data))


def test_other_archives_are_named(tmp_path):
    path = tmp_path / "x.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(Refused, match="ZIP archive"):
        open_table(path)


def test_a_workbook_that_grows_too_much_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 1_000_000)
    monkeypatch.setattr(content, "EXPANSION_FLOOR", 999_999)
    with pytest.raises(Refused, match="at most ten times") as refused:
        open_table(path)
    assert refused.value.code == "F-005"


def test_limits_hold_at_their_boundary(tmp_path, monkeypatch):
    path = saved(tmp_path, b"a,b\n1,2\n3,4\n")
    monkeypatch.setattr(tables, "MAX_ROWS", 2)
    assert len(list(open_table(path).rows())) == 2
    monkeypatch.setattr(tables, "MAX_ROWS", 1)
    with pytest.raises(Refused, match="more than 1 rows"):
        list(open_table(path).rows())
    wide = saved(tmp_path, (",".join(f"c{n}" for n in range(501)) + "\n").encode(), "wide.csv")
    with pytest.raises(Refused, match="501 columns"):
        open_table(wide)
    monkeypatch.setattr(content, "MAX_BYTES", 11)
    with pytest.raises(Refused, match="at most 100 MB"):
        open_table(path)


def test_a_workbook_named_csv_is_read_with_dates_numbers_and_real_rows(tmp_path):
    import datetime as dt

    book = openpyxl.Workbook()
    book.active.title = "Notes"
    book.active["A1"] = "Please read"
    sheet = book.create_sheet("Staff")
    sheet["B3"], sheet["C3"], sheet["D3"] = "Worker key", "FTE", "Start date"
    sheet["B5"], sheet["C5"], sheet["D5"] = "00123", 0.5, dt.date(2019, 2, 28)
    sheet["B6"], sheet["C6"] = 45, 1
    book.save(tmp_path / "staff.csv")
    table = open_table(tmp_path / "staff.csv", vocabulary=frozenset({"worker key", "fte", "start date"}))
    assert (table.kind, table.sheet, table.heading_line, table.columns) == ("XLSX", "Staff", 3, [2, 3, 4])
    assert [(row.line, row.cells) for row in table.rows()] == [
        (5, ["00123", "0.5", "2019-02-28"]),
        (6, ["45", "1", ""]),
    ]
    with pytest.raises(Refused, match="There is no sheet 'Other'"):
        open_table(tmp_path / "staff.csv", choices=Choices(sheet="Other"))


def test_merged_headings_are_explained(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Worker", "Hours", None])
    sheet.append(["A", 1, 2])
    sheet.merge_cells("B1:C1")
    book.save(tmp_path / "merged.xlsx")
    assert any("B1 to C1 are merged" in note for note in open_table(tmp_path / "merged.xlsx").notes)


def test_headings_are_compared_without_case_spaces_and_accents():
    assert fold(" Start_Date\n") == fold("start date") == fold("START-DATE")
    assert fold("Rôle") == "role"


@pytest.mark.parametrize(
    ("column", "line", "name"), [(1, 1, "A1"), (3, 14, "C14"), (26, 2, "Z2"), (27, 2, "AA2"), (703, 9, "AAA9")]
)
def test_cells_are_named_as_spreadsheets_name_them(column, line, name):
    assert cell_reference(column, line) == name


@settings(max_examples=400)
@given(
    st.one_of(
        st.binary(max_size=400),
        st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.lists(
            st.sampled_from(
                [b'"', b",", b"\n", b"\r", b"\r\n", b";", b"\t", b"a", b"\xe9", b"\\", b"'", b"|", b"sep=;\n"]
            ),
            max_size=60,
        ).map(b"".join),
    ),
)
def test_no_file_does_anything_but_be_read_or_refused(data):
    import tempfile

    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        with contextlib.suppress(Refused):
            table = open_table(Path(file.name), vocabulary=frozenset({"a"}))
            assert all(len(row.cells) == len(table.headings) for row in table.rows())


def test_a_letter_on_the_edge_of_two_blocks_is_read_whole_or_refused(tmp_path):
    start = b"a,b\n" + b"x" * (CHUNK - 5)
    path = tmp_path / "edge.csv"
    path.write_bytes(start + "é".encode() + b",y\n" * 10)
    assert encoding_of(path, "UTF-8").name == "UTF-8"
    path.write_bytes(start + "é".encode()[:1] + b",y\n" * 10)
    with pytest.raises(Refused) as refused:
        encoding_of(path, "UTF-8")
    assert (refused.value.code, refused.value.line) == ("F-011", 2)
