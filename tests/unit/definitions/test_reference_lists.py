"""Reference lists: a file becomes a new edition, errors are shown in place, nothing is overwritten."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from portal.core.models import AuditEvent
from portal.definitions import list_imports
from portal.definitions.errors import DefinitionError
from portal.definitions.models import ReferenceEntry, ReferenceList
from portal.definitions.starting_content import _load_lists
from tests.factories import definitions as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def lists(db):
    _load_lists()


def check(slug: str, *lines: str) -> list_imports.ListReport:
    return list_imports.check_list(slug, "\r\n".join(lines).encode())


def save(by, slug, version, report):
    return list_imports.save_edition(by=by, slug=slug, version=version, source="A test", note="", report=report)


def test_an_edition_downloads_as_the_file_that_makes_it_again(client):
    for edition in ReferenceList.objects.all():
        answer = client.get(reverse("definitions:reference-list-csv", args=[edition.slug, edition.edition]))
        report = list_imports.check_list(edition.slug, answer.content)
        assert report.errors == []
        assert report.is_the_same, edition


@pytest.mark.parametrize(
    ("slug", "lines", "error"),
    [
        ("soc-2020", ["code,title", "2233,Nurses", "2233,Again"], (3, "code", "“2233” stands in line 2 too.")),
        ("soc-2020", ["code,title", ",Nurses"], (2, "code", "The code is empty.")),
        ("soc-2020", ["code,title", f"1,{'x' * 256}"], (2, "title", "256 characters")),
        ("soc-2020", ["code,title,parent", "22,Group,", "2233,Nurses,23"], (3, "parent", "no entry “23”")),
        ("soc-2020", ["code,title", "2233,Nurses,midwives"], (2, "", "The line has 3 cells")),
        ("soc-2020", ["number,title", "1,x"], (1, "code", "The first line names the columns")),
        ("soc-2020", ["code,title"], (1, "", "no entries")),
        ("register-parts", ["code,title", "gp,GP Register"], (2, "code", "does not begin with its body")),
        ("register-parts", ["code,title", "xyz/gp,GP Register"], (2, "code", "no registration body “xyz”")),
        ("oh-qualifications", ["code,title", "a_b,Title"], (2, "code", "cannot be used in a rule")),
        ("registration-statuses", ["code,title", "a'b,Title"], (2, "code", "cannot be used in a rule")),
    ],
)
def test_errors_stand_at_their_line_and_column(slug, lines, error):
    report = check(slug, *lines)
    assert not report.is_clean
    assert any(found[:2] == error[:2] and error[2] in found[2] for found in report.errors), report.errors
    with pytest.raises(DefinitionError, match="mend the errors"):
        save(None, slug, "2030", report)


def test_unreadable_files_are_refused():
    assert "not UTF-8" in list_imports.check_list("soc-2020", "code,title\r\n1,ä".encode("latin-1")).errors[0][2]
    assert "not CSV" in list_imports.check_list("soc-2020", b'code,title\r\n1,"never closed').errors[0][2]


def test_the_next_edition_stands_beside_the_old_one_and_names_what_it_breaks(author, approver, client):
    role = make.published_role(
        author,
        approver,
        "tech",
        qualifications=[{"type": "qualification", "value": {"code": "mfom", "required": True, "note": ""}}],
    )
    before = ReferenceList.objects.get(slug="oh-qualifications")
    entries = list(before.entries.values_list("code", "title"))
    report = check("oh-qualifications", "code,title", "afom,Associates", "newest-exam,A new examination")
    assert [line.code for line in report.added] == ["newest-exam"]
    assert [line.code for line, _title in report.relabelled] == ["afom"]
    assert report.in_use == ["The role tech v1 names “mfom”."]
    for version, reason in ((" ", "Name the edition"), (before.version, "an edition never changes")):
        with pytest.raises(DefinitionError, match=reason):
            save(author, "oh-qualifications", version, report)
    edition = save(author, "oh-qualifications", "2027", report)
    assert (edition.edition, edition.entries.count()) == (2, 2)
    assert list(before.entries.values_list("code", "title")) == entries
    assert [entry.title for entry in ReferenceEntry.objects.newest("oh-qualifications")] == [
        "Associates",
        "A new examination",
    ]
    assert (
        AuditEvent.objects.filter(action="load_reference_list", actor_id=author.pk).get().detail["removed"]
        == len(entries) - 1
    )
    role.refresh_from_db()
    assert role.content["qualifications"][0]["title"].startswith("Membership of the Faculty")
    old = client.get(f"/definitions/lists/oh-qualifications/{before.edition}/").content.decode()
    assert "Edition 2027 is newer" in old
    assert "A new examination" in client.get("/definitions/lists/oh-qualifications/").content.decode()
    answer = client.get("/api/v1/reference-lists/oh-qualifications/entries/?edition=1").json()
    assert len(answer) == len(entries)
    assert client.get("/api/v1/reference-lists/oh-qualifications/entries/?edition=x").status_code == 400
    with pytest.raises(DefinitionError, match="says what the newest edition says"):
        save(
            author,
            "oh-qualifications",
            "2028",
            check("oh-qualifications", "code,title", "afom,Associates", "newest-exam,A new examination"),
        )


def test_the_form_in_the_cms(client, author):
    author.user_permissions.add(*make.Permission.objects.filter(codename="access_admin"))
    client.force_login(author)
    address = reverse("definitions_lists")
    assert "SOC 2020 unit groups" in client.get(address).content.decode()

    def send(content, then, version="2030"):
        file = SimpleUploadedFile("list.csv", content.encode())
        data = {"slug": "oh-functions", "version": version, "source": "", "note": "", "file": file, "then": then}
        return client.post(address, data, follow=True).content.decode()

    assert "The code is empty." in send("code,title\r\n,Nobody", "save")
    assert "1 added, 3 gone, 0 with another title" in send("code,title\r\nauditor,Auditor", "check")
    assert ReferenceList.objects.filter(slug="oh-functions").count() == 1
    assert "is saved with 1 entries" in send("code,title\r\nauditor,Auditor", "save")
    assert ReferenceList.objects.filter(slug="oh-functions").count() == 2
    assert "says what edition 2030 says" in send("code,title\r\nauditor,Auditor", "check")
    client.force_login(make.person("reader", "access_admin"))
    assert client.get(address).status_code in {302, 403}
