"""Another front end gets from /api/content/ what readers see, figures included, and nothing that they do not."""

from __future__ import annotations

import pytest

from portal.publications import actions
from portal.publications.models import ReleasePage
from tests.factories import publications as make

pytestmark = [pytest.mark.django_db(databases=["default", "submissions"]), pytest.mark.slow]
PAGES = "/api/content/pages/"


def test_a_release_comes_with_its_words_figures_and_files(client, published):
    answer = client.get(f"{PAGES}{published.release_id}/?perspective=D1").json()
    release = answer["release"]
    assert (release["state"], release["version"], release["perspective"]) == ("published", 1, "D1")
    assert [(one["label"], one["value"], one["raw"]) for one in release["headlines"]] == [
        ("People in occupational health", "750", 750.0),
        ("Nurses", "450", 450.0),
    ]
    chart = release["sections"][0]["blocks"][0]
    assert chart["kind"] == "chart"
    assert {row["header"]: row["cells"][0]["value"] for row in chart["table"]["rows"]} == {
        "Midlands": 300.0,
        "South East": 225.0,
        "London": 150.0,
    }
    assert client.get(chart["files"]["csv"]).status_code == 200
    assert client.get(chart["files"]["svg"]).status_code == 200
    assert release["dataset"]["version"] == "1.0.0"
    assert release["perspectives"][0] == {
        "code": "D1",
        "label": "Clinical core",
        "definition": "/definitions/perspectives/D1/v/1/",
    }


def test_releases_are_found_by_type_and_period(client, published):
    answer = client.get(f"{PAGES}?type=publications.ReleasePage&period=2022-03&fields=period").json()
    assert [item["id"] for item in answer["items"]] == [published.release_id]
    assert client.get(f"{PAGES}?type=publications.ReleasePage&period=1999-01").json()["items"] == []


def test_nothing_of_a_draft_is_found(client, tmp_path):
    version = make.make_release(tmp_path, make.make_series())
    assert client.get(f"{PAGES}{version.release_id}/").status_code == 404
    titles = [item["title"] for item in client.get(f"{PAGES}?limit=100").json()["items"]]
    assert version.release.title not in titles


def test_words_of_an_open_correction_are_not_found(client, published, people):
    actions.start_correction(by=people["Editors"], release=published.release, notice="A secret until it is published.")
    page = ReleasePage.objects.get(pk=published.release_id).get_latest_revision_as_object()
    page.summary = "Nobody may read this yet."
    page.save_revision(user=people["Editors"])
    text = client.get(f"{PAGES}{published.release_id}/").content.decode()
    assert "Nobody may read" not in text
    assert "A secret" not in text


def test_a_withdrawn_release_gives_the_reason_only(client, published, people):
    actions.withdraw_release(by=people["Publishers"], version=published, reason="The wrong file was used.")
    release = client.get(f"{PAGES}{published.release_id}/").json()["release"]
    assert release == {"state": "withdrawn", "version": 1, "reason": "The wrong file was used."}


def test_the_root_leads_everywhere_and_is_described(client, published):
    root = client.get("/api/content/").json()
    for name in ("pages", "images", "documents", "definitions"):
        assert client.get(root[name]).status_code == 200, name
    described = client.get(root["description"]).json()
    assert described["openapi"] == "3.1.0"
    assert "publications.ReleasePage" in str(described["paths"]["/api/content/pages/"])
    release = client.get(f"{PAGES}{published.release_id}/").json()["release"]
    assert set(described["components"]["schemas"]["Release"]["properties"]) - {"reason"} <= set(release)
    assert client.get("/api/content/definitions/?kind=role").json()["meta"]["total_count"] >= 0
    assert client.get("/api/content/definitions/?colour=red").status_code == 400


def test_a_document_of_a_draft_is_neither_listed_nor_served(client, tmp_path, people):
    from django.core.files.base import ContentFile
    from wagtail.documents import get_document_model
    from wagtail.models import ReferenceIndex

    document = get_document_model().objects.create(title="Secret", file=ContentFile(b"early", "secret.txt"))
    version = make.make_release(tmp_path, make.make_series())
    page = version.release.get_latest_revision_as_object()
    sections = page.sections.get_prep_value()
    sections[0]["value"]["body"] += make.blocks_beside_figures(document.pk)
    page.sections = sections
    page.save_revision(user=people["Editors"])
    # A page that is not live may hold it too, not only its latest revision.
    type(page).objects.filter(pk=page.pk).update(sections=page.sections)
    ReferenceIndex.create_or_update_for_object(type(page).objects.get(pk=page.pk))
    assert ReferenceIndex.get_references_to(document).exists()
    assert client.get(document.url).status_code == 404
    assert client.get("/api/content/documents/").json()["items"] == []
    assert client.get(f"/api/content/documents/{document.pk}/").status_code == 404
    version = make.publish(version, people)
    assert b"".join(client.get(document.url).streaming_content) == b"early"
    assert len(client.get("/api/content/documents/").json()["items"]) == 1
    text = client.get(version.get_absolute_url()).content.decode()
    assert "<mfrac>" in text
    assert 'id="note-1"' in text
    assert "Some notes." in text
    blocks = client.get(f"{PAGES}{version.release_id}/").json()["release"]["sections"][0]["blocks"]
    assert [block["kind"] for block in blocks][-3:] == ["download", "equation", "footnote"]
    assert (blocks[-1]["number"], "Some notes." in blocks[-1]["text"]) == (1, True)
    assert client.get(f"{version.permanent_address}release.pdf").status_code == 200
