"""Sign-in with an account of another service, against one on this machine that speaks OpenID Connect."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import environ
import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.urls import reverse

from portal.settings.identity import providers
from portal.users.models import User
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])


class Service(BaseHTTPRequestHandler):
    """Discovery, token and userinfo, as the standard has them; whoever comes is ``who``."""

    who: ClassVar[dict] = {}
    asked: ClassVar[dict] = {}
    at: ClassVar[str] = ""

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def do_GET(self) -> None:
        if self.path == "/.well-known/openid-configuration":
            self._answer({
                "issuer": self.base, "authorization_endpoint": f"{self.base}/authorize",
                "token_endpoint": f"{self.base}/token", "userinfo_endpoint": f"{self.base}/userinfo",
                "jwks_uri": f"{self.base}/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            })  # fmt: skip
        elif self.headers["Authorization"] == "Bearer our-token":
            self._answer(self.who)
        else:
            self._answer({"error": "invalid_token"}, 401)

    def do_POST(self) -> None:
        sent = {
            key: values[0]
            for key, values in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()
        }
        challenge = base64.urlsafe_b64encode(hashlib.sha256(sent["code_verifier"].encode()).digest()).rstrip(b"=")
        good = (
            sent["client_secret"] == "a secret"
            and sent["code"] == "good"
            and challenge.decode() == self.asked["code_challenge"]
        )
        self._answer(
            {"access_token": "our-token", "token_type": "Bearer"} if good else {"error": "invalid_grant"},
            200 if good else 400,
        )

    def _answer(self, data: dict, status: int = 200) -> None:
        raw = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@pytest.fixture
def service(settings, monkeypatch):
    server = HTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    for name, value in {
        "OIDC_SERVER_URL": f"http://127.0.0.1:{server.server_port}", "OIDC_NAME": "Department sign-in",
        "OIDC_CLIENT_ID": "portal", "OIDC_CLIENT_SECRET": "a secret",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    settings.SOCIALACCOUNT_PROVIDERS = providers(environ.Env())
    Service.at = f"http://127.0.0.1:{server.server_port}"
    yield Service
    server.shutdown()
    server.server_close()
    thread.join()


def come_back(client, service, *, code: str = "good", email: str = "jo@example.org", verified: bool = True):
    """Press the button, sign in over there, and come back with a code."""
    service.who = {"sub": "abc-123", "email": email, "email_verified": verified, "given_name": "Jo"}
    url = reverse("openid_connect_login", args=["portal"])
    assert client.get(url).status_code == 200  # a page with a button: a link alone sends nobody away
    away = client.post(url)
    # By a page and not by a redirect, which a browser would block: a form may be sent to this site alone.
    assert away.status_code == 200
    assert f'<meta http-equiv="refresh" content="0; url={service.at}/authorize?' in away.content.decode()
    service.asked = {key: values[0] for key, values in parse_qs(urlsplit(away.context["address"]).query).items()}
    assert service.asked["redirect_uri"] == "http://testserver/accounts/oidc/portal/login/callback/"
    assert service.asked["code_challenge_method"] == "S256"
    return client.get(urlsplit(service.asked["redirect_uri"]).path, {"code": code, "state": service.asked["state"]})


def test_without_a_service_there_is_none(client):
    assert b"Department sign-in" not in client.get(reverse("account_login")).content
    assert client.get("/accounts/oidc/portal/login/").status_code == 404


def test_somebody_new_signs_in(client, service):
    assert b"Department sign-in" in client.get(reverse("account_login")).content
    assert come_back(client, service).url == "/collect/"
    user = User.objects.get(email="jo@example.org")
    assert client.session["_auth_user_id"] == str(user.pk)
    assert not user.has_usable_password()


def test_an_address_that_the_service_verified_is_the_same_person_here(client, service):
    known = UserFactory(email="jo@example.org")
    known.emailaddress_set.create(email=known.email, verified=True, primary=True)
    come_back(client, service)
    assert client.session["_auth_user_id"] == str(known.pk)
    assert User.objects.count() == 1


def test_an_address_that_it_did_not_verify_is_nobody(client, service):
    known = UserFactory(email="jo@example.org")
    known.emailaddress_set.create(email=known.email, verified=True, primary=True)
    come_back(client, service, verified=False)
    assert "_auth_user_id" not in client.session


def test_the_second_factor_is_asked_for_all_the_same(client, service):
    known = UserFactory(email="jo@example.org", is_staff=True)
    known.emailaddress_set.create(email=known.email, verified=True, primary=True)
    TOTP.activate(known, "JBSWY3DPEHPK3PXP")
    assert come_back(client, service).url == reverse("mfa_authenticate")


def test_a_made_up_code_or_state_lets_nobody_in(client, service):
    refused = come_back(client, service, code="guess")
    assert "You could not be signed in" in refused.content.decode()
    assert "_auth_user_id" not in client.session
    answer = client.get("/accounts/oidc/portal/login/callback/", {"code": "good", "state": "made up"})
    assert "_auth_user_id" not in client.session
    assert "You could not be signed in" in answer.content.decode()
