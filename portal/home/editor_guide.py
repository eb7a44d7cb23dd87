"""The guide for editors inside the CMS. What it lists comes from the code, so that it cannot grow old."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.shortcuts import render

from portal.publications.charts import ChartKind
from portal.publications.validators import PLACEHOLDERS, TITLE_PLACEHOLDERS
from portal.users.enums import GroupName

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

USES: Final = {
    ChartKind.BAR: "Comparing up to about fifteen places or groups. Largest first, unless they have an order of their own.",
    ChartKind.LINE: "Change over time of one to four series. Each is named where it ends.",
    ChartKind.STACKED: "Parts of a whole that add up, such as full-time equivalent. Beyond five parts the smallest "
    "are added up. People with two posts do not add up: do not stack headcount.",
    ChartKind.MULTIPLES: "Change over time of many series: a small chart each, all on one scale.",
    ChartKind.RANGE: "Values with their interval, where the uncertainty is the point.",
    ChartKind.TILE_MAP: "Regions or integrated care boards, each with the same room.",
}


def editor_guide(request: HttpRequest) -> HttpResponse:
    """Show the guide to everybody who may enter the CMS."""
    context = {
        "groups": [group.value for group in GroupName],
        "sentence_names": [f"{{{name}}}" for name in PLACEHOLDERS],
        "title_names": [f"{{{name}}}" for name in TITLE_PLACEHOLDERS],
        "kinds": [(kind.value.replace("_", " ").capitalize(), USES[kind]) for kind in ChartKind],
    }
    return render(request, "home/admin/editor_guide.html", context)
