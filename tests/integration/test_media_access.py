"""The address of an image or document gives nothing away before a public page shows it."""

from __future__ import annotations

import re

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from wagtail.images.tests.utils import get_test_image_file

from portal.home.models import NewsIndexPage, NewsPage
from portal.media.models import PortalDocument, PortalImage
from tests.factories import publications as make
from tests.factories.users import UserFactory

pytestmark = [
    pytest.mark.django_db(databases=["default"]),
    pytest.mark.slow,
    # Wagtail leaves the temporary file of a new size to the garbage collector.
    pytest.mark.filterwarnings("ignore:Unclosed file:ResourceWarning"),
]


@pytest.fixture
def staff():
    make.make_people(in_cms=True)
    client = Client()
    client.force_login(UserFactory(groups=["Editors"]))
    return client


@pytest.fixture
def picture():
    return PortalImage.objects.create(title="Map", file=get_test_image_file(), alt_text="A map")


@pytest.fixture
def draft(picture):
    """News on its way that shows the image."""
    index = make.make_series().get_parent().get_parent().add_child(instance=NewsIndexPage(title="News", slug="news"))
    body = [{"type": "picture", "value": {"image": {"image": picture.pk, "decorative": False, "alt_text": "A map"}}}]
    page = index.add_child(instance=NewsPage(title="Soon", slug="soon", date="2026-01-01", live=False, body=body))
    page.save_revision()
    return page


def got(client, path):
    """Return status, headers and body of a file that is sent as a stream."""
    answer = client.get(path)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer.status_code, answer.headers, body


def test_an_image_is_refused_until_a_public_page_shows_it(draft, picture, staff):
    address = picture.get_rendition("width-960|format-webp").url
    assert address.startswith("/media/images/")
    original = f"/media/{picture.file.name}"
    outside = Client()
    for path in (address, original, "/media/images/nothing.webp", "/media/../secret_key", "/media/etc/passwd"):
        assert got(outside, path)[0] == 404, path
    status, headers, _body = got(staff, address)
    assert (status, headers["Content-Type"]) == (200, "image/webp")
    assert "no-store" in headers["Cache-Control"]
    assert got(staff, original)[0] == 200
    draft.get_latest_revision().publish()
    status, headers, body = got(outside, address)
    assert (status, body[8:12]) == (200, b"WEBP")
    assert "public" in headers["Cache-Control"]
    assert got(outside, original)[0] == 404, "what was uploaded may say more than what is shown"
    page = outside.get(draft.get_url()).content.decode()
    assert re.search(r'<img src="/media/images/[^"]+"', page)
    draft.refresh_from_db()
    draft.unpublish()
    assert got(outside, address)[0] == 404


def test_publication_makes_the_images_for_the_process_that_may_only_read(
    draft, picture, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        draft.get_latest_revision().publish()
    assert picture.renditions.count() == 1
    assert b"<img src=" in Client().get(draft.get_url()).content
    assert picture.renditions.count() == 1, "the page shows this very size"


def test_a_document_is_refused_until_a_public_page_shows_it(staff):
    document = PortalDocument.objects.create(title="Report", file=ContentFile(b"figures", name="report.txt"))
    outside = Client()
    assert got(outside, document.url)[0] == 404
    assert got(outside, f"/media/{document.file.name}")[0] == 404
    assert got(staff, document.url)[::2] == (200, b"figures")
