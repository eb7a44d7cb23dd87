"""Which answers a network of caches drops together."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from portal.core.surrogate_keys import SurrogateKeyMiddleware, keys_of


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("/publications/workforce/march-2022/", {"publications", "series-workforce", "release-workforce-march-2022"}),
        (
            "/publications/workforce/march-2022/versions/2/",
            {"publications", "series-workforce", "release-workforce-march-2022"},
        ),
        ("/publications/workforce/releases/", {"publications", "series-workforce"}),
        ("/publications/workforce/", {"publications", "series-workforce"}),
        ("/publications/calendar.ics", {"publications", "calendar"}),
        ("/datasets/ohw-headcount/v/1.0.0/", {"datasets", "dataset-ohw-headcount"}),
        ("/api/v1/datasets/ohw-headcount/observations", {"datasets", "dataset-ohw-headcount"}),
        ("/catalog.jsonld", {"datasets", "publications", "catalogue"}),
        ("/feeds/releases.atom", {"datasets", "publications", "catalogue"}),
        ("/definitions/roles/nur/", {"definitions"}),
        ("/", {"pages", "publications"}),
        ("/guidance/how-we-count-people/", {"pages", "publications"}),
        ("/cms/pages/", set()),
        ("/collect/", set()),
        ("/accounts/login/", set()),
    ],
)
def test_an_address_has_the_keys_of_what_it_shows(path, keys):
    assert set(keys_of(path).split()) == keys


def test_what_is_one_persons_own_has_none():
    def answer(**headers: str) -> HttpResponse:
        return HttpResponse(headers={name.replace("_", "-"): value for name, value in headers.items()})

    personal = answer()
    personal.set_cookie("csrftoken", "1")
    for response in (personal, answer(Cache_Control="private, no-store")):
        assert "Surrogate-Key" not in SurrogateKeyMiddleware(lambda _request, one=response: one)(
            RequestFactory().get("/")
        )
    own = SurrogateKeyMiddleware(lambda _request: answer(Surrogate_Key="x"))(RequestFactory().get("/"))
    assert own["Surrogate-Key"] == "x"
    assert "Surrogate-Key" in SurrogateKeyMiddleware(lambda _request: answer())(RequestFactory().get("/"))
