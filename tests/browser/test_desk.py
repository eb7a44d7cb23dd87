"""The OH team's desk and the accounts of providers, as people see them in a browser."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.totp.internal import auth as totp
from playwright.sync_api import expect

from portal.organisations import tasks as register_tasks
from portal.organisations.enums import MemberRole
from portal.organisations.models import Organisation, ParentLink
from portal.submissions import tasks
from portal.submissions.actions import ask_team, load_return_records
from portal.submissions.models import Query, Reminder, Return, SentMessage
from portal.submissions.storing import RecordValues
from portal.users.models import User
from portal.users.starting_content import load_starting_content
from tests.browser.steps import follow, says, sign_in
from tests.factories import submissions as make
from tests.factories.users import PASSWORD, UserFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(databases=["default", "submissions"], transaction=True),
]
SUBMIT = "main form button[type=submit]"


@pytest.fixture(autouse=True)
def _jobs_at_once(monkeypatch):
    for job in (
        tasks.deliver_message,
        tasks.send_receipt,
        register_tasks.send_decision,
        register_tasks.send_invitation,
        register_tasks.send_parent_request,
        register_tasks.send_registration,
    ):
        monkeypatch.setattr(job, "delay", job)


def path_in(mail, pattern: str) -> str:
    return re.search(pattern, mail.body)[0]


def confirm(page, axe) -> None:
    """Give the password once more, where it is asked for before something important."""
    if "reauthenticate" in page.url:
        axe(page)
        page.fill("#id_password", PASSWORD)
        follow(page, SUBMIT)


def test_the_desk_from_set_up_to_a_settled_question(live_server, page, axe) -> None:
    def look() -> None:
        page.reload()  # without the CMS's own passing message, which fades while axe measures
        axe(page)

    load_starting_content()
    for number, region in enumerate(("Y56", "Y60", "Y60", "Y63"), start=1):
        organisation = make.organisation(f"OH00{number}", region_code=region)
        make.person(f"p{number}@example.org", organisation)
    sign_in(page, live_server, UserFactory(groups=["Collection managers"], email="desk@example.org"))
    page.goto(f"{live_server.url}/cms/collect/")
    follow(page, "text=Set up a collection")
    page.fill("#id_title", "Occupational health workforce, March 2027")
    page.fill("#id_code", "oh-2027-03")
    page.fill("#id_reference_date", "2027-03-31")
    page.fill("#id_opens_at", "2020-01-01 09:00")
    page.fill("#id_closes_at", "2019-01-01 09:00")
    with page.expect_navigation():
        page.press("#id_title", "Enter")  # the calendar of the field before may lie over the button
    says(page, "The collection closes before it opens", "body")
    page.fill("#id_closes_at", "2099-06-30 17:00")
    with page.expect_navigation():
        page.press("#id_title", "Enter")  # the calendar of the field before may lie over the button
    expect(page).to_have_url(re.compile("/submissions/collection/$"))
    page.goto(f"{live_server.url}/cms/collect/of/oh-2027-03/")
    follow(page, "button:has-text('Open the collection')")
    says(page, "is open now", "body")

    follow(page, ".team-links a:has-text('Reminders')")
    follow(page, "text=Plan the usual ones")
    says(page, "3 reminders planned", "body")
    look()
    page.select_option("#audience", "not_begun")
    page.fill("#words", "Dear {organisation}, begin here: {address}")
    follow(page, "text=Send it now")
    says(page, "4 reminders are on their way", "body")
    assert Reminder.objects.filter(sent_at__isnull=False).get().organisations == 4
    assert SentMessage.objects.filter(state="sent").count() == 4

    made = Return.objects.first().collection
    records = [
        RecordValues(role_code="nur-oh-pract", role_group="nurses", fte_nano=10**9, worker_ref=f"KEY-{n}", registration=("nmc", "18A1234E"))
        for n in range(2)
    ]  # fmt: skip
    load_return_records(by=None, collection=made, records={"OH001": records, "OH002": records[:1]})
    of_return = make.the_return(made)
    ask_team(by=User.objects.get(email="p1@example.org"), of_return=of_return, text="May we send a correction?")
    page.goto(f"{live_server.url}/cms/")
    follow(page, "text=Answers to read, Occupational")
    look()
    page.select_option("#only", "")
    follow(page, "form[method=get] button:has-text('Show')")
    follow(page, "text=1 person is in several returns")
    look()
    follow(page, "text=Provider OH001, record 1")
    look()
    expect(page.locator("#sequence")).to_have_value("1")
    page.fill("#text", "Does this person work for OH002 too?")
    follow(page, "button:has-text('Ask')")
    says(page, "waits for the provider", "body")
    expect(page.locator("main")).not_to_contain_text("KEY-0")
    page.fill("#why", "Possible duplicate with OH002")
    follow(page, "text=Show (this is written down)")
    says(page, "KEY-0")

    sign_in(page, live_server, User.objects.get(email="p1@example.org"))
    page.goto(f"{live_server.url}/collect/")
    look()
    follow(page, "text=1 question of the OH team to answer")
    look()
    question = page.locator("section", has_text="Does this person work")
    question.locator("textarea").fill("Yes, half time.")
    follow(page, question.locator("button"))
    says(page, "Your answer is with the OH team", "body")
    assert Query.objects.filter(state="open").count() == 0
    follow(page, "text=Who has read worker keys of this return")
    says(page, "Possible duplicate with OH002")
    look()

    sign_in(page, live_server, User.objects.get(email="desk@example.org"))
    page.set_viewport_size({"width": 390, "height": 844})  # wide tables scroll, by keyboard too
    pages = ("reads/", "retention/", "registrations/", "of/oh-2027-03/messages/", f"returns/{of_return.pk}/")
    for address in pages:
        page.goto(f"{live_server.url}/cms/collect/{address}")
        look()


def test_from_a_new_account_to_a_second_factor(live_server, page, axe, mailoutbox, settings) -> None:
    page.goto(f"{live_server.url}/accounts/signup/")
    axe(page)
    page.fill("#id_email", "new@example.org")
    page.fill("#id_password1", PASSWORD)
    follow(page, SUBMIT)
    expect(page).to_have_url(re.compile("/confirm-email/$"))
    axe(page)
    page.goto(live_server.url + path_in(mailoutbox[-1], r"/accounts/confirm-email/\S+"))
    follow(page, SUBMIT)
    page.goto(f"{live_server.url}/accounts/login/")
    axe(page)
    follow(page, "text=Send me a code")
    axe(page)
    page.fill("#id_email", "new@example.org")
    follow(page, SUBMIT)
    expect(page).to_have_url(re.compile("/login/code/confirm/$"))
    axe(page)
    page.goto(live_server.url + path_in(mailoutbox[-1], r"/accounts/link/\S+"))
    axe(page)
    follow(page, "main button:has-text('Sign in')")
    expect(page).to_have_url(re.compile("/collect/$"))

    settings.MFA_TOTP_TOLERANCE = 1  # the half minute of a code may end on its way
    page.goto(f"{live_server.url}/accounts/2fa/totp/activate/")
    confirm(page, axe)
    axe(page)
    secret = page.locator("input[readonly]").first.input_value()
    code = totp.format_hotp_value(totp.hotp_value(secret, max(totp.yield_hotp_counters_from_time())))
    page.fill("#id_code", code)
    follow(page, SUBMIT)
    expect(page).not_to_have_url(re.compile("/totp/activate/"))
    assert User.objects.get().authenticator_set.filter(type="totp").exists()
    page.goto(f"{live_server.url}/accounts/2fa/")
    axe(page)
    page.goto(f"{live_server.url}/accounts/sessions/")
    axe(page)
    expect(page.locator("tbody tr")).to_have_count(1)


def test_a_passkey_is_a_second_factor(live_server, page, axe) -> None:
    user = UserFactory(email="key@example.org")
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}},
    )  # fmt: skip
    base = live_server.url.replace("127.0.0.1", "localhost")

    def give_password() -> None:
        page.goto(f"{base}/accounts/login/")
        page.fill("#id_login", user.email)
        page.fill("#id_password", PASSWORD)
        follow(page, SUBMIT)

    give_password()
    expect(page).to_have_url(re.compile("/collect/$"))
    page.goto(f"{base}/accounts/2fa/webauthn/add/")
    confirm(page, axe)
    axe(page)
    follow(page, "#mfa_webauthn_add")
    expect(page).not_to_have_url(re.compile("/webauthn/add/"))
    assert user.authenticator_set.filter(type="webauthn").exists()
    page.goto(f"{base}/accounts/logout/")
    follow(page, SUBMIT)
    give_password()
    expect(page).to_have_url(re.compile("/2fa/authenticate/$"))
    axe(page)
    follow(page, "#mfa_webauthn_authenticate")
    expect(page).to_have_url(re.compile("/collect/$"))


def test_owners_share_the_work_and_groups_agree(live_server, phone, axe, mailoutbox) -> None:
    owner = make.person("owner@example.org", make.organisation("SUB1", name="Small Clinic"), MemberRole.OWNER)
    head = make.person("head@example.org", make.organisation("HEAD1", name="Big Group"), MemberRole.OWNER)
    made = make.collection()
    people = f"{live_server.url}/collect/organisations/SUB1/people/"
    sign_in(phone, live_server, owner)
    phone.goto(people)
    phone.fill("#id_email", "colleague@example.org")
    phone.check("input[name=role][value=viewer]")
    follow(phone, "text=Send invitation")
    says(phone, "An invitation is on its way", "body")
    phone.fill("#parent-code", "head1")
    follow(phone, "text=Ask to belong to it")
    says(phone, "It has yet to decide", "body")
    axe(phone)
    invitation = path_in(mailoutbox[0], r"/collect/organisations/invitations/\S+/")

    sign_in(phone, live_server, make.person("colleague@example.org"))
    phone.goto(live_server.url + invitation)
    axe(phone)
    follow(phone, "button:has-text('Accept')")
    says(phone, "You now act for Small Clinic", "body")

    sign_in(phone, live_server, head)
    phone.goto(f"{live_server.url}/collect/")
    follow(phone, "text=Small Clinic asks to belong to Big Group")
    axe(phone)
    follow(phone, "button:has-text('Agree')")
    says(phone, "You see: nothing", "body")
    assert ParentLink.objects.get().state == "agreed"

    sign_in(phone, live_server, owner)
    phone.goto(people)
    phone.select_option("#access", "submit")
    follow(phone, "button:has-text('Save')")
    says(phone, "is changed", "body")
    row = phone.locator("tr", has_text="colleague@example.org")
    row.locator("select").select_option("editor")
    follow(phone, row.locator("button:has-text('Change')"))
    says(phone, "is editor now", "body")
    axe(phone)

    sign_in(phone, live_server, head)
    phone.goto(f"{live_server.url}/collect/returns/{make.the_return(made, 'SUB1').pk}/upload/")
    axe(phone)
    expect(phone.locator("input[type=file]")).to_have_count(1)
    assert Organisation.objects.get(code="SUB1").parent.code == "HEAD1"
