"""Content that needs somebody: due for review, untouched for long, or with a link that leads nowhere."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from wagtail.models import Page

from portal.home.models import BrokenLink, Feedback, GuidancePage, PolicyPage
from portal.publications.models import MethodologyPage

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Page types that say when somebody should read them again.
REVIEWED = (GuidancePage, PolicyPage, MethodologyPage)
#: How long ahead a review is shown, and after what a page, a draft and a message count as left alone.
AHEAD = dt.timedelta(days=30)
PAGE_STALE_AFTER = dt.timedelta(days=365)
DRAFT_STALE_AFTER = dt.timedelta(days=30)
FEEDBACK_STALE_AFTER = dt.timedelta(days=14)
SHOWN = 10


@dataclass(frozen=True)
class Due:
    """A live page whose review is due, or soon will be."""

    page: Page
    review_due: dt.date
    is_overdue: bool


def due_for_review(*, ahead: dt.timedelta = AHEAD) -> list[Due]:
    """Return the live pages that are due for review now or soon, the longest overdue first."""
    today = timezone.localdate()
    rows = [
        Due(page, page.review_due, page.review_due <= today)
        for model in REVIEWED
        for page in model.objects.live().filter(review_due__lte=today + ahead).defer_streamfields()
    ]
    return sorted(rows, key=lambda row: (row.review_due, row.page.title))


def stale_pages() -> list[Page]:
    """Return live pages that nobody has published again for a year, of the types that people write."""
    before = timezone.now() - PAGE_STALE_AFTER
    rows = Page.objects.live().type(*REVIEWED).filter(last_published_at__lt=before)
    return list(rows.order_by("last_published_at")[:SHOWN])


def stale_drafts() -> list[Page]:
    """Return pages with changes that nobody has published or touched for a month."""
    before = timezone.now() - DRAFT_STALE_AFTER
    rows = Page.objects.filter(has_unpublished_changes=True, latest_revision_created_at__lt=before)
    return list(rows.order_by("latest_revision_created_at")[:SHOWN])


def summary() -> dict[str, Any]:
    """Return what the first screen of the CMS shows."""
    before = timezone.now() - FEEDBACK_STALE_AFTER
    return {
        "due": due_for_review()[:SHOWN],
        "stale_pages": stale_pages(),
        "stale_drafts": stale_drafts(),
        "feedback": Feedback.objects.filter(is_answered=False, received_at__lt=before).count(),
        "broken": BrokenLink.objects.count(),
    }


def texts_of(page: Any) -> Iterator[str]:
    """Yield every text of a page that may hold a link, as it is stored."""
    for field in page._meta.get_fields():
        name = getattr(field, "name", "")
        if field.__class__.__name__ == "StreamField":
            yield str(field.get_prep_value(getattr(page, name)))
        elif field.__class__.__name__ in {"RichTextField", "TextField", "URLField"}:
            yield str(getattr(page, name) or "")
