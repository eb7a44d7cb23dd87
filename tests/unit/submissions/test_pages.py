"""Pages of the collection service: journeys without a browser, and nothing of anybody else's."""

from __future__ import annotations

import datetime as dt
from io import BytesIO

import openpyxl
import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from portal.organisations.enums import MemberRole, ParentAccess
from portal.submissions.actions.uploads import process
from portal.submissions.documents import neutral, template_csv, template_ods, template_xlsx
from portal.submissions.forms import load_form
from portal.submissions.models import Return, ReturnVersion, RowIssue, Upload
from portal.submissions.reading import open_table
from tests.factories import definitions as register
from tests.factories import submissions as make

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])


@pytest.fixture
def provider():
    return make.organisation()


@pytest.fixture
def opened(provider):
    return make.the_return(make.collection())


@pytest.fixture
def editor(client, provider):
    user = make.person("editor@example.org", provider)
    client.force_login(user)
    return user


def run_jobs():
    for upload in Upload.objects.filter(of_return__isnull=False):
        process(upload=upload)


def send(client, opened, content: bytes, **data: str):
    file = BytesIO(content)
    file.name = "staff.csv"
    answer = client.post(reverse("submissions:upload", args=[opened.pk]), {"file": file, **data})
    run_jobs()
    return answer


def test_a_whole_return_from_upload_to_receipt(client, editor, opened):
    assert client.get("/collect/").status_code == 200
    tasks = client.get(reverse("submissions:task_list", args=[opened.pk])).content.decode()
    assert "Upload your staff file" in tasks
    rows = [make.record("A1"), make.record("A2", start_date="31/02/2019"), make.record("A3", fte="1.2")]
    answer = send(client, opened, make.rows_csv(*rows))
    upload = Upload.objects.get()
    assert answer.url == reverse("submissions:upload_result", args=[upload.pk])
    page = client.get(answer.url).content.decode()
    assert "3 rows read: 2 ready, 1 of them with queries, 1 with errors" in page
    assert ">31/02/2019</mark>" in page
    assert "I3" in page

    marked = b"".join(client.get(reverse("submissions:upload_errors", args=[upload.pk])).streaming_content).decode(
        "utf-8-sig"
    )
    assert marked.splitlines()[2].startswith("A2,")
    assert "E-104" in marked

    client.post(answer.url, {"action": "keep"})
    run_jobs()
    assert "2 records are in the draft" in client.get(answer.url).content.decode()
    held = ReturnVersion.objects.get().held_rows.get()
    mend = reverse("submissions:held", args=[opened.pk, held.pk])
    assert client.post(mend, {**rows[1], "revision": "99"}).status_code == 422
    revision = str(make.the_return(opened.collection).revision)
    assert client.post(mend, {**rows[1], "start_date": "28/02/2019", "revision": revision}).status_code == 302
    assert ReturnVersion.objects.get().rows == 3

    issue = RowIssue.objects.get(code="Q-102")
    page = client.get(reverse("submissions:reasons", args=[opened.pk])).content.decode()
    assert issue.message in page.replace("&quot;", '"')
    client.post(reverse("submissions:reasons", args=[opened.pk]), {f"reason-{issue.pk}": "Two sites"})
    check = client.get(reverse("submissions:check_answers", args=[opened.pk]))
    revision = check.context["of_return"].revision
    done = client.post(reverse("submissions:check_answers", args=[opened.pk]), {"revision": revision})
    version = ReturnVersion.objects.get()
    assert done.url == reverse("submissions:receipt", args=[opened.pk, 1])
    assert version.reference in client.get(done.url).content.decode()
    pdf = client.get(reverse("submissions:receipt_pdf", args=[opened.pk, 1]))
    assert pdf.content.startswith(b"%PDF")
    assert client.get(reverse("submissions:history", args=[opened.pk])).status_code == 200
    # A double click on submit does nothing more.
    client.post(reverse("submissions:check_answers", args=[opened.pk]), {"revision": revision})
    assert ReturnVersion.objects.count() == 1


def test_the_error_file_uploads_again(client, editor, opened):
    send(client, opened, make.rows_csv(make.record("A1", start_date="31/02/2019")))
    upload = Upload.objects.get()
    marked = b"".join(client.get(reverse("submissions:upload_errors", args=[upload.pk])).streaming_content)
    send(client, opened, marked.replace(b"31/02/2019", b"28/02/2019", 1))
    again = Upload.objects.order_by("pk").last()
    assert (again.state, again.stored, again.reading["unmatched"]) == ("checked", 1, {})


def test_the_error_workbook_uploads_again_and_runs_nothing(client, editor, opened):
    bad = make.record("A1", start_date="31/02/2019", job_title="=HYPERLINK(1)")
    send(client, opened, make.rows_csv(bad, make.record("A2")))
    answer = client.get(reverse("submissions:upload_errors_xlsx", args=[Upload.objects.get().pk]))
    book = openpyxl.load_workbook(BytesIO(answer.content))
    rows = list(book.active.iter_rows())
    assert [cell.value for cell in rows[0][-2:]] == ["Result", "Errors and queries"]
    assert rows[1][-2].value == "error"
    assert "31/02/2019" in rows[1][-1].value
    assert {cell.data_type for row in rows for cell in row if cell.value is not None} == {"s"}
    date = next(cell for cell in rows[1] if cell.value == "31/02/2019")
    date.value = "28/02/2019"
    mended = BytesIO()
    book.save(mended)
    send(client, opened, mended.getvalue())
    again = Upload.objects.order_by("pk").last()
    assert (again.state, again.stored, again.reading["unmatched"]) == ("checked", 2, {})


def test_one_person_answers_one_question_at_a_time(client, editor, opened):
    names = [item.name for item in load_form("oh-worker-1").items if item.name != "confirmed_unchanged_on"]
    answers = make.record("ME", birth_year="1979")
    bad = client.post(
        reverse("submissions:question", args=[opened.pk, names.index("birth_year") + 1]), {"birth_year": "79"}
    )
    assert bad.status_code == 422
    assert "“79” is not a year" in bad.content.decode()
    for number, name in enumerate(names, start=1):
        answer = client.post(
            reverse("submissions:question", args=[opened.pk, number]), {name: answers[name]} if name in answers else {}
        )
        assert answer.status_code == 302, (name, answer.content.decode()[-3000:])
    page = client.get(reverse("submissions:typed_record", args=[opened.pk]))
    assert page.context["is_whole"]
    client.post(reverse("submissions:typed_record", args=[opened.pk]))
    record = ReturnVersion.objects.get().records.get()
    assert (record.worker_ref, record.age_band) == ("ME", "45_49")
    client.post(reverse("submissions:check_answers", args=[opened.pk]))
    assert ReturnVersion.objects.submitted().count() == 1
    # Next year: two clicks.
    later = make.the_return(make.collection("oh-2028-03", reference_date=dt.date(2028, 3, 31)))
    answer = client.post(reverse("submissions:begin", args=[later.pk]), {"action": "confirm_unchanged"})
    assert answer.url == reverse("submissions:check_answers", args=[later.pk])
    assert client.post(answer.url).status_code == 302
    assert ReturnVersion.objects.submitted().count() == 2


def test_headcount_vacancies_and_movements_are_said_and_checked(client, editor, opened):
    url = reverse("submissions:details", args=[opened.pk])
    role = "nurse"
    register.published_role(register.person("author"), register.approver(), role)
    assert client.get(url).status_code == 200
    assert client.post(url, {"declared_headcount": "-1"}).status_code == 422
    for wrong, says in (
        ({f"posts-{role}": "2abc"}, "2abc"),
        ({f"posts-{role}": "1", f"long-{role}": "2"}, "more than the 1 vacant posts"),
        ({"has_vacancies": "yes"}, "at least one role"),
        ({"has_vacancies": "no", f"posts-{role}": "1"}, "says none"),
        ({f"leavers-{role}": "2", "to-retired": "1"}, "adds up to 1"),
    ):
        answer = client.post(url, wrong)
        assert answer.status_code == 422
        assert says in answer.content.decode()
    right = {
        "declared_headcount": "10", "has_vacancies": "no", "has_movements": "yes", f"starters-{role}": "1",
        f"leavers-{role}": "2", "to-retired": "2",
    }  # fmt: skip
    assert client.post(url, right).status_code == 302
    draft = ReturnVersion.objects.get()
    assert draft.items == {
        "vacancies_known": True, "movements_known": True, "joiners": 1, "leavers": 2, "leavers_to": {"retired": 2},
    }  # fmt: skip
    assert draft.movements.get().leavers == 2
    shown = client.get(url).content.decode()
    assert f'name="leavers-{role}" inputmode="numeric"' in shown
    assert 'value="2"' in shown


def _routes(patterns, prefix="", above=()):
    for pattern in patterns:
        converters = (*above, *pattern.pattern.converters)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, prefix + str(pattern.pattern), converters)
        elif isinstance(pattern, URLPattern):
            yield pattern.name, prefix + str(pattern.pattern), converters


def test_a_person_of_one_organisation_reaches_nothing_of_anothers(client, opened):
    """Every address of the service, asked for by a stranger who is a full owner elsewhere."""
    owner = make.person("owner@example.org", make.Organisation.objects.get(code="OH001"), MemberRole.OWNER)
    client.force_login(owner)
    send(client, opened, make.rows_csv(make.record("SECRET1"), make.record("SECRET2", fte="x")))
    upload = Upload.objects.get()
    client.post(reverse("submissions:upload_result", args=[upload.pk]), {"action": "keep"})
    run_jobs()
    held = ReturnVersion.objects.get().held_rows.get()
    stranger = make.person(
        "stranger@example.org", make.organisation("OTHER1", name="Another provider"), MemberRole.OWNER
    )
    numbers = {"pk": opened.pk, "sequence": 1, "row": held.pk, "number": 1}
    asked = 0
    resolver = get_resolver("portal.submissions.urls")
    client.force_login(stranger)
    for name, route, converters in _routes(resolver.url_patterns):
        if name in {"home", "dictionary", "template", "api_token"}:
            continue
        values = dict(numbers)
        if route.startswith("uploads/"):
            values["pk"] = upload.pk
        url = reverse(f"submissions:{name}", kwargs={key: values[key] for key in converters})
        for method in (client.get, client.post):
            answer = method(url)
            assert answer.status_code in {404, 405}, (method, url, answer.status_code)
            assert b"SECRET" not in answer.content
            asked += 1
    assert asked > 40
    assert b"Provider OH001" not in client.get("/collect/").content
    assert client.get(reverse("organisations:people", args=["OH001"])).status_code == 404
    client.logout()
    assert client.get(reverse("submissions:task_list", args=[opened.pk])).status_code == 302


def test_a_viewer_reads_and_changes_nothing_and_a_parent_sees_what_is_shared(client, opened):
    organisation = make.Organisation.objects.get(code="OH001")
    viewer = make.person("viewer@example.org", organisation, MemberRole.VIEWER)
    client.force_login(viewer)
    assert client.get(reverse("submissions:task_list", args=[opened.pk])).status_code == 200
    assert client.get(reverse("submissions:upload", args=[opened.pk])).status_code == 404
    parent = make.organisation("PARENT")
    organisation.parent = parent
    organisation.save()
    head = make.person("head@example.org", parent)
    client.force_login(head)
    task_list = reverse("submissions:task_list", args=[opened.pk])
    for access, status, named in (
        (ParentAccess.NONE, 404, False),
        (ParentAccess.SUMMARY, 404, True),
        (ParentAccess.RECORDS, 200, True),
    ):
        organisation.parent_access = access
        organisation.save()
        assert client.get(task_list).status_code == status
        assert (organisation.name in client.get("/collect/").content.decode()) is named


def test_templates_are_read_back_and_their_example_is_without_fault(tmp_path, client):
    from portal.submissions.typed import check_values

    form = load_form("oh-worker-1")
    for kind, made in (("csv", template_csv(form)), ("xlsx", template_xlsx(form)), ("ods", template_ods(form))):
        path = tmp_path / f"t.{kind}"
        path.write_bytes(made)
        table = open_table(path, vocabulary=form.vocabulary)
        assert table.headings == [item.label for item in form.items]
        row = next(iter(table.rows()))
        checked = check_values(
            make.collection(f"oh-{kind}", is_open=False),
            dict(zip([item.name for item in form.items], row.cells, strict=True)),
        )
        assert checked.findings == []
        assert client.get(f"/collect/forms/oh-worker-1/template.{kind}").status_code == 200
    assert client.get("/collect/forms/oh-worker-1/").status_code == 200
    assert len(client.get("/collect/forms/oh-worker-1/?format=json").json()["items"]) == 29
    assert client.get("/collect/forms/oh-worker-9/").status_code == 404


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-0.5", "-0.5"),
        ("+44 20", "'+44 20"),
        ("-cmd", "'-cmd"),
        ("Jo", "Jo"),
        ("\tx", "'\tx"),
    ],
)
def test_no_export_holds_a_formula(text, safe):
    assert neutral(text) == safe


def test_a_return_of_a_pending_registration_is_nobodys(client):
    user = make.person("new@example.org")
    client.force_login(user)
    page = client.post(
        reverse("organisations:register"), {"organisation_name": "New OH Ltd", "job_title": "Manager"}, follow=True
    )
    assert "waiting for approval" in page.content.decode()
    assert Return.objects.count() == 0
    assert client.post(reverse("organisations:register"), {"job_title": "Manager"}).status_code == 422
