"""Structure and data of a version as SDMX-ML 2.1, written as text: fast, and as the schemas want it."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from portal.datasets.answers import sort_rows
from portal.datasets.enums import SHORTHAND
from portal.datasets.files.sheets import plain_number
from portal.datasets.queries import columns_of, numbers_of, select, texts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np

    from portal.datasets.models import DatasetVersion

AGENCY = "OHW"
TIME = "time_period"
MAX_OBSERVATIONS = 200_000
PIECES = 2000
ROOT = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1"
SPACES = f'xmlns:message="{ROOT}/message" xmlns:structure="{ROOT}/structure" xmlns:common="{ROOT}/common"'
# Only in data messages: readers tell the kind of a message by the spaces it declares.
GENERIC = f'xmlns:generic="{ROOT}/data/generic"'
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
KEY_PART = re.compile(r"^[\w@$-]{1,60}$")


class SdmxError(ValueError):
    """A request that the data cannot answer."""


@dataclass(frozen=True)
class Flow:
    """A version seen as an SDMX dataflow with its data structure."""

    version: DatasetVersion

    @property
    def id(self) -> str:
        """Return the identifier of the dataflow."""
        return self.version.dataset.slug

    @property
    def series_dimensions(self) -> list[str]:
        """Return the dimensions of a series key, in order; time is not among them."""
        return [*[name for name in self.version.meta.by_id if name != TIME], "measure"]

    def labels(self, name: str) -> dict[str, str]:
        """Return the codes of a dimension."""
        return self.version.meta.measure_labels if name == "measure" else self.version.meta.by_id[name].labels

    def title(self, name: str) -> str:
        """Return what a dimension is called."""
        return "Measure" if name == "measure" else self.version.meta.by_id[name].label


def _name(text: str) -> str:
    return f'<common:Name xml:lang="en">{escape(text)}</common:Name>'


def _reference(kind: str, package: str, key: str, version: str, **more: str) -> str:
    rest = "".join(f" {name}={quoteattr(value)}" for name, value in more.items())
    return (
        f'<Ref id={quoteattr(key)} version="{version}" agencyID="{AGENCY}" package="{package}" class="{kind}"{rest}/>'
    )


def _header(version: DatasetVersion | None, structure: str = "") -> str:
    prepared = version.published_at.isoformat() if version and version.published_at else "2000-01-01T00:00:00+00:00"
    key = version.stem.replace(".", "_") if version else "dataflows"
    return (
        f"<message:Header><message:ID>{key}</message:ID><message:Test>false</message:Test>"
        f'<message:Prepared>{prepared}</message:Prepared><message:Sender id="{AGENCY}"/>{structure}</message:Header>'
    )


def _structure_message(version: DatasetVersion | None, inner: str) -> str:
    return f"{HEAD}<message:Structure {SPACES}>{_header(version)}<message:Structures>{inner}</message:Structures></message:Structure>"


def dataflows(versions: Iterable[DatasetVersion]) -> str:
    """Return the list of dataflows."""
    inner = "".join(_dataflow(Flow(version)) for version in versions)
    return _structure_message(None, f"<structure:Dataflows>{inner}</structure:Dataflows>")


def structure(flow: Flow, *, references: bool) -> str:
    """Return the dataflow, and with ``references`` its code lists, concepts and data structure."""
    inner = f"<structure:Dataflows>{_dataflow(flow)}</structure:Dataflows>"
    return _structure_message(flow.version, inner + (_parts(flow) if references else ""))


def data_structure(flow: Flow) -> str:
    """Return the data structure with its code lists and concepts."""
    return _structure_message(flow.version, _parts(flow))


def _dataflow(flow: Flow) -> str:
    number = flow.version.number
    reference = _reference("DataStructure", "datastructure", f"{flow.id}_dsd", number)
    return (
        f'<structure:Dataflow id={quoteattr(flow.id)} agencyID="{AGENCY}" version="{number}" isFinal="true">'
        f"{_name(flow.version.dataset.title)}<structure:Structure>{reference}</structure:Structure></structure:Dataflow>"
    )


def _parts(flow: Flow) -> str:
    lists = {name: (flow.title(name), flow.labels(name)) for name in flow.series_dimensions}
    lists["obs_status"] = ("Status", SHORTHAND)
    codelists = "".join(_codelist(flow, name, *about) for name, about in lists.items())
    concepts = {
        **{name: flow.title(name) for name in flow.series_dimensions},
        "TIME_PERIOD": "Time period",
        "OBS_VALUE": "Value",
        "OBS_STATUS": "Status",
    }
    items = "".join(
        f'<structure:Concept id="{key}">{_name(title)}</structure:Concept>' for key, title in concepts.items()
    )
    scheme = f'<structure:ConceptScheme id="{flow.id}_concepts" agencyID="{AGENCY}" version="{flow.version.number}" isFinal="true">{_name("Concepts")}{items}</structure:ConceptScheme>'
    return (
        f"<structure:Codelists>{codelists}</structure:Codelists><structure:Concepts>{scheme}</structure:Concepts>"
        f"<structure:DataStructures>{_definition(flow)}</structure:DataStructures>"
    )


def _codelist(flow: Flow, name: str, title: str, labels: dict[str, str]) -> str:
    codes = "".join(
        f"<structure:Code id={quoteattr(code)}>{_name(label)}</structure:Code>" for code, label in labels.items()
    )
    return (
        f'<structure:Codelist id="{flow.id}_{name}" agencyID="{AGENCY}" version="{flow.version.number}" isFinal="true">'
        f"{_name(title)}{codes}</structure:Codelist>"
    )


def _concept(flow: Flow, key: str) -> str:
    more = {"maintainableParentID": f"{flow.id}_concepts", "maintainableParentVersion": flow.version.number}
    rest = "".join(f' {name}="{value}"' for name, value in more.items())
    reference = f'<Ref id="{key}" agencyID="{AGENCY}" package="conceptscheme" class="Concept"{rest}/>'
    return f"<structure:ConceptIdentity>{reference}</structure:ConceptIdentity>"


def _coded(flow: Flow, name: str) -> str:
    reference = _reference("Codelist", "codelist", f"{flow.id}_{name}", flow.version.number)
    return f"<structure:LocalRepresentation><structure:Enumeration>{reference}</structure:Enumeration></structure:LocalRepresentation>"


def _definition(flow: Flow) -> str:
    names = flow.series_dimensions
    dimensions = "".join(
        f'<structure:Dimension id="{name}" position="{place}">{_concept(flow, name)}{_coded(flow, name)}</structure:Dimension>'
        for place, name in enumerate(names, start=1)
    )
    time = (
        f'<structure:TimeDimension id="TIME_PERIOD" position="{len(names) + 1}">{_concept(flow, "TIME_PERIOD")}<structure:LocalRepresentation>'
        '<structure:TextFormat textType="ObservationalTimePeriod"/></structure:LocalRepresentation></structure:TimeDimension>'
    )
    status = (
        f'<structure:Attribute id="OBS_STATUS" assignmentStatus="Conditional">{_concept(flow, "OBS_STATUS")}{_coded(flow, "obs_status")}'
        '<structure:AttributeRelationship><structure:PrimaryMeasure><Ref id="OBS_VALUE"/></structure:PrimaryMeasure></structure:AttributeRelationship></structure:Attribute>'
    )
    measure = f'<structure:PrimaryMeasure id="OBS_VALUE">{_concept(flow, "OBS_VALUE")}</structure:PrimaryMeasure>'
    return (
        f'<structure:DataStructure id="{flow.id}_dsd" agencyID="{AGENCY}" version="{flow.version.number}" isFinal="true">'
        f"{_name(flow.version.dataset.title)}<structure:DataStructureComponents>"
        f'<structure:DimensionList id="DimensionDescriptor">{dimensions}{time}</structure:DimensionList>'
        f'<structure:AttributeList id="AttributeDescriptor">{status}</structure:AttributeList>'
        f'<structure:MeasureList id="MeasureDescriptor">{measure}</structure:MeasureList>'
        "</structure:DataStructureComponents></structure:DataStructure>"
    )


def filters_of(flow: Flow, key: str) -> dict[str, list[str]]:
    """Return the filters that a series key such as ``E92000001.NUR+PHY.`` means."""
    if key in {"", "all"}:
        return {}
    parts, names = key.split("."), flow.series_dimensions
    if len(parts) != len(names):
        raise SdmxError(f"The key must have {len(names)} parts: {'.'.join(names)}.")
    filters = {name: part.split("+") for name, part in zip(names, parts, strict=True) if part}
    if not all(KEY_PART.match(code) for codes in filters.values() for code in codes):
        raise SdmxError("A part of the key is not a code.")
    return filters


def rows_of(flow: Flow, key: str, first: str, last: str) -> np.ndarray:
    """Return the rows that a data request asks for, ordered by series and time."""
    table = columns_of(flow.version)
    rows = select(table, filters_of(flow, key))
    if (first or last) and TIME in table.codes:
        times = texts_of(table, TIME, rows)
        rows = rows[[(not first or time >= first) and (not last or time[: len(last)] <= last) for time in times]]
    if len(rows) > MAX_OBSERVATIONS:
        raise SdmxError(
            f"The answer would have {len(rows):,} observations; at most {MAX_OBSERVATIONS:,} are sent. Name a key."
        )
    return sort_rows(table, rows, [*flow.series_dimensions, *([TIME] if TIME in table.codes else [])])


@dataclass(frozen=True)
class Part:
    """The observations of one version, and the time in which it was the current one."""

    flow: Flow
    rows: np.ndarray
    is_history: bool = False

    @property
    def reference(self) -> str:
        """Return the name of its structure within the message."""
        return f"S{self.flow.version.number.replace('.', '_')}"


def generic_data(parts: list[Part]) -> Iterator[str]:
    """Yield a generic data message: one data set, or one for each version that was ever current."""
    about = "".join(map(_structure_of, parts))
    yield f"{HEAD}<message:GenericData {SPACES} {GENERIC}>{_header(parts[0].flow.version, about)}"
    for part in parts:
        yield f'<message:DataSet structureRef="{part.reference}"{_validity(part)}>'
        pieces = _series(part.flow, part.rows)
        while piece := "".join(itertools.islice(pieces, PIECES)):
            yield piece
        yield "</message:DataSet>"
    yield "</message:GenericData>"


def _structure_of(part: Part) -> str:
    flow = part.flow
    reference = f'<Ref id="{flow.id}_dsd" agencyID="{AGENCY}" version="{flow.version.number}" package="datastructure" class="DataStructure"/>'
    return (
        f'<message:Structure structureID="{part.reference}" dimensionAtObservation="TIME_PERIOD">'
        f"<common:Structure>{reference}</common:Structure></message:Structure>"
    )


def _validity(part: Part) -> str:
    """Return from when to when a version was the current one, where the history was asked for."""
    version = part.flow.version
    if not part.is_history or version.published_at is None:
        return ""
    ended = f' validToDate="{version.superseded_at.isoformat()}"' if version.superseded_at else ""
    return f' setID="{version.stem.replace(".", "_")}" validFromDate="{version.published_at.isoformat()}"{ended}'


def _series(flow: Flow, rows: np.ndarray) -> Iterator[str]:
    table = columns_of(flow.version)
    names = flow.series_dimensions
    keys = list(zip(*[texts_of(table, name, rows) for name in names], strict=True))
    times = texts_of(table, TIME, rows) if TIME in table.codes else ["all"] * len(rows)
    observed = zip(times, numbers_of(table, "value", rows), texts_of(table, "status", rows), strict=True)
    open_key: Any = None
    for key, observation in zip(keys, observed, strict=True):
        if key != open_key:
            if open_key is not None:
                yield "</generic:Series>"
            values = "".join(
                f'<generic:Value id="{name}" value={quoteattr(code)}/>' for name, code in zip(names, key, strict=True)
            )
            yield f"<generic:Series><generic:SeriesKey>{values}</generic:SeriesKey>"
            open_key = key
        yield _observation(*observation)
    if open_key is not None:
        yield "</generic:Series>"


def _observation(time: str, value: float | None, status: str) -> str:
    number = "" if value is None else f'<generic:ObsValue value="{plain_number(value)}"/>'
    marks = (
        f'<generic:Attributes><generic:Value id="OBS_STATUS" value="{status.split(maxsplit=1)[0]}"/></generic:Attributes>'
        if status
        else ""
    )
    return f"<generic:Obs><generic:ObsDimension value={quoteattr(time)}/>{number}{marks}</generic:Obs>"
