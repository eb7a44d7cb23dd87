"""What the front page shows besides the words that editors write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.home.figures import headline_tiles, perspective_bars
from portal.publications.queries import latest_release_per_series, upcoming_releases

if TYPE_CHECKING:
    from portal.datasets.models import DatasetVersion

TILES = 3
LATEST = 5
COMING_UP = 4


def front_page_content() -> dict[str, Any]:
    """Return the latest figures, releases and what is coming up, in a fixed number of queries.

    The tiles and the bars are those of the series that is counted under most perspectives: the
    occupational health workforce, on a site that also holds other series.
    """
    series = latest_release_per_series()
    leading = max(series, key=lambda release: _perspectives(release.dataset_version), default=None)
    shown: dict[str, Any] = {}
    if leading is not None:
        version, url = leading.dataset_version, leading.get_absolute_url()
        period, bars = perspective_bars(version, url=url)
        shown = {
            "tiles": headline_tiles(version, url=url, limit=TILES),
            "bars": bars if len(bars) > 1 else [],
            "bars_period": period,
            "leading": leading,
            "is_synthetic": bool(version.metadata.get("synthetic")),
        }
    # One of each series: two editions of one series must not push the others out of sight.
    latest = sorted(series, key=lambda release: (release.published_at, release is leading), reverse=True)
    return {**shown, "latest_releases": latest[:LATEST], "coming_up": upcoming_releases(COMING_UP)}


def _perspectives(version: DatasetVersion) -> int:
    return len(version.meta.by_id["perspective"].codes) if "perspective" in version.meta.by_id else 0
