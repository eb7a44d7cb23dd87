"""What follows a publication once it is committed: what was done, and what nobody did yet."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from django.db.models import CharField, Exists, OuterRef, Q
from django.db.models.functions import Cast
from django.utils import timezone

from portal.core.models import AuditEvent
from portal.publications.enums import ReleaseState
from portal.publications.models import ReleaseVersion

if TYPE_CHECKING:
    from portal.publications.querysets import ReleaseVersionQuerySet

#: The trace that is left, by the state that a version has reached.
FOLLOWS: Final = {ReleaseState.PUBLISHED: "after_publication", ReleaseState.WITHDRAWN: "after_withdrawal"}
#: A worker does it within seconds. What is older than two days concerns no cache any more.
SOON: Final = dt.timedelta(minutes=1)
LONG_AGO: Final = dt.timedelta(days=2)


def unfinished() -> ReleaseVersionQuerySet:
    """Return the versions that came out or were withdrawn lately and whose caches and messages nobody has looked to."""
    now = timezone.now()
    lately = (now - LONG_AGO, now - SOON)
    traces = AuditEvent.objects.filter(
        object_type=ReleaseVersion._meta.label, object_id=Cast(OuterRef("pk"), CharField())
    )
    published, withdrawn = (Exists(traces.filter(action=FOLLOWS[state])) for state in FOLLOWS)
    return ReleaseVersion.objects.filter(
        Q(state=ReleaseState.PUBLISHED, published_at__range=lately) & ~published
        | Q(state=ReleaseState.WITHDRAWN, withdrawn_at__range=lately) & ~withdrawn
    )
