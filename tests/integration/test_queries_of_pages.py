"""The queries of a page do not grow with releases, datasets, definitions or opportunities: every page type."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.models import Site

from portal.home.models import GuidancePage, NewsPage, TopicPage
from portal.publications import fragments, reading
from tests.factories import publications as make
from tests.factories.definitions import bulk_register
from tests.factories.opportunities import OpportunityFactory

pytestmark = [pytest.mark.django_db(databases=["default", "submissions"]), pytest.mark.slow]
PAGES = (
    "/", "/publications/", "/publications/{series}/releases/", "/publications/{series}/methodology/",
    "/publications/{series}/march-2022/", "/publications/{series}/march-2022/versions/1/",
    "/publications/calendar/", "/publications/calendar.ics",
    "/publications/releases.atom", "/publications/{series}/releases.atom",
    "/datasets/", "/datasets/{dataset}/", "/datasets/{dataset}/v/1.0.0/", "/datasets/{dataset}/table/",
    "/definitions/", "/definitions/roles/", "/definitions/perspectives/", "/definitions/compare/",
    "/definitions/crosswalk/", "/definitions/why-counts-differ/", "/definitions/changes-in-figures/",
    "/guidance/", "/guidance/how-we-count-people/", "/nursing/", "/news/", "/news/first/", "/accessibility/",
    "/opportunities/", "/search/?q=nurses", "/sitemap.xml", "/catalog.jsonld",
    "/feeds/releases.atom", "/feeds/corrections.atom", "/definitions/changes.atom", "/opportunities/feed.atom",
    "/api/v1/datasets/", "/api/v1/opportunities/", "/api/content/pages/",
)  # fmt: skip


def queries(path: str) -> tuple[int, list[str]]:
    """Return how many queries a reader's first look takes; an answer that is not a page fails."""
    cache.clear()
    reading.drawn.cache_clear()
    fragments._kept.cache_clear()
    Site.clear_site_root_paths_cache()
    Client().get(path)  # what a process learns once (content types, templates) is not a page's
    cache.clear()
    with CaptureQueriesContext(connection) as seen:
        answer = Client().get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    return len(seen), [one["sql"][:160] for one in seen]


def add_more(tmp_path, people, number: int) -> None:
    """Add a series with two releases and its dataset, definitions, news, guidance and opportunities."""
    series = make.make_series()
    first = make.publish(make.make_release(tmp_path, series, last="2021-09"), people)
    data = make.make_data(tmp_path, first.dataset_version.dataset, last="2022-03")
    make.publish(make.make_release(tmp_path, series, data=data), people)
    bulk_register(3, 2, first=number * 10)
    home = series.get_parent().get_parent()
    home.get_children().get(slug="news").specific.add_child(
        instance=NewsPage(title=f"News {number}", slug=f"news-{number}", date="2026-02-02")
    )
    home.get_children().get(slug="guidance").specific.add_child(
        instance=GuidancePage(title=f"How {number}", slug=f"how-{number}")
    )
    OpportunityFactory.create_batch(3)


@pytest.fixture
def site(tmp_path):
    from portal.home.starting_content import load_starting_content as load_pages
    from portal.users.starting_content import load_starting_content as load_groups

    load_groups()
    load_pages()
    people = make.make_people()
    version = make.publish(make.make_release(tmp_path, make.make_series()), people)
    home = version.series.get_parent().get_parent().specific
    news = home.get_children().get(slug="news").specific
    news.add_child(instance=NewsPage(title="First", slug="first", date="2026-01-01"))
    home.add_child(instance=TopicPage(title="Nursing", slug="nursing", role_codes="nur"))
    add_more(tmp_path, people, 1)
    return version, people


def test_no_page_takes_more_queries_when_there_is_more(site, tmp_path):
    version, people = site
    names = {"series": version.series.slug, "dataset": version.dataset_version.dataset.slug}
    paths = [path.format(**names) for path in PAGES]
    before = {path: queries(path) for path in paths}
    for number in (2, 3):
        add_more(tmp_path, people, number)
    after = {path: queries(path) for path in paths}
    grown = {
        path: (before[path][0], after[path][0], [sql for sql in after[path][1] if after[path][1].count(sql) > 2][:6])
        for path in paths
        if after[path][0] > before[path][0]
    }
    assert grown == {}
