"""Which jobs wait behind which: publication has a queue of its own, so that no long run stands before it.

A worker that is told nothing takes jobs from both queues. Where there are two, one takes everything but
publishing (``-X publishing``) and the other nothing else (``-Q publishing``).
"""

from __future__ import annotations

from typing import Final

from kombu import Queue

PUBLISHING: Final = "publishing"
#: Runs, uploads, draws, letters: what may wait for a worker to be free.
REST: Final = "celery"
QUEUES: Final = tuple(Queue(name, routing_key=name) for name in (REST, PUBLISHING))
#: What has its moment, and what readers are told of it.
ROUTES: Final = {
    name: {"queue": PUBLISHING}
    for name in ("publications.*", "definitions.publish_due", "home.publish_scheduled_pages")
}
