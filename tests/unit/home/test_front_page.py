"""The front page: figures from the data, in words, at a fixed price."""

import pytest
from django.contrib.staticfiles import finders

from portal.home.figures import change_in_words, default_perspective, headline_tiles, perspective_bars
from portal.home.models import NewsPage, TopicPage
from tests.factories import datasets as data
from tests.factories import publications as make

pytestmark = [pytest.mark.django_db(databases=["default"]), pytest.mark.slow]
LABELS = {"2021-03": "March 2021", "2022-03": "March 2022"}


class Cell:
    def __init__(self, value) -> None:
        self.value = value


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (1000, 1250, "Up 250 (25.0%) since March 2021"),
        (1250, 1000, "Down 250 (20.0%) since March 2021"),
        (1000, 1000, "No change since March 2021"),
        (0, 10, "Up 10 since March 2021"),
        (None, 10, ""),
        (10, None, ""),
    ],
)
def test_a_change_is_said_from_what_is_published(before, after, words):
    assert change_in_words([("2021-03", Cell(before)), ("2022-03", Cell(after))], LABELS) == words


def test_a_first_period_has_no_change():
    assert change_in_words([("2022-03", Cell(5))], LABELS) == ""


@pytest.fixture
def version(tmp_path):
    return make.make_data(tmp_path)


def test_tiles_show_value_period_perspective_and_coverage(version):
    people, nurses = headline_tiles(version, url="/r/", limit=3)
    assert (people.value, people.period, people.perspective) == (
        "1,500",
        "March 2022",
        "Counted as: Multidisciplinary team",
    )
    assert people.coverage == "From 412 of 520 organisations"
    assert "<svg" in people.sparkline
    assert nurses.value == "900"


def test_a_headline_that_names_several_cells_is_left_out_rather_than_guessed(tmp_path):
    metadata = make.make_metadata()
    metadata["headlines"][0]["filters"] = {"geography_level": "region"}
    metadata["headlines"][1]["filters"] = {"no_such_column": "x"}
    version = data.make_draft(data.make_dataset(), tmp_path, metadata=metadata, rows=make.make_rows(metadata))
    assert headline_tiles(version, url="", limit=3) == []


def test_bars_compare_the_perspectives_with_the_largest(version):
    period, bars = perspective_bars(version, url="/r/")
    assert period == "March 2022"
    assert [(bar.code, bar.text, bar.percent, bar.url) for bar in bars] == [
        ("D1", "750", 50.0, "/r/?perspective=D1"),
        ("D2", "1,500", 100.0, "/r/?perspective=D2"),
    ]


def test_an_unknown_default_perspective_gives_way_to_the_first(tmp_path):
    metadata = make.make_metadata(default_perspective="D9")
    version = data.make_draft(data.make_dataset(), tmp_path, metadata=metadata, rows=make.make_rows(metadata))
    assert default_perspective(version) == "D1"


def test_the_front_page_costs_the_same_with_more_releases(
    site_content, tmp_path, client, django_assert_max_num_queries
):
    people, series = make.make_people(), make.make_series("workforce")
    first = make.publish(make.make_release(tmp_path, series), people)
    client.get("/")
    with django_assert_max_num_queries(12) as few:
        text = client.get("/").content.decode()
    assert "1,500" in text
    assert "It depends who you count" in text
    dataset = first.dataset_version.dataset
    again = make.make_data(tmp_path, dataset, last="2022-09")
    make.publish(make.make_release(tmp_path, series, data=again), people)
    with django_assert_max_num_queries(len(few)):
        text = client.get("/").content.decode()
    assert "1,750" in text


def test_an_empty_site_has_a_front_page_without_figures(site_content, client):
    text = client.get("/").content.decode()
    assert "Nothing has been released yet" in text
    assert "It depends who you count" not in text


def test_synthetic_figures_are_labelled_on_the_front_page(site_content, tmp_path, client):
    metadata = make.make_metadata(synthetic=True)
    version = data.make_draft(data.make_dataset(), tmp_path, metadata=metadata, rows=make.make_rows(metadata))
    make.publish(make.make_release(tmp_path, make.make_series("workforce"), data=version), make.make_people())
    assert "Synthetic demonstration data" in client.get("/").content.decode()


def test_the_sitemap_has_what_is_public_and_nothing_else(site_content, tmp_path, client):
    from wagtail.models import Page

    from portal.home.models import GuidancePage

    Page.objects.get(slug="guidance").add_child(instance=GuidancePage(title="Draft", slug="draft-page", live=False))
    data.make_draft(data.make_dataset("hidden-data"), tmp_path)
    release = make.publish(make.make_release(tmp_path, make.make_series("workforce")), make.make_people())
    text = client.get("/sitemap.xml").content.decode()
    assert release.get_absolute_url() in text
    assert release.dataset_version.dataset.get_absolute_url() in text
    assert "/guidance/perspectives/" in text
    assert "draft-page" not in text
    assert "hidden-data" not in text
    assert b"/sitemap.xml" in client.get("/robots.txt").content


def test_a_browser_finds_the_icon_where_no_page_names_it(client, settings):
    answer = client.get("/favicon.ico")
    assert answer.status_code == 302
    assert finders.find(answer["Location"].removeprefix(settings.STATIC_URL))


def test_the_front_page_leads_to_topics_and_news(site_content, client):
    text = client.get("/").content.decode()
    for page in (*TopicPage.objects.live(), *NewsPage.newest(1)):
        assert f'href="{page.url}"' in text
    TopicPage.objects.get(slug="nurses").unpublish()
    assert 'href="/nurses/"' not in client.get("/").content.decode()


def test_a_topic_shows_the_releases_that_tell_about_its_roles(site_content, tmp_path, client):
    release = make.publish(make.make_release(tmp_path, make.make_series("workforce")), make.make_people())
    codes = [code for code in release.dataset_version.meta.by_id["role_code"].labels if code != "all"]
    topic = TopicPage.objects.get(slug="nurses")
    link = f'href="{release.get_absolute_url()}"'
    assert link not in client.get(topic.url).content.decode(), "its data know none of these roles"
    topic.role_codes = f"nur-scphn, {codes[0]}"
    topic.save_revision().publish()
    assert link in client.get(topic.url).content.decode()
