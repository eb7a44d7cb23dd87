"""The shared cache under two web processes: it is one for both, it may die, and what it kept before is not believed after."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from portal.publications import actions
from portal.publications.errors import ReleaseError
from portal.publications.models import PublicationSeriesPage
from tests.factories import publications as make

pytestmark = [pytest.mark.slow, pytest.mark.django_db(databases=["default", "submissions"], transaction=True)]
LIMIT = 20


def correction_of(first, people, tmp_path):
    data = make.make_data(tmp_path, first.dataset_version.dataset, change=5, kind="correction", change_note="Mended.")
    second = make.make_release(tmp_path, first.series, data=data)
    second.notice = "Two returns were counted twice."
    second.save()
    return make.approve(second, people)


def test_when_it_dies_readers_are_served_nothing_is_published_and_nothing_old_comes_back(
    mortal_cache, start_web, people, tmp_path
):
    first = make.publish(make.make_release(tmp_path, make.make_series()), people)
    second = correction_of(first, people, tmp_path)
    page, slug, number = first.get_absolute_url(), first.dataset_version.dataset.slug, first.dataset_version.number
    addresses = [
        page, "/", "/publications/", "/datasets/", f"/datasets/{slug}/", f"/api/v1/datasets/{slug}/observations",
        f"/datasets/{slug}/v/{number}/files/{slug}-{number}.csv", "/catalog.jsonld", "/feeds/releases.atom",
        f"{first.permanent_address}release.pdf",
    ]  # fmt: skip
    web = start_web()
    for _ in range(3):
        assert [web.get(address)[0] for address in addresses] == [200] * len(addresses)
    assert "ETag" in web.get("/")[1], "it is kept"

    mortal_cache.kill()
    for _ in range(3):
        assert [(web.get(address)[0], address) for address in addresses] == [(200, one) for one in addresses]
    assert "ETag" not in web.get("/")[1], "nothing is kept"
    status, _, said = web.get("/readyz")
    assert status == 503
    assert '"cache": {"ready": false' in said
    assert 1 <= web.log.read_text().count("shared_cache_away") <= 2, "each process says it once"
    with pytest.raises(ReleaseError, match="Nothing was changed: the shared cache"):
        actions.publish_release(by=people["Publishers"], version=second)
    second.refresh_from_db()
    assert second.state == "approved"
    series = PublicationSeriesPage.objects.get(pk=first.series.pk)
    series.quality_summary = "<p>Checked while it was away.</p>"
    series.save_revision().publish()
    assert "Checked while it was away." in web.get(page)[2]

    mortal_cache.start()  # with all that it had kept before
    time.sleep(1.1)  # it is left alone for a second
    for _ in range(4):
        assert "Checked while it was away." in web.get(page)[2]
    assert "ETag" in web.get("/")[1], "pages are kept again"
    assert "shared_cache_back" in web.log.read_text()
    actions.publish_release(by=people["Publishers"], version=second)
    for _ in range(4):
        assert "1,505" in web.get(page)[2]
        assert "1,505" in web.get("/")[2]


def test_an_allowance_is_one_for_all_processes(shared_cache, start_web):
    web = start_web(API_ANONYMOUS_PER_MINUTE=str(LIMIT))
    for attempt in range(20):
        before, minute = web.processes(), time.time() // 60
        caller = {"X_Forwarded_For": f"192.0.2.{attempt}"}
        with ThreadPoolExecutor(8) as readers:
            answers = list(readers.map(lambda _: web.get("/api/v1/datasets/", **caller), range(2 * LIMIT)))  # noqa: B023 - called at once
        used = web.processes() - before
        if len(used) == 2 and time.time() // 60 == minute:
            break
    else:
        pytest.fail("the two processes never shared one minute")
    assert sorted(status for status, _, _ in answers) == [200] * LIMIT + [429] * LIMIT
    left = sorted(int(headers["RateLimit-Remaining"]) for status, headers, _ in answers if status == 200)
    assert left == list(range(LIMIT)), "each answer counts one less, whichever process gives it"
