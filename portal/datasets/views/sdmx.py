"""The SDMX-REST 2.1 face of the datasets: dataflows, data structures and generic data."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from portal.datasets import sdmx
from portal.datasets.lookup import NotFoundError, WithdrawnError, served_version
from portal.datasets.models import DatasetVersion
from portal.datasets.views.files import with_cors

if TYPE_CHECKING:
    from django.http import HttpRequest

STRUCTURE = "application/vnd.sdmx.structure+xml; version=2.1; charset=utf-8"
DATA = "application/vnd.sdmx.genericdata+xml; version=2.1; charset=utf-8"
CODES = {400: 140, 404: 100}
ANY = {"", "all", "latest", "*"}


def _xml(body: str, kind: str, status: int = 200) -> HttpResponse:
    return with_cors(HttpResponse(body, content_type=kind, status=status))


def _error(status: int, text: str) -> HttpResponse:
    inner = f'<message:ErrorMessage code="{CODES[status]}"><common:Text xml:lang="en">{escape(text)}</common:Text></message:ErrorMessage>'
    return _xml(
        f"{sdmx.HEAD}<message:Error {sdmx.SPACES}>{inner}</message:Error>", "application/xml; charset=utf-8", status
    )


@require_safe
def dataflow(request: HttpRequest, agency: str = "all", flow: str = "all", version: str = "latest") -> HttpResponse:
    """List the dataflows, or show one with all that it refers to."""
    if agency not in {"all", sdmx.AGENCY}:
        return _error(404, f"There is no agency {agency}.")
    if flow in ANY:
        current = DatasetVersion.objects.filter(state="published").select_related("dataset").order_by("dataset__slug")
        return _xml(sdmx.dataflows(current), STRUCTURE)
    references = request.GET.get("references", "none") not in {"", "none"}
    return _structure(flow, version, references=references, is_flow=True)


@require_safe
def datastructure(_request: HttpRequest, agency: str, structure: str, version: str = "latest") -> HttpResponse:
    """Show the data structure of a dataset with its code lists and concepts."""
    if agency not in {"all", sdmx.AGENCY}:
        return _error(404, f"There is no agency {agency}.")
    return _structure(structure.removesuffix("_dsd"), version, references=True, is_flow=False)


def _structure(slug: str, version: str, *, references: bool, is_flow: bool) -> HttpResponse:
    try:
        flow = sdmx.Flow(served_version(slug, "" if version in ANY else version))
    except (NotFoundError, WithdrawnError) as error:
        return _error(404, str(error))
    return _xml(sdmx.structure(flow, references=references) if is_flow else sdmx.data_structure(flow), STRUCTURE)


@require_safe
def data(request: HttpRequest, flow: str, key: str = "all", provider: str = "all") -> HttpResponse:  # noqa: ARG001 - one provider
    """Send observations: a series key, ``startPeriod``, ``endPeriod``, and ``asOf`` for the data as it stood."""
    # A flow is named "id", "agency,id" or "agency,id,version".
    parts = flow.split(",")
    slug, version = parts[min(1, len(parts) - 1)], parts[2] if len(parts) > 2 else ""  # noqa: PLR2004 - the three parts
    given = request.GET
    if given.get("includeHistory", "false") == "true":
        return _error(400, "includeHistory is not offered; ask for each moment with asOf.")
    try:
        found = sdmx.Flow(served_version(slug, "" if version in ANY else version, given.get("asOf", "")[:40]))
        rows = sdmx.rows_of(found, key, given.get("startPeriod", "")[:20], given.get("endPeriod", "")[:20])
    except (NotFoundError, WithdrawnError) as error:
        return _error(404, str(error))
    except ValueError as error:
        return _error(400, str(error))
    if not len(rows):
        return _error(404, "No observation fits.")
    return _xml(sdmx.generic_data(found, rows), DATA)
