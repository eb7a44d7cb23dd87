"""A first-time provider's whole journey, with and without JavaScript, and one person on a phone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from portal.organisations.actions import decide_registration
from portal.organisations.models import Organisation, Registration
from portal.submissions import processing, tasks
from portal.submissions.actions import open_collection
from portal.submissions.forms import load_form
from portal.submissions.models import Collection, Return, ReturnVersion
from tests.factories import definitions as register
from tests.factories import submissions as make

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(databases=["default", "submissions"], transaction=True),
]


@pytest.fixture(autouse=True)
def _jobs_at_once(monkeypatch):
    """Few roles, and jobs done by the process that asks for them: a worker is tested elsewhere."""
    from portal.organisations import tasks as register_tasks

    monkeypatch.setattr(processing, "label_index", make.few_roles)
    for job in (tasks.process_upload, tasks.send_receipt, register_tasks.send_decision):
        monkeypatch.setattr(job, "delay", job)


def sign_in(page, live_server, user) -> None:
    client = Client()
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])


def as_it_stands(page, mirror, live_server):
    """Show a page whose scripts are off in one that can run axe: the same document, its scripts left out."""
    document = re.sub(r"<script\b.*?</script>", "", page.content(), flags=re.DOTALL)
    document = re.sub(r"</?noscript>", "", document)
    mirror.goto(f"{live_server.url}/collect/")
    mirror.set_content(document)
    return mirror


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_first_return_from_registration_to_receipt(live_server, new_page, axe, tmp_path: Path, scripts: bool) -> None:
    page = new_page(java_script_enabled=scripts)
    mirror = None if scripts else new_page()

    def look() -> None:
        axe(page if mirror is None else as_it_stands(page, mirror, live_server))

    make.collection(is_open=False)
    user = make.person("first@example.org")
    sign_in(page, live_server, user)
    page.goto(f"{live_server.url}/collect/")
    look()
    page.click("main a:has-text('Ask for access')")
    page.fill("#id_organisation_name", "Newcomer OH Ltd")
    page.fill("#id_job_title", "Practice manager")
    look()
    page.click("text=Send request")
    assert "waiting for approval" in page.inner_text("main")
    decide_registration(
        by=make.person("team@example.org"), registration=Registration.objects.get(), approve=True, code="NEW01"
    )
    open_collection(by=None, collection=Collection.objects.get())

    page.goto(f"{live_server.url}/collect/")
    page.click("text=Occupational health workforce, March 2027")
    look()
    page.click("text=Upload your staff file")
    look()
    rows = make.rows_csv(make.record("A1"), make.record("A2", start_date="31/02/2019"), make.record("A3", fte="1.2"))
    path = tmp_path / "our staff.csv"
    path.write_bytes(rows.replace(b"Worker key", b"Who"))
    page.set_input_files("#file", str(path))
    page.click("text=Upload and check")
    assert "Say which column is which" in page.inner_text("main")
    look()
    page.select_option("#column-1", "worker_key")
    page.click("text=Read the file this way")
    assert "2 ready" in page.inner_text("main")
    assert "I3" in page.inner_text("main")
    look()
    page.click("text=Keep the 2 as draft")
    page.click("text=Mend the 1 with errors here")
    look()
    page.click("text=Line 3, worker A2")
    look()
    # The tests have no register of roles to choose from; the file's own role is kept by hand.
    page.fill("#id_start_date", "28/02/2019")
    page.locator("#id_role").evaluate(
        "element => { element.add(new Option('practitioner', 'nur-oh-pract', true, true)) }"
    ) if scripts else None
    if not scripts:
        page.click("text=Drop this row")
    else:
        page.click("button:has-text('Save')")
    page.click("text=Back to the return")
    page.click("text=Answer queries")
    look()
    page.locator("input[name^=reason-]").first.fill("Works at two sites")
    page.click("text=Save reasons")
    page.click("text=Check and submit")
    look()
    page.click("main button:has-text('Submit')")
    version = ReturnVersion.objects.get()
    assert version.reference in page.inner_text("main")
    assert version.rows == (3 if scripts else 2)
    assert Organisation.objects.get(code="NEW01").memberships.get().user == user
    look()


def test_one_person_on_a_phone(live_server, phone, axe) -> None:
    organisation = make.organisation("SOLE1", provider_type="sole_trader")
    made = make.collection()
    sign_in(phone, live_server, make.person("sole@example.org", organisation))
    of_return = Return.objects.get(collection=made)
    phone.goto(f"{live_server.url}/collect/returns/{of_return.pk}/")
    phone.click("text=Answer for yourself, one question at a time")
    answers = make.record("ME")
    for item in load_form("oh-worker-1").items:
        if item.name == "confirmed_unchanged_on":
            continue
        value = answers.get(item.name)
        if item.name == "role":
            phone.locator("#id_role").evaluate(
                "element => { element.add(new Option('x', 'nur-oh-pract', true, true)) }"
            )
        elif value and phone.locator(f"input[type=radio][name={item.name}]").count():
            phone.check(f"input[name={item.name}][value={value}]")
        elif value and phone.locator(f"select[name={item.name}]").count():
            phone.select_option(f"#id_{item.name}", value)
        elif value:
            phone.fill(f"#id_{item.name}", value)
        if item.name in {"worker_key", "sex", "qualifications", "contract_type"}:
            axe(phone)
        phone.click("text=Continue")
    assert "Check your answers" in phone.inner_text("main")
    axe(phone)
    phone.click("text=Save and go on")
    phone.click("main button:has-text('Submit')")
    assert ReturnVersion.objects.get().rows == 1
    width = phone.evaluate("document.documentElement.scrollWidth")
    assert width <= 360
    # Next year in two clicks.
    later = make.collection("oh-2028-03", reference_date="2028-03-31", title="Next year")
    phone.goto(f"{live_server.url}/collect/returns/{Return.objects.get(collection=later).pk}/")
    phone.click("text=Confirm that nothing changed")
    phone.click("main button:has-text('Submit')")
    assert "Receipt" in phone.inner_text("main")
    assert [version.rows for version in ReturnVersion.objects.submitted()] == [1, 1]


def test_totals_details_and_comparison_on_two_screens(live_server, new_page, axe) -> None:
    organisation = make.organisation("SMALL1")
    made = make.collection()
    register.published_role(register.person("author"), register.approver(), "nur-oh-pract", group="nurses")
    page = new_page()
    sign_in(page, live_server, make.person("small@example.org", organisation))
    of_return = f"{live_server.url}/collect/returns/{Return.objects.get(collection=made).pk}/"

    def look() -> None:
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            axe(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.goto(of_return)
    page.click("text=Totals instead of records")
    page.fill("#id_people", "4")
    page.fill("#id_total_fte", "9")
    page.select_option("#id_role", "nur-oh-pract")
    page.check("[name=region][value=Y60]")
    page.click("text=Add the line")
    assert "more than 2 for each of 4 people" in page.inner_text("main")
    look()
    page.fill("#id_total_fte", "3.2")
    page.click("text=Add the line")
    assert "4 people in 1 line" in page.inner_text("main")
    look()
    page.goto(f"{of_return}details/")
    page.fill("[name=posts-nur-oh-pract]", "1")
    page.check("[name=has_vacancies][value=no]")
    page.click("main button:has-text('Save')")
    assert "says none or not known" in page.inner_text("main")
    look()
    page.check("[name=has_vacancies][value=yes]")
    page.click("main button:has-text('Save')")
    page.click("text=Your return beside the published figures")
    look()
    # The two answers with faults come with status 422, which Chromium writes to its console.
    assert [error for error in page.errors if "422" not in error] == []
    page.errors.clear()
