"""The spreadsheet round trip: nothing lost, nothing overwritten silently, errors in place."""

import io

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.definitions import actions, imports, spreadsheet
from portal.definitions.models import Role, RoleVersion
from portal.definitions.starting_content import _load_lists, _load_roles


def sent_back(rows, as_xlsx=False):
    content = imports.workbook(rows) if as_xlsx else imports.csv_text(rows).encode()
    return imports.read_rows("roles.xlsx" if as_xlsx else "roles.csv", content)


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("as_xlsx", [False, True])
def test_the_whole_starting_register_survives_the_round_trip(as_xlsx):
    _load_lists()
    _load_roles("oh_roles", "the OH team")
    rows = imports.draft_rows()
    assert len(rows) == 28
    back = sent_back(rows, as_xlsx)
    report = imports.check_rows(back)
    assert report.is_clean
    assert report.counts == {"new": 0, "changed": 0, "unchanged": 28, "error": 0}
    # And through the fields: what a row says is what the published version holds.
    for row in back:
        fields, faults = spreadsheet.fields_of(row)
        assert faults == {}
        role = Role(code=row["code"], **fields)
        from portal.definitions import frozen

        assert frozen.role_content(role)["inclusion"] == RoleVersion.objects.get(code=row["code"]).content["inclusion"]


@pytest.mark.django_db
def test_changes_become_drafts_by_whoever_sent_them(author, tech, nurse):
    rows = {row["code"]: row for row in imports.draft_rows()}
    rows["tech"]["summary"] = "=1+1 | with \\ signs"
    rows["tech"]["who_counts"] = "Anyone | A \\| B\nSomebody"
    new = {**rows["nurse"], "code": "vet", "revision": "", "version": "", "title": "Vet", "change_class": "new"}
    report = imports.check_rows(sent_back([*rows.values(), new]))
    assert report.counts == {"new": 1, "changed": 1, "unchanged": 1, "error": 0}
    assert imports.save_drafts(by=author, report=report) == 2
    draft = Role.objects.get(code="tech").get_latest_revision_as_object()
    assert draft.summary == "=1+1 | with \\ signs"
    assert [block.value["text"] for block in draft.inclusion] == ["Anyone", "Somebody"]
    assert draft.inclusion[0].value["example"] == "A | B"
    assert draft.get_latest_revision().user == author
    assert RoleVersion.objects.count() == 2
    assert Role.objects.get(code="vet").state == "draft"


@pytest.mark.django_db
def test_a_row_whose_text_has_changed_since_is_refused(author, colleague, tech):
    rows = sent_back(imports.draft_rows())
    rows[0]["summary"] = "Mine."
    actions.edit_definition(by=colleague, definition=tech.role, changes={"summary": "Theirs."})
    report = imports.check_rows(rows)
    assert not report.is_clean
    assert "changed since" in report.rows[0].errors["revision"]
    assert Role.objects.get().get_latest_revision_as_object().summary == "Theirs."


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("effective_from", "soon", "year-month-day"),
        ("group", "directors", "another family"),
        ("group", "nothing", "not a valid choice"),
        ("title", "", "cannot be blank"),
        ("registers", "abc | x | role", "Unknown: abc"),
        ("sources", "a | b | | perhaps", "“confirmed” or “to be confirmed”"),
        ("who_counts", "a | b | c", "at most 2 parts"),
        ("description", "just words", "text | …"),
        ("code", "nobody", "no role “nobody”"),
    ],
)
def test_errors_stand_at_their_column_and_nothing_is_saved(author, tech, column, value, words):
    rows = sent_back(imports.draft_rows())
    rows[0][column] = value
    report = imports.check_rows(rows)
    assert words in report.rows[0].errors[column]
    assert imports.save_drafts(by=author, report=report) == 0
    sheet = openpyxl.load_workbook(io.BytesIO(imports.marked_workbook(report))).active
    cell = sheet.cell(2, imports.COLUMNS.index(column) + 1)
    assert words in cell.comment.text
    assert sheet.cell(1, len(imports.COLUMNS) + 1).value == "errors"


@pytest.mark.django_db
def test_a_code_twice_and_a_locked_role_are_errors(author, tech):
    rows = sent_back(imports.draft_rows())
    assert "earlier row" in imports.check_rows([*rows, dict(rows[0])]).rows[1].errors["code"]
    Role.objects.update(locked=True)
    rows[0]["summary"] = "Other words."
    assert "locked" in imports.check_rows(rows).rows[0].errors["code"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"", "empty"),
        ("a.csv", b"code,title\r\nx,y\r\n", "columns are missing: revision"),
        ("a.csv", "code\r\n\u00e9".encode("cp1252"), "not UTF-8"),
        ("a.xlsx", b"not a workbook", "not an XLSX"),
    ],
)
def test_unusable_files_are_refused_whole(name, content, words):
    with pytest.raises(imports.UnreadableFileError, match=words):
        imports.read_rows(name, content)


cells = st.text(alphabet="ab|\\ n=-+@'\n.é", max_size=12)


@given(text=cells)
def test_guarding_against_formulas_can_be_undone(text):
    guarded = spreadsheet.guarded(text)
    assert guarded[:1] not in {"=", "+", "-", "@"}
    assert spreadsheet.unguarded(guarded) == text


@given(parts=st.lists(cells, min_size=1, max_size=4))
def test_lines_of_parts_can_be_read_back(parts):
    stripped = [part.strip() for part in parts]
    while len(stripped) > 1 and not stripped[-1]:
        stripped.pop()
    line = spreadsheet._line(stripped)
    assert "\n" not in line
    assert spreadsheet._parts(line) == stripped
