"""Nobody edits without a second factor, nor after a long pause."""

from __future__ import annotations

import time

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from portal.users.middleware import LAST_SEEN_AT, SECOND_FACTOR_AT
from tests.factories.users import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])


@pytest.fixture
def editor(client: Client, settings) -> Client:
    settings.SECOND_FACTOR_REQUIRED = True
    client.force_login(UserFactory(administrator=True), backend="django.contrib.auth.backends.ModelBackend")
    return client


def _keep(client: Client, **values: float) -> None:
    session = client.session
    session.update(values)
    session.save()


def test_a_password_alone_does_not_open_the_cms(editor: Client) -> None:
    answer = editor.get("/cms/")
    assert answer.status_code == 302
    assert answer.url == reverse("mfa_index")


@pytest.mark.parametrize("path", ["/cms/", "/cms/collect/", "/cms/pages/"])
def test_somebody_signed_in_who_edits_nothing_is_told_so_and_not_sent_round(client: Client, path: str) -> None:
    client.force_login(UserFactory(), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(path).status_code == 403


def test_a_proved_second_factor_does(editor: Client) -> None:
    _keep(editor, **{SECOND_FACTOR_AT: time.time()})
    assert editor.get("/cms/").status_code == 200


def test_the_rule_can_be_switched_off(editor: Client, settings) -> None:
    settings.SECOND_FACTOR_REQUIRED = False
    assert editor.get("/cms/").status_code == 200


def test_readers_and_providers_are_not_asked(editor: Client) -> None:
    assert editor.get("/healthz").status_code == 200


def test_editing_ends_after_a_pause(editor: Client, settings) -> None:
    now = time.time()
    _keep(editor, **{SECOND_FACTOR_AT: now, LAST_SEEN_AT: now - settings.EDITING_SESSION_SECONDS + 300})
    assert editor.get("/cms/").status_code == 200
    _keep(editor, **{LAST_SEEN_AT: now - settings.EDITING_SESSION_SECONDS - 300})
    answer = editor.get("/cms/pages/")
    assert answer.status_code == 302
    assert answer.url == f"{reverse('account_login')}?next=/cms/pages/"
    assert "_auth_user_id" not in editor.session


def test_the_cms_has_no_sign_in_page_of_its_own(client: Client) -> None:
    answer = client.get("/cms/login/?next=/cms/")
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("account_login"))
    assert client.get("/cms/password_reset/").status_code == 404


# The factor counts once it is stored: only a test that commits sees that.
@pytest.mark.django_db(transaction=True, databases=["default", "submissions"])
def test_setting_up_a_factor_opens_the_cms_in_that_session(client: Client, settings) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    settings.MFA_TOTP_TOLERANCE = 1  # the half minute of a code may end on its way
    user = UserFactory(administrator=True)
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert client.get("/cms/").url == reverse("mfa_index")
    form = client.get(reverse("mfa_activate_totp"))
    if form.status_code == 302:  # asked for the password once more
        form = client.post(form.url, {"password": PASSWORD}, follow=True)
    assert form.status_code == 200
    secret = client.session["mfa.totp.secret"]
    code = totp.format_hotp_value(totp.hotp_value(secret, max(totp.yield_hotp_counters_from_time())))
    client.post(reverse("mfa_activate_totp"), {"code": code})
    assert client.get("/cms/").status_code == 200


def test_guessing_is_stopped(client: Client) -> None:
    cache.clear()
    user = UserFactory()
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    for _ in range(5):
        client.post(reverse("account_login"), {"login": user.email, "password": "a wrong guess"})
    answer = client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert "_auth_user_id" not in client.session
    assert b"Too many failed" in answer.content
