"""Language and feedback."""

import pytest
from django.conf import settings
from kombu.exceptions import OperationalError

from portal.home.actions import settle_feedback
from portal.home.models import Feedback
from portal.home.tasks import store_feedback

pytestmark = pytest.mark.django_db(databases=["default"])


@pytest.mark.parametrize(
    ("wanted", "sent_to"),
    [("/datasets/?q=a", "/datasets/?q=a"), ("https://evil.example/", "/"), ("//evil.example/", "/"), ("", "/")],
)
def test_choosing_a_language_goes_back_only_within_the_site(client, wanted, sent_to):
    answer = client.get("/language/cy/", {"next": wanted})
    assert answer["Location"] == sent_to
    assert answer.cookies[settings.LANGUAGE_COOKIE_NAME].value == "cy"


def test_a_language_that_is_not_offered_does_not_exist(client):
    assert client.get("/language/xx/").status_code == 404


def test_the_frame_is_welsh_and_the_content_is_marked_as_english(client, settings):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "cy"
    text = client.get("/feedback/").content.decode()
    assert '<html lang="cy"' in text
    assert 'id="main-content" lang="en-GB"' in text
    assert "Cyhoeddiadau" in text


@pytest.fixture
def queued(monkeypatch):
    calls = []
    monkeypatch.setattr(store_feedback, "delay", lambda **kwargs: calls.append(kwargs))
    return calls


def test_feedback_is_handed_to_the_worker_and_nothing_is_written_by_the_page(client, queued):
    answer = client.post("/feedback/", {"kind": "figure", "message": "Row 3 is odd", "page": "/datasets/"})
    assert answer["Location"] == "/feedback/thank-you/"
    assert queued == [{"kind": "figure", "message": "Row 3 is odd", "page": "/datasets/"}]
    assert not Feedback.objects.exists()


def test_feedback_without_words_is_refused_with_a_link_to_the_field(client, queued):
    text = client.post("/feedback/", {"kind": "page", "message": " "}).content.decode()
    assert "<title>Error: " in text
    assert '<a href="#id_message">Write what we should know</a>' in text
    assert queued == []


def test_a_program_that_fills_in_everything_is_thanked_and_ignored(client, queued):
    answer = client.post("/feedback/", {"kind": "page", "message": "Buy", "website": "http://x.example"})
    assert answer.status_code == 302
    assert queued == []


def test_an_address_elsewhere_is_not_kept(client, queued):
    client.post("/feedback/", {"kind": "page", "message": "Hello", "page": "//evil.example"})
    assert queued[0]["page"] == ""


def test_words_are_not_lost_when_the_broker_is_away(client, monkeypatch):
    def away(*, kind, message, page):
        raise OperationalError("no broker")

    monkeypatch.setattr(store_feedback, "delay", away)
    answer = client.post("/feedback/", {"kind": "page", "message": "Keep my words"})
    assert answer.status_code == 503
    assert "Keep my words" in answer.content.decode()


def test_the_worker_writes_feedback_and_someone_settles_it(django_user_model):
    from portal.core.models import AuditEvent

    store_feedback(kind="page", message="Row 3 is odd", page="/")
    feedback = Feedback.objects.get()
    person = django_user_model.objects.create_user("e@example.org")
    assert settle_feedback(by=person, feedback=feedback).is_answered
    assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)) == [
        "record_feedback",
        "settle_feedback",
    ]
    assert not AuditEvent.objects.filter(object_label__contains="odd").exists()
