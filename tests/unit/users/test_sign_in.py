"""Ways in: a code and a link by e-mail, another service, a lock against guesses, and clear words."""

from __future__ import annotations

import re
import time

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import Group, Permission
from django.core import signing
from django.test import Client
from django.urls import reverse
from freezegun import freeze_time

from portal.users.middleware import SECOND_FACTOR_AT
from portal.users.sign_in_links import SALT
from tests.factories.users import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])


@pytest.fixture
def person(db):
    user = UserFactory(email="sole@example.org")
    user.emailaddress_set.create(email=user.email, verified=False, primary=True)
    return user


def _mail(client, mailoutbox, email: str) -> str:
    client.post(reverse("account_request_login_code"), {"email": email})
    return mailoutbox[-1].body


def test_one_message_holds_a_code_for_here_and_a_link_for_elsewhere(client, mailoutbox, person):
    text = _mail(client, mailoutbox, "SOLE@example.org")
    link = re.search(r"http://testserver(/accounts/link/\S+)", text)[1]
    code = re.search(r"^\s*([A-Z0-9-]{6,})\s*$", text, re.MULTILINE)[1]
    phone = Client()
    # A scanner that only opens the link signs nobody in and uses nothing up.
    for _ in range(2):
        assert b"sole@example.org" in phone.get(link).content
    assert "_auth_user_id" not in phone.session
    assert phone.post(link).url == "/collect/"
    assert phone.session["_auth_user_id"] == str(person.pk)
    person.emailaddress_set.get().refresh_from_db()
    assert person.emailaddress_set.get().verified
    again = Client().post(link, follow=True)
    assert "has been used or is out of date" in again.content.decode()
    client.post(reverse("account_confirm_login_code"), {"code": code})
    assert client.session["_auth_user_id"] == str(person.pk)


@pytest.mark.slow  # the first stopped clock of a run takes its time
def test_a_link_ends_after_a_quarter_of_an_hour_and_cannot_be_made_up(client, mailoutbox, person):
    with freeze_time("2027-03-01 09:00"):
        link = re.search(r"http://testserver(/accounts/link/\S+)", _mail(client, mailoutbox, person.email))[1]
    with freeze_time("2027-03-01 09:15:02"):
        assert client.get(link).status_code == 302
    forged = signing.dumps({"user": person.pk, "stamp": "guess"}, salt=SALT)
    assert client.post(reverse("sign_in_link", args=[forged])).url == reverse("account_request_login_code")
    assert client.post(reverse("sign_in_link", args=["nonsense"])).status_code == 302
    assert "_auth_user_id" not in client.session


def test_an_address_without_an_account_is_told_by_mail_only(client, mailoutbox, person):
    known = client.post(reverse("account_request_login_code"), {"email": person.email})
    unknown = Client().post(reverse("account_request_login_code"), {"email": "nobody@example.org"})
    assert known.url == unknown.url
    assert "/accounts/link/" not in mailoutbox[-1].body
    assert mailoutbox[-1].to == ["nobody@example.org"]


def test_a_link_does_not_pass_by_the_second_factor(client, mailoutbox, person):
    TOTP.activate(person, "JBSWY3DPEHPK3PXP")
    link = re.search(r"http://testserver(/accounts/link/\S+)", _mail(client, mailoutbox, person.email))[1]
    answer = Client().post(link)
    assert answer.url == reverse("mfa_authenticate")


def test_somebody_who_left_is_not_let_in_by_a_link(client, mailoutbox, person):
    link = re.search(r"http://testserver(/accounts/link/\S+)", _mail(client, mailoutbox, person.email))[1]
    person.is_active = False
    person.save()
    assert client.post(link).url == reverse("account_request_login_code")


@pytest.mark.slow  # the first stopped clock of a run takes its time
def test_peer_defect_11_guesses_lock_an_account_for_a_quarter_of_an_hour_with_clear_words(person, settings):
    person.emailaddress_set.update(verified=True)
    with freeze_time("2027-03-01 09:00") as clock:
        for _ in range(5):
            Client().post(reverse("account_login"), {"login": person.email, "password": "wrong"})
        locked = Client().post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
        assert "Too many failed" in locked.content.decode()
        clock.tick(15 * 60 + 1)
        assert Client().post(reverse("account_login"), {"login": person.email, "password": PASSWORD}).status_code == 302


def test_too_many_links_from_one_address_are_refused_in_words(client):
    url = reverse("sign_in_link", args=["guess"])
    answers = [client.post(url).status_code for _ in range(31)]
    assert answers == [302] * 30 + [429]
    assert "Wait 15 minutes" in client.post(url).content.decode()


def test_a_session_that_ended_on_the_way_is_told(client, person):
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/collect/").status_code == 200
    client.session.flush()
    answer = client.post("/collect/token/", {"action": "make"}, follow=True)
    assert "Your session has ended. What you sent last was not saved." in answer.content.decode()
    assert "/accounts/login/?next=/collect/token/" in answer.redirect_chain[0][0]
    assert "has ended" not in Client().get("/collect/", follow=True).content.decode()


@pytest.mark.parametrize("kind", ["is_staff", "may edit"])
def test_staff_need_the_second_factor_everywhere_and_providers_nowhere(client, person, settings, kind):
    settings.SECOND_FACTOR_REQUIRED = True
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/collect/").status_code == 200
    if kind == "is_staff":
        person.is_staff = True
        person.save()
    else:
        group = Group.objects.create(name="Some editors")
        group.permissions.add(Permission.objects.get(codename="access_admin"))
        person.groups.add(group)
    for path in ("/collect/", "/applications/", "/cms/"):
        assert client.get(path).url == reverse("mfa_index"), path
    assert client.get("/healthz").status_code == 200
    session = client.session
    session[SECOND_FACTOR_AT] = time.time()
    session.save()
    assert client.get("/collect/").status_code == 200


def test_a_person_sees_and_ends_sessions(client, person):
    person.emailaddress_set.update(verified=True)
    for browser in (client, other := Client()):
        browser.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    page = client.get(reverse("usersessions_list")).content.decode()
    assert page.count("127.0.0.1") == 2
    client.post(reverse("usersessions_list"))
    assert client.get("/collect/").status_code == 200
    assert other.get("/collect/").status_code == 302


@pytest.mark.parametrize(("groups", "where"), [([], "/collect/"), (["Editors"], "/cms/")])
def test_each_lands_where_their_work_is(rf, groups, where):
    from portal.users.adapters import AccountAdapter
    from portal.users.starting_content import load_starting_content

    load_starting_content()
    request = rf.get("/accounts/login/")
    request.user = UserFactory(groups=groups)
    assert AccountAdapter(request).get_login_redirect_url(request) == where
