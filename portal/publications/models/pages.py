"""Page types below /publications/. What readers see of a release comes from its versions."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from wagtail.admin.panels import FieldPanel, HelpPanel, MultiFieldPanel, ObjectList, TabbedInterface
from wagtail.api import APIField
from wagtail.fields import RichTextField, StreamField
from wagtail.locks import BaseLock
from wagtail.models import PagePermissionTester
from wagtail.search import index

from portal.core.models import BasePage
from portal.publications.blocks import (
    TEXT_FEATURES,
    FigureFreeTextBlock,
    HeadlineFigureBlock,
    SectionBlock,
    SentenceBlock,
)
from portal.publications.enums import LOCKED_STATES
from portal.publications.prose_blocks import ProseBlock
from portal.publications.serializers import ReleaseContentField
from portal.publications.validators import refuse_typed_figures

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from portal.publications.models.versions import ReleaseVersion

PERMISSIONS = (
    ("submit_release", "Can send a release to review"),
    ("review_release", "Can send a release back to its author"),
    ("approve_release", "Can approve a release"),
    ("publish_release", "Can publish, schedule and withdraw a release"),
    ("manage_calendar", "Can change the release calendar"),
)
MAX_HEADLINES = 6


class PublicationIndexPage(BasePage):
    """All publications."""

    max_count = 1
    parent_page_types: ClassVar[list[str]] = ["home.HomePage"]
    subpage_types: ClassVar[list[str]] = ["publications.PublicationSeriesPage"]
    template = "publications/index.html"
    search_fields: ClassVar[list[Any]] = [*BasePage.search_fields, index.SearchField("summary")]
    api_fields: ClassVar[list[Any]] = [APIField("summary")]

    class Meta:
        verbose_name = "publications index"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the series, each with its latest release, in a fixed number of queries."""
        from portal.publications.reading import index_content  # noqa: PLC0415 - reading uses the models

        return {**super().get_context(request, *args, **kwargs), **index_content(self)}


class PublicationSeriesPage(BasePage):
    """A standing publication: its releases come out period after period."""

    parent_page_types: ClassVar[list[str]] = ["publications.PublicationIndexPage"]
    subpage_types: ClassVar[list[str]] = ["publications.ReleasePage", "publications.MethodologyPage"]
    template = "publications/series.html"

    statistics_status = models.CharField(max_length=80, default="Official statistics in development")
    dataset_slug = models.SlugField("dataset", max_length=80, blank=True, help_text="Identifier of its dataset.")
    contact_name = models.CharField(max_length=120, default="Occupational health workforce data team")
    contact_email = models.EmailField(default="data@localhost.localdomain")
    frequency = models.CharField(max_length=80, blank=True, help_text="For example: twice a year.")
    quality_summary = RichTextField(
        blank=True,
        features=TEXT_FEATURES,
        help_text="How the figures are made and how sure they are. Shown on every release.",
    )

    content_panels: ClassVar[list[Any]] = [
        *BasePage.content_panels,
        FieldPanel("quality_summary"),
        MultiFieldPanel(
            [FieldPanel("statistics_status"), FieldPanel("dataset_slug"), FieldPanel("frequency")], heading="About"
        ),
        MultiFieldPanel([FieldPanel("contact_name"), FieldPanel("contact_email")], heading="Contact"),
    ]
    search_fields: ClassVar[list[Any]] = [*BasePage.search_fields, index.SearchField("summary")]
    api_fields: ClassVar[list[Any]] = [
        APIField(name)
        for name in ("summary", "statistics_status", "dataset_slug", "contact_name", "contact_email", "frequency")
    ]

    class Meta:
        verbose_name = "publication"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add every release and what is coming up."""
        from portal.publications.reading import series_content  # noqa: PLC0415 - reading uses the models

        return {**super().get_context(request, *args, **kwargs), **series_content(self)}


class MethodologyPage(BasePage):
    """How a publication is made, or a report on its quality."""

    parent_page_types: ClassVar[list[str]] = ["publications.PublicationSeriesPage"]
    subpage_types: ClassVar[list[str]] = []
    template = "publications/methodology.html"

    class Kind(models.TextChoices):
        """What the page is about."""

        METHODOLOGY = "methodology", "Methodology"
        QUALITY = "quality", "Quality report"
        DISCLOSURE = "disclosure", "Disclosure control"

    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.METHODOLOGY)
    body = StreamField(ProseBlock(), blank=True)
    review_due = models.DateField(null=True, blank=True, help_text="When someone should read this again.")

    content_panels: ClassVar[list[Any]] = [
        *BasePage.content_panels,
        FieldPanel("kind"),
        FieldPanel("body"),
        FieldPanel("review_due"),
    ]
    search_fields: ClassVar[list[Any]] = [
        *BasePage.search_fields,
        index.SearchField("summary"),
        index.SearchField("body"),
        index.FilterField("kind"),
    ]
    api_fields: ClassVar[list[Any]] = [APIField("summary"), APIField("kind"), APIField("body")]

    class Meta:
        verbose_name = "methodology or quality page"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the blocks as the template takes them, notes numbered through the page."""
        from portal.publications.live_figures import live_figures, worked_examples  # noqa: PLC0415 - as above
        from portal.publications.reading import prose_parts  # noqa: PLC0415 - reading uses the models

        return {
            **super().get_context(request, *args, **kwargs),
            "prose": prose_parts(self.body),
            "live": live_figures(self.get_parent().specific),
            "examples": worked_examples() if self.kind == self.Kind.METHODOLOGY else [],
        }


class ReviewLock(BaseLock):
    """Nobody edits a release between review and publication: what was reviewed is what is published."""

    def for_user(self, user: Any) -> bool:
        """Lock for everyone, administrators too."""
        del user
        return True

    def get_message(self, user: Any) -> str:
        """Say why, and the way on."""
        del user
        return "This release is being reviewed or waits to be published. Send it back to draft to edit it."

    def get_locked_by(self, user: Any) -> str:
        """Name what locked it."""
        del user
        return "Locked by review"


class ReleasePermissionTester(PagePermissionTester):
    """A release is published by its own workflow, together with its data; never by Wagtail's buttons."""

    def can_publish(self) -> bool:
        """Never here: see ``publish_release``."""
        return False

    def can_unpublish(self) -> bool:
        """Never: a release is withdrawn, and its page and the reason stay."""
        return False

    def can_delete(self, ignore_bulk: bool = False) -> bool:
        """Only while it was never public."""
        return not self.page.live and super().can_delete(ignore_bulk)

    def can_copy(self) -> bool:
        """Never: a copy would have no data. A run drafts the next release."""
        return False

    def can_set_view_restrictions(self) -> bool:
        """Never: a release is public or it is not."""
        return False

    def can_move(self) -> bool:
        """Only while it was never public: addresses stay."""
        return not self.page.live and super().can_move()


class ReleasePage(BasePage):
    """One edition of a publication, as it is edited. Readers get the content of a published version."""

    parent_page_types: ClassVar[list[str]] = ["publications.PublicationSeriesPage"]
    subpage_types: ClassVar[list[str]] = []
    template = "publications/release.html"

    period = models.CharField(max_length=20, db_index=True, help_text="Code of the period, for example 2027-03.")
    period_label = models.CharField(max_length=60, help_text="For example: March 2027.")
    default_perspective = models.CharField(
        max_length=20, blank=True, help_text="Code of the perspective that readers see first."
    )
    headlines = StreamField([("figure", HeadlineFigureBlock())], blank=True, max_num=MAX_HEADLINES)
    main_points = StreamField(
        [("sentence", SentenceBlock()), ("text", FigureFreeTextBlock())], blank=True, verbose_name="main points"
    )
    sections = StreamField([("section", SectionBlock())], blank=True)
    quality_note = RichTextField(
        "how sure are we", blank=True, features=TEXT_FEATURES, validators=[refuse_typed_figures]
    )
    notes = RichTextField(blank=True, features=TEXT_FEATURES)

    content_panels: ClassVar[list[Any]] = [
        HelpPanel(template="publications/admin/release_help.html"),
        *BasePage.content_panels,
        FieldPanel("headlines"),
        FieldPanel("main_points"),
        FieldPanel("sections"),
        FieldPanel("quality_note"),
        FieldPanel("notes"),
    ]
    about_panels: ClassVar[list[Any]] = [
        FieldPanel("period"),
        FieldPanel("period_label"),
        FieldPanel("default_perspective"),
    ]
    # No go-live and expiry dates here: a release is scheduled together with its data.
    edit_handler = TabbedInterface(
        [
            ObjectList(content_panels, heading="Content"),
            ObjectList(about_panels, heading="About"),
            ObjectList(BasePage.promote_panels, heading="Promote"),
        ]
    )
    search_fields: ClassVar[list[Any]] = [
        *BasePage.search_fields,
        index.SearchField("summary"),
        index.SearchField("main_points"),
        index.SearchField("sections"),
        index.FilterField("period"),
    ]
    api_fields: ClassVar[list[Any]] = [
        APIField("summary"),
        APIField("period"),
        APIField("period_label"),
        APIField("release", serializer=ReleaseContentField()),
    ]

    class Meta:
        verbose_name = "release"
        permissions: ClassVar[list[tuple[str, str]]] = list(PERMISSIONS)

    @cached_property
    def open_version(self) -> ReleaseVersion | None:
        """The version on its way, if there is one."""
        return self.versions.open().with_everything().first()

    def get_workflow(self) -> None:
        """Return none: a release has its own workflow, which also moves its data."""

    def permissions_for_user(self, user: Any) -> ReleasePermissionTester:
        """Return what ``user`` may do with the page itself."""
        return ReleasePermissionTester(user, self)

    def get_lock(self) -> BaseLock | None:
        """Lock the page from review to publication."""
        version = self.open_version if self.pk else None
        if version is not None and version.state in LOCKED_STATES:
            return ReviewLock(self)
        return super().get_lock()

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Show this text with the data of its open version, for previews; readers go through the view."""
        from portal.publications.reading import preview_content  # noqa: PLC0415 - reading uses the models

        return {**super().get_context(request, *args, **kwargs), **preview_content(self, request.GET)}

    def serve(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Answer with the published version, however the page was reached."""
        from portal.publications.views import release_page  # noqa: PLC0415 - views use the models

        return release_page(request, self.get_parent().slug, self.slug)
