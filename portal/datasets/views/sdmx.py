"""The SDMX-REST 2.1 face of the datasets: dataflows, data structures and generic data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from django.http import HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from portal.datasets import sdmx
from portal.datasets.lookup import NotFoundError, WithdrawnError, served_version
from portal.datasets.models import DatasetVersion
from portal.datasets.views.files import with_cors

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

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


# Parameters of the standard that change an answer, and the values that this service answers to.
ONLY: Final = {
    "detail": ("full",),
    "dimensionAtObservation": ("TIME_PERIOD",),
    "includeHistory": ("false", "true"),
    "firstNObservations": (),
    "lastNObservations": (),
    "updatedAfter": (),
}


@require_safe
def data(request: HttpRequest, flow: str, key: str = "all", provider: str = "all") -> HttpResponseBase:  # noqa: ARG001 - one provider
    """Send observations by series key and period; ``asOf`` as they stood then, ``includeHistory`` as each version had them."""
    # A flow is named "id", "agency,id" or "agency,id,version".
    parts = flow.split(",")
    slug, version = parts[min(1, len(parts) - 1)], parts[2] if len(parts) > 2 else ""  # noqa: PLR2004 - the three parts
    given = request.GET
    for name, known in ONLY.items():
        if name in given and given[name] not in known:
            takes = f"takes {' or '.join(known)}" if known else "is not supported"
            return _error(400, f"{name} {takes}.")
    is_history = given.get("includeHistory", "false") == "true"
    try:
        if is_history and given.get("asOf"):
            return _error(400, "includeHistory tells of every moment and asOf of one: ask for either.")
        flows = _flows(slug, "" if version in ANY else version, given.get("asOf", "")[:40], is_history=is_history)
        parts = _parts(flows, key, given.get("startPeriod", "")[:20], given.get("endPeriod", "")[:20])
    except (NotFoundError, WithdrawnError) as error:
        return _error(404, str(error))
    except ValueError as error:
        return _error(400, str(error))
    if not any(len(part.rows) for part in parts):
        return _error(404, "No observation fits.")
    return with_cors(StreamingHttpResponse(sdmx.generic_data(parts), content_type=DATA))


def _flows(slug: str, wanted: str, as_of: str, *, is_history: bool) -> list[sdmx.Flow]:
    """Return the version asked for, or every one that is served, oldest first."""
    found = served_version(slug, wanted, as_of)
    if not is_history:
        return [sdmx.Flow(found)]
    versions = list(DatasetVersion.objects.served().filter(dataset=found.dataset).matching(wanted or "*"))
    for version in versions:
        version.dataset = found.dataset
    return [sdmx.Flow(version) for version in reversed(versions)]


def _parts(flows: list[sdmx.Flow], key: str, first: str, last: str) -> list[sdmx.Part]:
    """Return the observations of each version; older ones may have had other dimensions."""
    parts = []
    for flow in flows:
        try:
            parts.append(sdmx.Part(flow, sdmx.rows_of(flow, key, first, last), len(flows) > 1))
        except sdmx.SdmxError:
            if flow is flows[-1]:
                raise
    if sum(len(part.rows) for part in parts) > sdmx.MAX_OBSERVATIONS:
        raise sdmx.SdmxError(
            f"The history would have more than {sdmx.MAX_OBSERVATIONS:,} observations. Name a key or a period."
        )
    return [part for part in parts if len(part.rows)]
