"""The whole journey of an applicant and of a host, with JavaScript on and off, on a desk and on a phone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.utils import timezone
from playwright.sync_api import expect

from portal.applications import actions, messages
from portal.applications.enums import ApplicationState as S
from portal.applications.models import Application
from portal.opportunities.models import Opportunity
from portal.organisations.models import Membership
from tests.browser.steps import follow, says, sign_in
from tests.factories.opportunities import ApplicantFactory, HostFactory, OpportunityFactory, application_for
from tests.factories.users import UserFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(databases=["default", "submissions"], transaction=True),
]
PHONE = {"viewport": {"width": 390, "height": 800}}
SCREENS = pytest.mark.parametrize(
    "options",
    [
        pytest.param(
            {"java_script_enabled": scripts, **screen}, id=f"{name} {'with' if scripts else 'without'} JavaScript"
        )
        for name, screen in (("desktop", {}), ("phone", PHONE))
        for scripts in (True, False)
    ],
)


@pytest.fixture(autouse=True)
def _mail_at_once(monkeypatch) -> None:
    monkeypatch.setattr(messages.tell_applicant, "delay", messages.tell_applicant)


def looker(page, axe):
    """Return a check of the page one is on: axe finds nothing, and it is never wider than the screen."""

    def look() -> None:
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1"), page.url

    return look


def day(days: int) -> str:
    return f"{timezone.localdate() + timedelta(days=days):%Y-%m-%d}"


@SCREENS
def test_an_applicant_from_search_to_feedback(live_server, new_page, axe, options: dict) -> None:
    listing = OpportunityFactory(capacity=1, title="Occupational health week", safeguarding_contact="Jo, 0113 496 0000")
    user = UserFactory(email="young@example.org")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    page = new_page(**options)
    page.expected_errors.add("status of 422")  # so are faults answered
    look = looker(page, axe)

    page.goto(f"{live_server.url}/opportunities/")
    page.fill("#id_place", "LS1 4AP")
    look()
    follow(page, "form[aria-label='Opportunities'] button")
    look()
    follow(page, "text=Occupational health week")
    says(page, "same chance")
    look()
    follow(page, "main a:has-text('Apply')")

    # Sign-in by a code that comes by e-mail, and back to where one was.
    follow(page, "text=Send me a code")
    page.fill("input[name=email]", user.email)
    follow(page, "main button[type=submit]")
    look()
    code = re.search(r"\n\s*([A-Z0-9]{3,}-?[A-Z0-9]{3,})\s*\n", mail.outbox[-1].body)[1]
    page.fill("input[name=code]", code)
    follow(page, "main button[type=submit]")
    expect(page).to_have_url(re.compile("/about-you/$"))
    page.fill("#id_full_name", "Ada Young")
    page.fill("#id_date_of_birth", f"1 3 {timezone.localdate().year - 15}")
    look()
    follow(page, "text=Save and continue")
    page.fill("#id_guardian_name", "Grace Young")
    page.fill("#id_guardian_contact", "grace@example.org")
    follow(page, "text=Save and continue")
    says(page, "must agree")  # the box was not ticked
    page.fill("#id_guardian_contact", "grace@example.org")
    page.check("#id_agrees")
    look()
    follow(page, "text=Save and continue")
    page.fill("#id_school_or_college", "Leeds Academy")
    page.fill("#id_school_contact", "Ms Hill, 0113 496 0001")
    look()
    follow(page, "text=Save and continue")
    page.fill("#id_postcode", "LS1 4AP")
    follow(page, "text=Save and continue")
    page.fill("#id_statement", "I would like to help people stay well at work.")
    follow(page, "text=Save and continue")
    page.check("input[name=declared_relationship][value=no]")
    look()
    follow(page, "text=Save and continue")
    says(page, "Leeds Academy")
    look()
    follow(page, "text=Send application")
    says(page, "Application sent")
    look()
    page.check("input[name=sex][value=female]")
    follow(page, "text=Save and finish")

    application = Application.objects.get(opportunity_reference=listing.reference)
    actions.run_draw(by=None, draw=actions.close_round(by=None, opportunity=listing), public_value="7", source="Lotto")
    assert "You are offered a place" in mail.outbox[-1].subject
    page.goto(f"{live_server.url}/applications/")
    look()
    follow(page, "main a:has-text('See')")
    look()
    follow(page, "text=Yes, I take the place")
    says(page, "You said yes")
    checks = actions.Checks(risk_assessed_on=timezone.localdate(), dbs="not_needed")
    actions.confirm_place(by=UserFactory(), application=application, checks=checks)
    actions.record_attendance(by=UserFactory(), application=application, attended=True)
    page.reload()
    follow(page, "text=Say how it was")
    page.check("input[name=as_described][value='5']")
    page.check("input[name=felt_welcome][value='4']")
    page.check("input[name=more_likely][value=more]")
    look()
    follow(page, "main button:has-text('Send')")
    assert application.feedback.felt_welcome == 4


@SCREENS
def test_waiting_list_and_withdrawal(live_server, new_page, axe, options: dict) -> None:
    listing = OpportunityFactory(capacity=1)
    users = [UserFactory() for _ in range(2)]
    for user in users:
        application_for(listing, applicant=ApplicantFactory(user_id=user.pk))
    actions.run_draw(by=None, draw=actions.close_round(by=None, opportunity=listing), public_value="7", source="Lotto")
    first = Application.objects.get(state=S.OFFERED)
    second = Application.objects.get(state=S.WAITING_LIST)
    page = new_page(**options)
    page.expected_errors.add("status of 422")  # so are faults answered
    look = looker(page, axe)
    sign_in(page, live_server, next(user for user in users if user.pk == second.applicant.user_id))
    page.goto(f"{live_server.url}/applications/{second.entry_code}/")
    says(page, "number 2 in the order of the draw")
    look()
    page.goto(f"{live_server.url}/applications/{second.entry_code}/concern/")
    look()
    actions.withdraw_application(by=UserFactory(), application=first, reason="dates")
    page.goto(f"{live_server.url}/applications/{second.entry_code}/")
    says(page, "You have a place if you want it")
    follow(page, "text=Withdraw this application")
    page.check("input[value=travel]")
    look()
    follow(page, "main button:has-text('Withdraw')")
    says(page, "You withdrew")


@SCREENS
def test_a_host_from_listing_to_attendance(live_server, new_page, axe, options: dict) -> None:
    host, user = HostFactory(name="Aire Hospitals"), UserFactory()
    Membership.objects.create(organisation=host, user=user, role="owner")
    page = new_page(**options)
    page.expected_errors.add("status of 422")  # so are faults answered
    look = looker(page, axe)
    sign_in(page, live_server, user)
    page.goto(f"{live_server.url}/applications/host/")
    look()
    follow(page, "main a:has-text('Start a listing')")
    page.fill("#id_title", "Occupational health week")
    page.fill("#id_summary", "See how a team keeps staff well.")
    page.select_option("#id_kind", "work_experience")
    page.fill("#id_starts_on", day(60))
    page.fill("#id_ends_on", day(64))
    page.fill("#id_postcode", "LS1 4AP")
    page.fill("#id_capacity", "1")
    page.fill("#id_requirements_text", "Flat shoes: floors are wet")
    page.fill("#id_safeguarding_contact", "Jo, 0113 496 0000")
    page.check("input[name=allocation_rule][value=review_then_draw]")
    page.fill("#id_closes_on", day(20))
    page.fill("#id_decision_on", day(30))
    follow(page, "text=Save the draft")
    says(page, "Say what reviewers score", ".govuk-error-summary")
    page.fill("#id_criteria_text", "Says why they are interested")
    page.fill("#id_review_line", "3")
    look()
    follow(page, "text=Save the draft")
    look()
    follow(page, "text=Send for approval")
    listing = Opportunity.objects.get()
    actions.approve_listing(by=UserFactory(), opportunity=listing)
    for number in range(2):
        person = ApplicantFactory(full_name=f"Quentin Planted{number}", school_or_college="Leeds Academy")
        application_for(listing, applicant=person, statement="I am Quentin and I am keen.")
    page.goto(f"{live_server.url}/applications/host/listings/{listing.reference}/applications/")
    says(page, "2 applications so far")
    look()
    actions.close_round(by=None, opportunity=listing)

    page.goto(f"{live_server.url}/applications/host/")
    follow(page, "main a:has-text('Review the applications')")
    look()
    for _ in range(2):
        follow(page, "tr:has-text('To do') a")
        assert "Quentin" not in page.content()
        page.check("input[name=score_0][value='4']")
        look()
        follow(page, "text=Save the review")
    follow(page, "text=Back to the listing")
    follow(page, "text=Finish the review")
    look()
    follow(page, "main a:has-text('Hold the draw')")
    page.fill("#id_public_value", "4 8 15 16 23 42")
    page.fill("#id_source", "National Lottery, Lotto results of today")
    look()
    follow(page, "main button:has-text('Hold the draw')")
    offered = Application.objects.get(state=S.OFFERED)
    actions.reply_to_offer(by=UserFactory(), application=offered, accepts=True)
    page.goto(f"{live_server.url}/applications/host/listings/{listing.reference}/applications/")
    says(page, offered.applicant.full_name)
    look()
    follow(page, "tr:has-text('confirm the place') a")
    page.fill("#id_risk_assessed_on", day(-1))
    page.check("input[name=dbs][value=not_needed]")
    look()
    follow(page, "main button:has-text('Confirm the place')")
    says(page, "Place confirmed")
    Opportunity.objects.filter(pk=listing.pk).update(starts_on=timezone.localdate())
    page.reload()  # before the first day there is nothing to say
    follow(page, "text=Took part")
    page.goto(f"{live_server.url}/applications/host/listings/{listing.reference}/")
    follow(page, "main button:has-text('Finish the round')")
    follow(page, "text=Copy as a draft")
    look()
    assert Application.objects.get(pk=offered.pk).state == S.ATTENDED
    for address in (f"{host.code}/elsewhere/", f"{host.code}/report/", f"listings/{listing.reference}/concern/"):
        page.goto(f"{live_server.url}/applications/host/{address}")
        look()
