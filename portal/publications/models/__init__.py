"""Publications: pages of a series, immutable release versions, the release calendar, webhooks."""

from portal.publications.models.calendar import CalendarChange, CalendarEntry
from portal.publications.models.pages import MethodologyPage, PublicationIndexPage, PublicationSeriesPage, ReleasePage
from portal.publications.models.versions import ReleaseVersion
from portal.publications.models.webhooks import WebhookDelivery, WebhookEndpoint

__all__ = [
    "CalendarChange",
    "CalendarEntry",
    "MethodologyPage",
    "PublicationIndexPage",
    "PublicationSeriesPage",
    "ReleasePage",
    "ReleaseVersion",
    "WebhookDelivery",
    "WebhookEndpoint",
]
