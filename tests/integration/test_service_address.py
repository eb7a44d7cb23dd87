"""Readers of a public process of its own find the process where people sign in, and mail leads there."""

import pytest

from portal.api.tasks import send_link_to_keys
from portal.core.context_processors import site
from tests.factories.opportunities import OpportunityFactory

pytestmark = [pytest.mark.django_db(databases=["default", "submissions"]), pytest.mark.slow]
SERVICE = "https://service.example.org"


@pytest.mark.parametrize(
    ("process", "address", "leads_to"), [("service", SERVICE, ""), ("public", SERVICE, SERVICE), ("public", "", None)]
)
def test_where_people_sign_in(settings, process, address, leads_to):
    settings.PROCESS, settings.SERVICE_URL = process, address
    assert site(None)["service_url"] == leads_to


@pytest.mark.parametrize("address", [SERVICE, ""])
def test_pages_of_the_public_process_lead_there(client, settings, address):
    listing = OpportunityFactory()
    settings.PROCESS, settings.SERVICE_URL = "public", address
    pages = {path: client.get(path).content.decode() for path in (listing.get_absolute_url(), "/api/v1/docs/")}
    paths = (f"/applications/apply/{listing.reference}/", "/collect/", "/accounts/api-keys/")
    shown = {path for path in paths for page in pages.values() if f'href="{address}{path}"' in page}
    assert shown == (set(paths) if address else set())


def test_mail_leads_there(settings, mailoutbox):
    settings.SERVICE_URL = SERVICE
    send_link_to_keys("reader@example.org")
    assert f"{SERVICE}/accounts/api-keys/" in mailoutbox[0].body
