"""Publications, releases and organisations in the data API: what is public, and which data each stands on."""

from __future__ import annotations

import pytest

from portal.opportunities.enums import OpportunityState
from portal.publications import actions
from tests.factories.opportunities import OpportunityFactory

pytestmark = [pytest.mark.django_db(databases=["default", "submissions"]), pytest.mark.slow]


def test_releases_are_listed_with_their_data_and_every_version(client, published, people):
    series = published.series
    listed = client.get("/api/v1/publications").json()["results"]
    assert [(one["slug"], one["dataset"]) for one in listed] == [(series.slug, series.dataset_slug)]
    address = f"/api/v1/publications/{series.slug}/releases"
    [release] = client.get(address).json()
    assert (release["state"], release["version"], release["dataset_version"]) == ("published", 1, "1.0.0")
    actions.withdraw_release(by=people["Publishers"], version=published, reason="The wrong file.")
    found = client.get(f"{address}/{published.release.slug}").json()
    assert (found["state"], found["withdrawn_reason"]) == ("withdrawn", "The wrong file.")
    assert [one["version"] for one in found["versions"]] == [1]
    missing = client.get(f"{address}/never").json()
    assert (missing["status"], "never" in missing["detail"]) == (404, True)


def test_only_organisations_that_a_public_listing_names_are_told(client):
    shown = OpportunityFactory(state=OpportunityState.OPEN).organisation
    OpportunityFactory(state=OpportunityState.DRAFT)
    [found] = client.get("/api/v1/organisations").json()["results"]
    assert found["code"] == shown.code
    assert {"postcode", "companies_house_number", "size"}.isdisjoint(found)
