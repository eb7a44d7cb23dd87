"""New connections go to the web process that has fewer."""

import pytest

from portal import gunicorn_worker
from portal.gunicorn_worker import NO_PROCESS, EvenWorker, forget


@pytest.fixture
def waits(monkeypatch):
    """Return the waits, and the processes that reached for a connection."""
    waited, taken = [], []
    monkeypatch.setattr(gunicorn_worker.time, "sleep", waited.append)
    monkeypatch.setattr(gunicorn_worker.ThreadWorker, "accept", lambda worker, _listener: taken.append(worker.age))
    monkeypatch.setattr(gunicorn_worker, "_held", [NO_PROCESS] * gunicorn_worker.PROCESSES)
    return waited, taken


def process(age: int, connections: int) -> EvenWorker:
    made = EvenWorker.__new__(EvenWorker)
    made.age, made.nr_conns = age, connections
    return made


@pytest.mark.parametrize(
    ("ours", "theirs", "waits_first"), [(0, 0, False), (1, 0, False), (2, 0, True), (5, 3, True), (3, 9, False)]
)
def test_a_process_waits_where_another_has_fewer(waits, ours, theirs, waits_first):
    process(1, theirs)
    process(2, ours).accept(None)
    waited, taken = waits
    assert bool(waited) is waits_first
    assert taken == [2], "it reaches for the connection in the end: the other may be busy"


def test_nobody_waits_for_a_process_that_has_ended(waits):
    forget(process(1, 0))
    process(2, 8).accept(None)
    assert waits == ([], [2])
