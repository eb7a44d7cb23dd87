"""What readers get: one address for the latest, one for each version, files that never change, few queries."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET

import pytest
from django.core.cache import cache
from django.test import Client
from wagtail.blocks import StructBlockValidationError

from portal.datasets.actions import withdraw_version
from portal.home.models import HomePage, NewsIndexPage, NewsPage
from portal.publications import actions, binding, figures, fragments, reading
from portal.publications.models import MethodologyPage
from portal.publications.prose_blocks import PinnedSentenceBlock
from tests.factories import publications as make

pytestmark = [pytest.mark.django_db(databases=["default"]), pytest.mark.slow]


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def test_the_series_leads_to_its_latest_release(client, published, tmp_path, people):
    response = client.get(f"/publications/{published.series.slug}/")
    assert (response.status_code, response["Location"]) == (302, published.get_absolute_url())
    assert "no-cache" in response["Cache-Control"]
    data = make.make_data(tmp_path, published.dataset_version.dataset, last="2022-09")
    newer = make.publish(make.make_release(tmp_path, published.series, data=data), people)
    response = client.get(f"/publications/{published.series.slug}/")
    assert response["Location"] == newer.get_absolute_url()


def test_a_release_shows_its_figures_under_the_perspective_of_the_address(client, published):
    address = published.get_absolute_url()
    default = text_of(client.get(address))
    core = text_of(client.get(f"{address}?perspective=D1"))
    assert "1,500" in default
    assert "The number of people in occupational health rose by 250 (20.0%) to 1,500 in March 2022." in default
    assert "The number of people in occupational health rose by 125 (20.0%) to 750 in March 2022." in core
    assert 'aria-current="true">Clinical core' in core
    assert "From 412 of 520 organisations" in default
    assert "/definitions/perspectives/D2/v/3/" in default
    assert "[c]" in core


def test_an_unknown_perspective_shows_the_default(client, published):
    assert text_of(client.get(f"{published.get_absolute_url()}?perspective=D9")) == text_of(
        client.get(published.get_absolute_url())
    )


def test_nothing_of_a_draft_is_public(client, tmp_path):
    version = make.make_release(tmp_path, make.make_series())
    assert client.get(version.get_absolute_url()).status_code == 404
    assert client.get(version.permanent_address).status_code == 404
    name = f"figure-{version.release.sections[0].value['body'][0].id.split('-')[0]}"
    assert client.get(f"{version.permanent_address}figures/{name}.csv").status_code == 404
    assert "March 2022" not in text_of(client.get(f"/publications/{version.series.slug}/releases/"))
    assert "March 2022" not in text_of(client.get("/publications/"))


def test_an_edit_of_a_published_page_is_not_seen_before_it_is_published(client, published, people):
    page = published.release.get_latest_revision_as_object()
    page.title = "Words nobody approved"
    page.save_revision(user=people["Editors"])
    page.save()  # even a write past every action
    cache.clear()
    assert "Words nobody approved" not in text_of(client.get(published.get_absolute_url()))


def test_a_superseded_version_stays_at_its_address_with_its_own_figures(client, published, tmp_path, people):
    first_figures = text_of(client.get(published.permanent_address))
    data = make.make_data(tmp_path, published.dataset_version.dataset, change=5, kind="correction")
    second = make.make_release(tmp_path, published.series, data=data)
    second.notice = "Two returns were counted twice."
    second.save()
    second = make.publish(second, people)
    latest = text_of(client.get(published.get_absolute_url()))
    assert "1,505" in latest
    assert "Two returns were counted twice." in latest
    dataset = published.dataset_version.dataset
    assert f'href="/datasets/{dataset.slug}/compare/?to={second.dataset_version.number}"' in latest
    old = client.get(published.permanent_address)
    assert "It was replaced on" in text_of(old)
    assert "Why: Two returns were counted twice." in text_of(old)
    assert "1,500" in text_of(old)
    assert "1,505" not in text_of(old)
    assert "noindex" in text_of(old)
    assert "1,500" in first_figures


def test_a_withdrawn_release_shows_the_reason_and_no_figure(client, published, people):
    name = f"figure-{published.release.sections[0].value['body'][0].id.split('-')[0]}"
    actions.withdraw_release(by=people["Publishers"], version=published, reason="The wrong file was used.")
    for address in (published.get_absolute_url(), published.permanent_address):
        page = text_of(client.get(address))
        assert "The wrong file was used." in page
        assert "1,500" not in page
    assert client.get(f"{published.permanent_address}figures/{name}.csv").status_code == 404


def test_a_chart_comes_as_csv_and_as_svg_that_stands_alone(client, published):
    chart = published.release.sections[0].value["body"][0]
    base = f"{published.permanent_address}figures/figure-{chart.id.split('-')[0]}"
    answer = client.get(f"{base}.csv?perspective=D2")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert {row["category"]: row["value"] for row in rows} == {
        "Midlands": "600",
        "South East": "450",
        "London": "300",
    }
    assert "immutable" in answer["Cache-Control"]
    drawing = client.get(f"{base}.svg")
    root = ET.fromstring(drawing.content)  # noqa: S314 - our own drawing
    assert root.tag.endswith("svg")
    assert "Headcount, all roles" in drawing.content.decode()
    assert "style=" not in drawing.content.decode()


def test_a_table_comes_as_csv_with_its_symbols_apart(client, published):
    table = published.release.sections[2].value["body"][0]
    answer = client.get(f"{published.permanent_address}figures/figure-{table.id.split('-')[0]}.csv?perspective=D1")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    hidden = [row for row in rows if row["status"]]
    assert [(row["row"], row["column"], row["value"], row["status"]) for row in hidden] == [
        ("London", "Nurses", "", "c")
    ]
    assert client.get(f"{published.permanent_address}figures/figure-nonsense.csv").status_code == 404


def _queries(client, address, django_assert_max_num_queries, most):
    with django_assert_max_num_queries(most) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


def test_a_release_page_takes_at_most_12_queries_however_many_releases_there_are(
    published, tmp_path, people, django_assert_max_num_queries, django_assert_num_queries
):
    address = published.get_absolute_url()
    _forget_parts()
    before = _queries(Client(), f"{address}?perspective=D1", django_assert_max_num_queries, 12)
    for last in ("2021-03", "2021-09"):
        make.publish(make.make_release(tmp_path, published.series, last=last), people)
    _forget_parts()
    after = _queries(Client(), f"{address}?perspective=D1", django_assert_max_num_queries, 12)
    assert after == before
    with django_assert_num_queries(2):  # its versions and the next release; all else was made at publication
        Client().get(f"{address}?perspective=D1")


def _forget_parts():
    cache.clear()
    reading.drawn.cache_clear()
    fragments._kept.cache_clear()


def test_index_and_series_pages_do_not_grow_with_releases(published, tmp_path, people, django_assert_max_num_queries):
    addresses = ["/publications/", f"/publications/{published.series.slug}/releases/", "/publications/calendar/"]
    before = [_queries(Client(), address, django_assert_max_num_queries, 15) for address in addresses]
    make.publish(make.make_release(tmp_path, published.series, last="2021-09"), people)
    after = [_queries(Client(), address, django_assert_max_num_queries, 15) for address in addresses]
    assert after == before


def test_a_reader_who_has_the_page_is_told_that_it_is_the_same(client, published):
    first = client.get(published.get_absolute_url())
    again = client.get(published.get_absolute_url(), headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert f"series-{published.series.slug}" in first["Surrogate-Key"]
    assert "no-cache" in first["Cache-Control"]


def test_a_methodology_page_is_found_below_its_series(client, published):
    page = client.get(f"/publications/{published.series.slug}/methodology/")
    assert page.status_code == 200
    assert client.get(f"/publications/{published.series.slug}/nothing/").status_code == 404


def test_a_page_of_no_release_reads_its_figures_from_the_version_that_it_names(client, published, people):
    data = published.dataset_version
    cells = {"measure": "headcount", "filters": [{"dimension": k, "code": v} for k, v in make.HEADLINE.items()]}
    value = {"text": "It {movement}.", "subject": "", "dataset": data.dataset.slug, "version": "1.0.0", "cells": cells}
    news = NewsIndexPage(title="News", slug="news")
    HomePage.objects.get().add_child(instance=news)
    body = [
        {"type": "pinned_sentence", "value": value},
        {
            "type": "sourced_figure",
            "value": {"figure": "930", "label": "boards", "source": "ONS", "date": "2027-03-01"},
        },
    ]
    pages = [
        news.add_child(instance=NewsPage(title="A new series", slug="new", date="2027-03-01", body=body)),
        published.series.add_child(
            instance=MethodologyPage(title="Quality", slug="quality", kind="quality", body=body)
        ),
    ]
    for page in pages:
        page.full_clean()
        said = text_of(client.get(page.url))
        assert "It rose by 250 (20.0%) to 1,500." in said
        assert f'href="{data.get_absolute_url()}">{data.dataset.title}, 1.0.0</a>' in said
        assert "<strong>930</strong> boards (source: ONS, 1 March 2027)" in said
    answer = client.get(f"/api/content/pages/{pages[0].pk}/?fields=*").json()
    assert answer["body"][0]["value"]["said"] == "It rose by 250 (20.0%) to 1,500."
    block = PinnedSentenceBlock()
    for wrong in ({"version": "9.0.0"}, {"text": "There are 1,330"}, {"cells": {**cells, "measure": "posts"}}):
        with pytest.raises(StructBlockValidationError):
            block.clean(block.to_python({**value, **wrong}))
    withdraw_version(by=people["Publishers"], version=data, reason="The wrong file.")
    assert "The data of this sentence was withdrawn." in text_of(client.get(pages[0].url))


def test_the_interval_of_an_estimate_is_drawn_around_the_estimate_alone(tmp_path, people):
    """Limits belong to the estimate: around what was returned they would say what is not so."""
    metadata = make.make_metadata()
    names = {"headcount_estimate": 1.2, "headcount_low": 1.1, "headcount_high": 1.3}
    metadata["measures"] += [{"id": name, "label": name, "unit": "people"} for name in names]
    rows = make.make_rows(metadata)
    for name, share in names.items():
        more = [{**row, "measure": name} for row in make.make_rows(metadata)]
        rows += [{**row, "value": None if row["value"] is None else row["value"] * share} for row in more]
    data = make.make_draft(make.make_dataset(spatial="England"), tmp_path, metadata=metadata, rows=rows)
    bound = binding.bind(data, default="D2")
    block = make.make_release(tmp_path, make.make_series(), data=data).release.sections[0].value["body"][0].value
    block["kind"] = "range"
    returned = figures.chart(block, bound).series[0].points
    assert {(point.low, point.high) for point in returned} == {(None, None)}
    block["cells"]["measure"] = "headcount_estimate"
    for point in figures.chart(block, bound).series[0].points:
        assert point.low < point.value < point.high


def test_a_correction_is_previewed_with_its_notice(published, people):
    opened = actions.start_correction(by=people["Editors"], release=published.release, notice="One return was missed.")
    assert [one.number for one in reading.release_content(opened, page=opened.release)["notices"]] == [2]
    assert reading.release_content(published)["notices"] == []
