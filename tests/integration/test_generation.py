"""What a process remembers is dropped by the transaction that changes it: with the shared cache, as it runs."""

import contextlib

from django.db import transaction
from django.test import Client
from redis.exceptions import ConnectionError as AwayError

from portal.core import generation as generations
from portal.core.cache import Reach
from portal.core.generation import Generation, Remembered
from portal.datasets import actions
from portal.datasets.models import DatasetVersion
from tests.factories.datasets import make_dataset, make_published, make_user

OBSERVATIONS = "/api/v1/datasets/staff/observations?page_size=1"


def test_nothing_is_remembered_from_before_or_during_a_change(shared_cache):
    generation = Generation("x")
    remembered = Remembered(generation, most=2)
    assert [remembered.get("a", lambda answer=answer: answer) for answer in (1, 2)] == [1, 1]
    with transaction.atomic():
        generation.change()
        with transaction.atomic():
            generation.change()
        assert generation.current() == ""
        assert [remembered.get("a", lambda answer=answer: answer) for answer in (3, 4)] == [3, 4]
    assert generation.current()
    assert [remembered.get("a", lambda answer=answer: answer) for answer in (5, 6)] == [5, 5]
    for key in "bcdef":
        remembered.get(key, lambda: key)  # noqa: B023 - called at once
    assert len(remembered.kept) <= 2


def test_of_two_changes_at_once_the_later_end_opens(shared_cache):
    generation = Generation("x")
    first = generation.current()
    shared_cache.add(generation.changing, 0)
    shared_cache.incr(generation.changing)
    with transaction.atomic():
        generation.change()
    assert generation.current() == "", "the other change has not ended"
    shared_cache.decr(generation.changing)
    assert generation.current() not in {"", first}


def test_a_failed_change_leaves_it_closed_and_never_wrong(shared_cache):
    generation = Generation("x")
    assert generation.current()
    with transaction.atomic():
        generation.change()
        transaction.set_rollback(True)
    assert generation.current() == ""


def test_a_process_that_dies_in_a_change_leaves_nothing_to_believe(shared_cache):
    generation = Generation("x")
    remembered = Remembered(generation)
    remembered.get("a", lambda: "old")
    with transaction.atomic():
        generation.change()
        transaction.set_rollback(True)  # as if it had died: nobody opens
    shared_cache.delete(generation.changing)  # the closing ends by itself
    assert generation.current()
    assert remembered.get("a", lambda: "new") == "new"


def test_the_cache_is_asked_once_for_many_readers(shared_cache, monkeypatch):
    generation, asked = Generation("x"), []
    ask = generation._asked
    monkeypatch.setattr(generation, "_asked", lambda: asked.append(1) or ask())
    monkeypatch.setattr(generations, "LEASE_SECONDS", 60)
    assert generation.current() == generation.current() != ""
    assert len(asked) == 1


def test_a_change_waits_once_until_nobody_believes_the_word_from_before(shared_cache, monkeypatch):
    ours, theirs, waited = Generation("x"), Generation("x"), []
    sleep = generations.time.sleep
    monkeypatch.setattr(generations.time, "sleep", lambda seconds: waited.append(seconds) or sleep(seconds))
    assert theirs.current()
    with transaction.atomic():
        ours.change()
        assert theirs.current() == "", "what another process was told before has ended"
        ours.change()
    assert waited == [generations.LEASE_SECONDS]
    assert theirs.current()


def test_without_the_cache_everything_is_looked_up(shared_cache, monkeypatch):
    generation = Generation("x")

    def away(_cache, _keys):
        raise AwayError

    remembered = Remembered(generation)
    assert remembered.get("a", lambda: 1) == 1
    monkeypatch.setattr(type(shared_cache), "get_many", away)
    monkeypatch.setattr(generations, "reach", Reach())
    generation.leased = ("", 0.0)  # a word is believed for some hundredths of a second without asking
    assert remembered.get("a", lambda: 2) == 2


def status_of(client, address):
    with contextlib.closing(client.get(address)) as answer:
        return answer.status_code


def test_a_withdrawal_and_a_publication_act_at_once(shared_cache, tmp_path, django_assert_num_queries):
    client = Client()
    dataset = make_dataset("staff")
    first = make_published(dataset, tmp_path)
    files = f"/datasets/staff/v/{first.number}/files/staff-{first.number}.csv"
    assert client.get(OBSERVATIONS).json()["version"] == first.number
    assert status_of(client, files) == 200
    with django_assert_num_queries(0):
        assert client.get(OBSERVATIONS).json()["version"] == first.number
        assert status_of(client, files) == 200
    dataset.refresh_from_db()
    second = make_published(dataset, tmp_path, kind="correction", change_note="Mended.")
    assert client.get(OBSERVATIONS).json()["version"] == second.number != first.number
    version = DatasetVersion.objects.get(pk=first.pk)
    actions.withdraw_version(by=make_user(), version=version, reason="Wrong.")
    assert status_of(client, files) == 410
    assert client.get(f"/api/v1/datasets/staff/versions/{first.number}/observations").status_code == 410
