"""A release bound to the data of one dataset version, seen under one perspective."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from portal.datasets.queries import Observation, UnknownColumnError, observations
from portal.publications.blocks import filters_of

if TYPE_CHECKING:
    from portal.datasets.metadata import Measure
    from portal.datasets.models import DatasetVersion

PERIOD = "time_period"
PERSPECTIVE = "perspective"
# Words that tables of codes leave as codes when a dataset forgets to label them.
MISSING = "Not known"


class UnboundFigureError(ValueError):
    """A block names a measure, column or code that the dataset version does not have."""


@dataclass(frozen=True)
class Binding:
    """Where figures come from: the version, the perspective chosen, the period of the release."""

    version: DatasetVersion
    perspective: str
    period: str

    @cached_property
    def perspectives(self) -> dict[str, str]:
        """Return the perspectives of the data, code and label, in order."""
        dimension = self.version.meta.by_id.get(PERSPECTIVE)
        return dict(dimension.labels) if dimension else {}

    @cached_property
    def periods(self) -> list[str]:
        """Return the periods of the data, oldest first."""
        dimension = self.version.meta.by_id.get(PERIOD)
        return sorted(dimension.labels) if dimension else []

    @property
    def perspective_label(self) -> str:
        """Return the name of the perspective chosen; empty where the data has none."""
        return self.perspectives.get(self.perspective, "")

    def label(self, dimension: str, code: str) -> str:
        """Return the label of a code of a dimension."""
        found = self.version.meta.by_id.get(dimension)
        return found.labels.get(code, code) if found else code

    def measure(self, name: str) -> Measure:
        """Return a measure by its identifier."""
        for measure in self.version.meta.measures:
            if measure.id == name:
                return measure
        raise UnboundFigureError(f"{self.version} has no measure “{name}”.")

    def period_before(self, period: str) -> str | None:
        """Return the period before ``period`` in the data, if there is one."""
        earlier = [code for code in self.periods if code < period]
        return earlier[-1] if earlier else None

    def cells(
        self, selection: Mapping[str, Any], *, free: tuple[str, ...] = (), period: str | None = None
    ) -> list[Observation]:
        """Return the observations of a selection; the dimensions in ``free`` are not fixed.

        Raises :class:`UnboundFigureError` where the selection names what the data does not have.
        """
        self.measure(selection["measure"])
        filters = {key: code for key, code in filters_of(selection).items() if key not in free}
        if PERIOD in self.version.meta.by_id and PERIOD not in free:
            filters.setdefault(PERIOD, period or selection.get("period") or self.period)
        if self.perspectives and PERSPECTIVE not in free:
            filters.setdefault(PERSPECTIVE, selection.get("perspective") or self.perspective)
        for key, code in filters.items():
            known = self.version.meta.by_id.get(key)
            if known is None or code not in known.labels:
                raise UnboundFigureError(f"{self.version} has no {key} “{code}”.")
        try:
            return observations(self.version, measure=selection["measure"], **filters)
        except UnknownColumnError as error:
            raise UnboundFigureError(f"{self.version} has no column “{error}”.") from error

    def cell(self, selection: Mapping[str, Any], *, period: str | None = None) -> Observation | None:
        """Return the one observation of a selection, None where the data has no such cell."""
        found = self.cells(selection, period=period)
        if len(found) > 1:
            raise UnboundFigureError(
                f"The selection of {selection['measure']} means {len(found)} cells of {self.version}."
            )
        return found[0] if found else None

    def seen_as(self, perspective: str) -> Binding:
        """Return the same data under another perspective."""
        return replace(self, perspective=perspective)


def bind(version: DatasetVersion, *, perspective: str = "", default: str = "", period: str = "") -> Binding:
    """Bind to a dataset version; an unknown perspective falls back to the default, then to the first."""
    unbound = Binding(version, "", period or version.last_period)
    known = unbound.perspectives
    chosen = next((code for code in (perspective, default, *known) if code in known), "")
    return unbound.seen_as(chosen)
