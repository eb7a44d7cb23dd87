"""Publications: pages of a series, immutable release versions, the release calendar."""

from portal.publications.models.calendar import CalendarChange, CalendarEntry
from portal.publications.models.pages import MethodologyPage, PublicationIndexPage, PublicationSeriesPage, ReleasePage
from portal.publications.models.versions import ReleaseVersion

__all__ = [
    "CalendarChange",
    "CalendarEntry",
    "MethodologyPage",
    "PublicationIndexPage",
    "PublicationSeriesPage",
    "ReleasePage",
    "ReleaseVersion",
]
