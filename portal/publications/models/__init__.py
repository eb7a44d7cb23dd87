"""Publications: pages of a series, immutable release versions, the release calendar, who is told and who looks early."""

from portal.publications.models.bundles import Bundle, BundleItem
from portal.publications.models.calendar import CalendarChange, CalendarEntry
from portal.publications.models.early import EarlyAccess, EarlyRead
from portal.publications.models.pages import MethodologyPage, PublicationIndexPage, PublicationSeriesPage, ReleasePage
from portal.publications.models.subscriptions import Subscription, SubscriptionMail
from portal.publications.models.versions import ReleaseVersion
from portal.publications.models.webhooks import WebhookDelivery, WebhookEndpoint

__all__ = [
    "Bundle",
    "BundleItem",
    "CalendarChange",
    "CalendarEntry",
    "EarlyAccess",
    "EarlyRead",
    "MethodologyPage",
    "PublicationIndexPage",
    "PublicationSeriesPage",
    "ReleasePage",
    "ReleaseVersion",
    "Subscription",
    "SubscriptionMail",
    "WebhookDelivery",
    "WebhookEndpoint",
]
