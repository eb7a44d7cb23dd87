"""A first-time provider's whole journey, with and without JavaScript, and one person on a phone."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.organisations.actions import decide_registration
from portal.organisations.models import Organisation, Registration
from portal.submissions import processing, tasks
from portal.submissions.actions import open_collection
from portal.submissions.forms import load_form
from portal.submissions.models import Collection, Return, ReturnVersion
from tests.browser.steps import fits, follow, says, sign_in
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


def choose_practitioner(page) -> None:
    """Choose a role that the tests' register does not offer."""
    page.locator("#id_role").evaluate("element => { element.add(new Option('x', 'nur-oh-pract', true, true)) }")


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_first_return_from_registration_to_receipt(live_server, new_page, axe, tmp_path: Path, scripts: bool) -> None:
    page = new_page(java_script_enabled=scripts)
    make.collection(is_open=False)
    user = make.person("first@example.org")
    sign_in(page, live_server, user)
    page.goto(f"{live_server.url}/collect/")
    axe(page)
    follow(page, "main a:has-text('Ask for access')")
    page.fill("#id_organisation_name", "Newcomer OH Ltd")
    page.fill("#id_job_title", "Practice manager")
    axe(page)
    follow(page, "text=Send request")
    says(page, "waiting for approval")
    decide_registration(
        by=make.person("team@example.org"), registration=Registration.objects.get(), approve=True, code="NEW01"
    )
    open_collection(by=None, collection=Collection.objects.get())

    page.goto(f"{live_server.url}/collect/")
    follow(page, "text=Occupational health workforce, March 2027")
    axe(page)
    follow(page, "text=Upload your staff file")
    axe(page)
    rows = make.rows_csv(make.record("A1"), make.record("A2", start_date="31/02/2019"), make.record("A3", fte="1.2"))
    path = tmp_path / "our staff.csv"
    path.write_bytes(rows.replace(b"Worker key", b"Who"))
    page.set_input_files("#file", str(path))
    follow(page, "text=Upload and check")
    says(page, "Say which column is which")
    axe(page)
    page.select_option("#column-1", "worker_key")
    follow(page, "text=Read the file this way")
    says(page, "2 ready")
    says(page, "I3")
    axe(page)
    follow(page, "text=Keep the 2 as draft")
    follow(page, "text=Mend the 1 with errors here")
    axe(page)
    follow(page, "text=Line 3, worker A2")
    axe(page)
    # The tests have no register of roles to choose from; the file's own role is kept by hand.
    page.fill("#id_start_date", "28/02/2019")
    if scripts:
        choose_practitioner(page)
        follow(page, "button:has-text('Save')")
    else:
        follow(page, "text=Drop this row")
    follow(page, "text=Back to the return")
    follow(page, "text=Answer queries")
    axe(page)
    page.locator("input[name^=reason-]").first.fill("Works at two sites")
    follow(page, "text=Save reasons")
    follow(page, "text=Check and submit")
    axe(page)
    follow(page, "main button:has-text('Submit')")
    version = ReturnVersion.objects.get()
    says(page, version.reference)
    assert version.rows == (3 if scripts else 2)
    assert Organisation.objects.get(code="NEW01").memberships.get().user == user
    axe(page)


def test_one_person_on_a_phone(live_server, phone, axe) -> None:
    organisation = make.organisation("SOLE1", provider_type="sole_trader")
    made = make.collection()
    sign_in(phone, live_server, make.person("sole@example.org", organisation))
    of_return = Return.objects.get(collection=made)
    phone.goto(f"{live_server.url}/collect/returns/{of_return.pk}/")
    follow(phone, "text=Answer for yourself, one question at a time")
    answers = make.record("ME")
    for item in load_form("oh-worker-1").items:
        if item.name == "confirmed_unchanged_on":
            continue
        value = answers.get(item.name)
        if item.name == "role":
            choose_practitioner(phone)
        elif value and phone.locator(f"input[type=radio][name={item.name}]").count():
            phone.check(f"input[name={item.name}][value={value}]")
        elif value and phone.locator(f"select[name={item.name}]").count():
            phone.select_option(f"#id_{item.name}", value)
        elif value:
            phone.fill(f"#id_{item.name}", value)
        if item.name in {"worker_key", "sex", "qualifications", "contract_type"}:
            axe(phone)
        follow(phone, "text=Continue")
    says(phone, "Check your answers")
    axe(phone)
    follow(phone, "text=Save and go on")
    follow(phone, "main button:has-text('Submit')")
    assert ReturnVersion.objects.get().rows == 1
    width = phone.evaluate("document.documentElement.scrollWidth")
    assert width <= 360
    # Next year in two clicks.
    later = make.collection("oh-2028-03", reference_date="2028-03-31", title="Next year")
    phone.goto(f"{live_server.url}/collect/returns/{Return.objects.get(collection=later).pk}/")
    follow(phone, "text=Confirm that nothing changed")
    follow(phone, "main button:has-text('Submit')")
    says(phone, "Receipt")
    assert [version.rows for version in ReturnVersion.objects.submitted()] == [1, 1]


def test_totals_details_and_comparison_on_two_screens(live_server, new_page, axe) -> None:
    organisation = make.organisation("SMALL1")
    made = make.collection()
    register.published_role(register.person("author"), register.approver(), "nur-oh-pract", group="nurses")
    page = new_page()
    page.expected_errors.add("status of 422")  # so are faults answered
    sign_in(page, live_server, make.person("small@example.org", organisation))
    of_return = f"{live_server.url}/collect/returns/{Return.objects.get(collection=made).pk}/"

    def look() -> None:
        for width in (1280, 390):
            fits(page, width)
            axe(page)

    page.goto(of_return)
    follow(page, "text=Totals instead of records")
    page.fill("#id_people", "4")
    page.fill("#id_total_fte", "9")
    page.select_option("#id_role", "nur-oh-pract")
    page.check("[name=region][value=Y60]")
    follow(page, "text=Add the line")
    says(page, "more than 2 for each of 4 people")
    look()
    page.fill("#id_total_fte", "3.2")
    follow(page, "text=Add the line")
    says(page, "4 people in 1 line")
    look()
    page.goto(f"{of_return}details/")
    page.fill("[name=posts-nur-oh-pract]", "1")
    page.check("[name=has_vacancies][value=no]")
    follow(page, "main button:has-text('Save')")
    says(page, "says none or not known")
    look()
    page.check("[name=has_vacancies][value=yes]")
    follow(page, "main button:has-text('Save')")
    follow(page, "text=Your return beside the published figures")
    look()
