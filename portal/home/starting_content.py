"""What a new site starts with: home page, guidance, policies, topics, news, standard pages, rights and the workflow of pages."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.utils import timezone
from wagtail.models import (
    Collection,
    GroupApprovalTask,
    GroupCollectionPermission,
    GroupPagePermission,
    Page,
    Workflow,
    WorkflowPage,
    WorkflowTask,
)

from portal.home.models import (
    GuidanceIndexPage,
    GuidancePage,
    HomePage,
    NewsIndexPage,
    NewsPage,
    PolicyPage,
    StandardPage,
    TopicPage,
)
from portal.home.site import ensure_home_page
from portal.home.starting_pages import GUIDANCE, NEWS, POLICIES, STANDARD, TOPICS, StartingPage
from portal.users.enums import GroupName

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What each group may do to the pages of the site.
PAGE_RIGHTS: Final[dict[GroupName, tuple[str, ...]]] = {
    GroupName.EDITORS: ("add_page", "change_page"),
    GroupName.REVIEWERS: ("change_page",),
    GroupName.APPROVERS: ("change_page", "lock_page", "unlock_page"),
    GroupName.PUBLISHERS: ("change_page", "publish_page", "lock_page", "unlock_page"),
    GroupName.ADMINISTRATORS: (
        "add_page",
        "change_page",
        "publish_page",
        "lock_page",
        "unlock_page",
        "bulk_delete_page",
    ),
}
COLLECTION_RIGHTS: Final = tuple(
    f"{verb}_{thing}" for thing in ("portalimage", "portaldocument") for verb in ("add", "change", "choose")
)
PANELS: Final = (
    {
        "title": "For researchers",
        "text": "Every dataset has numbered versions that never change, with metadata, checksums and a citation.",
        "links": [
            {"text": "Catalogue of datasets", "url": "/datasets/"},
            {"text": "How to use the data", "url": "/guidance/how-to-use-the-data/"},
            {"text": "How to use the API", "url": "/guidance/how-to-use-the-api/"},
        ],
    },
    {
        "title": "For providers",
        "text": "Send your return from your own spreadsheet. See what is asked and what happens to it.",
        "links": [
            {"text": "What is asked and how to send it", "url": "/guidance/for-providers/"},
            {"text": "How we protect people", "url": "/guidance/how-we-protect-people/"},
        ],
    },
    {
        "title": "Opportunities",
        "text": "Work experience, tasters and other first steps, with the rule by which places are given.",
        "links": [{"text": "Find an opportunity", "url": "/opportunities/"}],
    },
)


@transaction.atomic
def load_starting_content() -> None:
    """Create what is missing below the home page. A page that is there is left as people made it."""
    home = ensure_home_page()
    _furnish(home)
    guidance = _ensure(
        home,
        GuidanceIndexPage(
            title="Guidance",
            slug="guidance",
            summary="How to read the figures, use the data and send a return, and the policies that we are held to.",
            show_in_menus=True,
        ),
    )
    _ensure_all(guidance, GuidancePage, GUIDANCE)
    _ensure_all(guidance, PolicyPage, POLICIES)
    _ensure_all(home, StandardPage, STANDARD)
    _ensure_all(home, TopicPage, TOPICS)
    summary = "What is new in these statistics and on this site."
    _ensure_all(_ensure(home, NewsIndexPage(title="News", slug="news", summary=summary)), NewsPage, NEWS)
    _give_page_rights(home)
    _give_collection_rights()
    _ensure_workflow(home)


def _furnish(home: HomePage) -> None:
    """Give the home page its panels, once."""
    if home.panels:
        return
    home.panels = json.dumps([{"type": "panel", "value": panel} for panel in PANELS])
    _publish(home)


def _ensure_all(parent: Page, model: type[Any], pages: Iterable[StartingPage]) -> None:
    taken = set(parent.get_children().values_list("slug", flat=True))
    for page in pages:
        if page.slug in taken:
            continue
        body = json.dumps(list(page.body)).replace("{base}", settings.BASE_URL)
        _ensure(
            parent, model(title=page.title, slug=page.slug, summary=page.summary, body=body, **_fields(page, model))
        )


def _fields(page: StartingPage, model: type[Any]) -> dict[str, Any]:
    """Return the further fields; guidance is due for another reading in a year, and news is of today."""
    today = timezone.localdate()
    dates = {GuidancePage: {"review_due": today + dt.timedelta(days=365)}, NewsPage: {"date": today}}
    return {**dates.get(model, {}), **page.fields}


def _ensure(parent: Page, page: Any) -> Any:
    """Return the child of this slug, or add and publish ``page``."""
    existing = parent.get_children().filter(slug=page.slug).first()
    if existing is not None:
        return existing.specific
    parent.refresh_from_db()
    parent.add_child(instance=page)
    _publish(page)
    return page


def _publish(page: Page) -> None:
    page.full_clean()
    page.save_revision().publish()


def _give_page_rights(home: HomePage) -> None:
    for name, codenames in PAGE_RIGHTS.items():
        group, _created = Group.objects.get_or_create(name=name.value)
        for codename in codenames:
            permission = Permission.objects.get(content_type__app_label="wagtailcore", codename=codename)
            GroupPagePermission.objects.get_or_create(group=group, page=home, permission=permission)


def _give_collection_rights() -> None:
    """Let those who write pages add images and documents."""
    root = Collection.get_first_root_node()
    rights = Permission.objects.filter(content_type__app_label="media", codename__in=COLLECTION_RIGHTS)
    for name in (GroupName.EDITORS, GroupName.PUBLISHERS, GroupName.ADMINISTRATORS):
        group, _created = Group.objects.get_or_create(name=name.value)
        for permission in rights:
            GroupCollectionPermission.objects.get_or_create(group=group, collection=root, permission=permission)


def _ensure_workflow(home: HomePage) -> None:
    """Send every page through review and approval before it is published."""
    workflow, created = Workflow.objects.get_or_create(name="Review and approval")
    if created:
        for order, name in enumerate((GroupName.REVIEWERS, GroupName.APPROVERS)):
            group, _created = Group.objects.get_or_create(name=name.value)
            task = GroupApprovalTask.objects.create(name=f"{name.value} agree")
            task.groups.add(group)
            WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=order)
    WorkflowPage.objects.get_or_create(page=home, defaults={"workflow": workflow})
