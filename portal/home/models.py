"""Home, topic, guidance, policy, standard and news pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.api import APIField
from wagtail.fields import StreamField
from wagtail.search import index

from portal.core.models import BasePage
from portal.home.blocks import PanelBlock, ProseStreamBlock, codes_of, headings_of
from portal.home.enums import Audience, FeedbackKind
from portal.home.front_page import front_page_content
from portal.home.reading import definitions_for, topic_content

if TYPE_CHECKING:
    from django.http import HttpRequest

NEWS_ON_HOME = 2
CONTENTS_FROM = 3  # a list of contents helps once there are this many sections


class HomePage(BasePage):
    """The first page: search, the latest figures, what is new, and the ways on."""

    max_count = 1
    parent_page_types: ClassVar[list[str]] = ["wagtailcore.Page"]
    template = "home/home_page.html"

    strapline = models.CharField(
        max_length=200, default="Who works in occupational health in England, where, and how that is changing."
    )
    panels_title = models.CharField("heading above the panels", max_length=80, default="What you can do here")
    panels = StreamField([("panel", PanelBlock())], blank=True)

    content_panels: ClassVar[list[Any]] = [
        *BasePage.content_panels,
        FieldPanel("strapline"),
        MultiFieldPanel([FieldPanel("panels_title"), FieldPanel("panels")], heading="Ways on"),
    ]
    search_fields: ClassVar[list[Any]] = [*BasePage.search_fields, index.SearchField("strapline")]
    api_fields: ClassVar[list[Any]] = [APIField("summary"), APIField("strapline"), APIField("panels")]

    class Meta:
        verbose_name = "home page"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the latest figures, releases, what is coming up, topics and news."""
        return {
            **super().get_context(request, *args, **kwargs),
            "breadcrumbs": [],
            **front_page_content(),
            "topics": list(TopicPage.objects.child_of(self).live().public().defer("body").order_by("title")),
            "news": NewsPage.newest(NEWS_ON_HOME),
        }


class ProsePage(BasePage):
    """A page of words. Abstract."""

    body = StreamField(ProseStreamBlock(), blank=True)

    content_panels: ClassVar[list[Any]] = [*BasePage.content_panels, FieldPanel("body")]
    search_fields: ClassVar[list[Any]] = [
        *BasePage.search_fields,
        index.SearchField("summary"),
        index.SearchField("body"),
    ]
    api_fields: ClassVar[list[Any]] = [APIField("summary"), APIField("body")]

    class Meta:
        abstract = True

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the list of contents and, in one go, the definitions that the body shows."""
        headings = headings_of(self.body)
        return {
            **super().get_context(request, *args, **kwargs),
            "headings": headings if len(headings) >= CONTENTS_FROM else [],
            "definitions": definitions_for(codes_of(self.body)),
        }


class StandardPage(ProsePage):
    """Accessibility, privacy, cookies, contact and the like."""

    parent_page_types: ClassVar[list[str]] = ["home.HomePage"]
    subpage_types: ClassVar[list[str]] = []
    template = "home/prose_page.html"

    class Meta:
        verbose_name = "standard page"


class GuidanceIndexPage(BasePage):
    """All guidance and policies, grouped by whom they are for."""

    max_count = 1
    parent_page_types: ClassVar[list[str]] = ["home.HomePage"]
    subpage_types: ClassVar[list[str]] = ["home.GuidancePage", "home.PolicyPage"]
    template = "home/guidance_index_page.html"
    search_fields: ClassVar[list[Any]] = [*BasePage.search_fields, index.SearchField("summary")]
    api_fields: ClassVar[list[Any]] = [APIField("summary")]

    class Meta:
        verbose_name = "guidance index"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the published pages by audience, in two queries however many there are."""
        guidance = list(GuidancePage.objects.child_of(self).live().public().defer("body"))
        policies = list(PolicyPage.objects.child_of(self).live().public().defer("body"))
        groups = [
            (audience.label, [page for page in guidance if page.audience == audience.value])
            for audience in Audience
            if audience != Audience.POLICIES
        ]
        groups.append((Audience.POLICIES.label, policies))
        return {
            **super().get_context(request, *args, **kwargs),
            "groups": [(label, pages) for label, pages in groups if pages],
        }


class GuidancePage(ProsePage):
    """How to read the figures, use the data or send a return."""

    parent_page_types: ClassVar[list[str]] = ["home.GuidanceIndexPage"]
    subpage_types: ClassVar[list[str]] = []
    template = "home/prose_page.html"

    audience = models.CharField(
        max_length=20,
        choices=[choice for choice in Audience.choices if choice[0] != Audience.POLICIES],
        default=Audience.EVERYONE,
    )
    review_due = models.DateField(null=True, blank=True, help_text="When someone should read this again.")

    content_panels: ClassVar[list[Any]] = [
        *ProsePage.content_panels,
        MultiFieldPanel([FieldPanel("audience"), FieldPanel("review_due")], heading="About this page"),
    ]
    search_fields: ClassVar[list[Any]] = [*ProsePage.search_fields, index.FilterField("audience")]
    api_fields: ClassVar[list[Any]] = [*ProsePage.api_fields, APIField("audience"), APIField("review_due")]

    class Meta:
        verbose_name = "guidance page"


class PolicyPage(ProsePage):
    """A policy that the team is held to: from when it applies and when it is reviewed."""

    parent_page_types: ClassVar[list[str]] = ["home.GuidanceIndexPage"]
    subpage_types: ClassVar[list[str]] = []

    applies_from = models.DateField()
    review_due = models.DateField(null=True, blank=True)

    content_panels: ClassVar[list[Any]] = [
        *ProsePage.content_panels,
        MultiFieldPanel([FieldPanel("applies_from"), FieldPanel("review_due")], heading="About this policy"),
    ]
    api_fields: ClassVar[list[Any]] = [*ProsePage.api_fields, APIField("applies_from"), APIField("review_due")]

    class Meta:
        verbose_name = "policy page"

    def clean(self) -> None:
        """Refuse a review before the policy applies."""
        super().clean()
        if self.review_due and self.applies_from and self.review_due < self.applies_from:
            raise ValidationError({"review_due": "The review is due after the policy starts to apply."})


class TopicPage(ProsePage):
    """What the portal holds on one subject, such as nursing: words, roles, releases and datasets."""

    parent_page_types: ClassVar[list[str]] = ["home.HomePage"]
    subpage_types: ClassVar[list[str]] = []
    template = "home/topic_page.html"

    role_codes = models.CharField(
        max_length=400, blank=True, help_text="Codes of the roles of this topic, with commas between them."
    )

    content_panels: ClassVar[list[Any]] = [*ProsePage.content_panels, FieldPanel("role_codes")]
    api_fields: ClassVar[list[Any]] = [*ProsePage.api_fields, APIField("role_codes")]

    class Meta:
        verbose_name = "topic page"

    @property
    def codes(self) -> list[str]:
        """The role codes as a list."""
        return [code.strip() for code in self.role_codes.split(",") if code.strip()]

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the roles, releases and datasets of the topic."""
        return {**super().get_context(request, *args, **kwargs), **topic_content(self.codes)}


class NewsIndexPage(BasePage):
    """All news, newest first."""

    max_count = 1
    parent_page_types: ClassVar[list[str]] = ["home.HomePage"]
    subpage_types: ClassVar[list[str]] = ["home.NewsPage"]
    template = "home/news_index_page.html"
    api_fields: ClassVar[list[Any]] = [APIField("summary")]

    class Meta:
        verbose_name = "news index"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the published news."""
        return {**super().get_context(request, *args, **kwargs), "news": NewsPage.newest(50)}


class NewsPage(ProsePage):
    """Something that readers should know: a change of method, a new series, a consultation."""

    parent_page_types: ClassVar[list[str]] = ["home.NewsIndexPage"]
    subpage_types: ClassVar[list[str]] = []

    date = models.DateField()

    content_panels: ClassVar[list[Any]] = [*ProsePage.content_panels, FieldPanel("date")]
    api_fields: ClassVar[list[Any]] = [*ProsePage.api_fields, APIField("date")]

    class Meta:
        verbose_name = "news page"

    @classmethod
    def newest(cls, limit: int) -> list[NewsPage]:
        """Return the news that is public, newest first."""
        return list(cls.objects.live().public().defer("body").order_by("-date", "-pk")[:limit])


class Feedback(models.Model):
    """What a reader told us. No name and no address: we do not ask for them."""

    received_at = models.DateTimeField(auto_now_add=True, db_index=True)
    kind = models.CharField(max_length=20, choices=FeedbackKind.choices, default=FeedbackKind.PAGE)
    page = models.CharField(max_length=300, blank=True)
    message = models.TextField(max_length=4000)
    is_answered = models.BooleanField("dealt with", default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["-received_at"]
        verbose_name_plural = "feedback"

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.received_at:%d %b %Y}"


class ReviewReminder(models.Model):
    """That the editors were told of a page due for review: once for each date that was set."""

    page = models.ForeignKey("wagtailcore.Page", on_delete=models.CASCADE, related_name="+")
    review_due = models.DateField()
    sent_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-sent_at"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["page", "review_due"], name="review_reminder_once_for_each_date"),
        ]

    def __str__(self) -> str:
        return f"{self.page}, {self.review_due:%d %B %Y}"


class BrokenLink(models.Model):
    """A link on a live page that led nowhere when it was last tried."""

    page = models.ForeignKey("wagtailcore.Page", on_delete=models.CASCADE, related_name="+")
    address = models.CharField(max_length=1000)
    reason = models.CharField(max_length=300)
    first_seen_at = models.DateTimeField()
    checked_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["page__title", "address"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["page", "address"], name="broken_link_once_on_a_page"),
        ]

    def __str__(self) -> str:
        return f"{self.address} on {self.page}"
