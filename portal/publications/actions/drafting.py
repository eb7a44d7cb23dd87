"""From a run's dataset version to the draft of the next release: figures, tables, charts, neutral sentences.

What the machine wrote is marked until a person accepts or rewrites it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.text import slugify

from portal.core.actions import record_event
from portal.datasets.enums import VersionKind
from portal.publications import planned
from portal.publications.actions.common import locked, require
from portal.publications.enums import ReleaseState, VersionReason
from portal.publications.errors import ReleaseError, UnknownSeriesError, WrongStateError
from portal.publications.models import PublicationSeriesPage, ReleasePage, ReleaseVersion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portal.datasets.models import DatasetVersion
    from portal.publications.planned import PlannedFigure
    from portal.users.models import User

PERIOD = "time_period"


@transaction.atomic
def draft_release(
    *,
    by: User | None,
    series: PublicationSeriesPage | str,
    dataset_version: DatasetVersion,
    run: Any | None = None,
    run_reference: str = "",
) -> ReleasePage:
    """Draft the release of the dataset version's latest period, or bind its open draft to newer data.

    A new release starts from the last one, with all figures renewed. A period that is published
    already gets a new version, a correction, whose notice an editor must write.
    """
    page = _series(series)
    reference = run_reference or (f"run {getattr(run, 'pk', run)}" if run is not None else "")
    release = ReleasePage.objects.child_of(page).filter(period=dataset_version.last_period).first()
    if release is None:
        release = _new_release(by, page, dataset_version)
        version = _new_version(by, page, release, dataset_version, reference)
    else:
        version = _rebound(by, page, release, dataset_version, reference)
    record_event(
        by=by,
        action="draft_release",
        obj=version,
        detail={"dataset_version": str(dataset_version), "data": dataset_version.digest, "run": reference},
    )
    return release


def _series(series: PublicationSeriesPage | str) -> PublicationSeriesPage:
    if isinstance(series, PublicationSeriesPage):
        return series
    found = PublicationSeriesPage.objects.filter(slug=series).first()
    if found is None:
        raise UnknownSeriesError(f"There is no publication “{series}”: an editor makes its page first.")
    return found


def _new_version(
    by: User | None, series: PublicationSeriesPage, release: ReleasePage, data: DatasetVersion, reference: str
) -> ReleaseVersion:
    numbers = release.versions.values_list("number", flat=True)
    return ReleaseVersion.objects.create(
        release=release,
        series=series,
        number=1 + max(numbers, default=0),
        period=release.period,
        reason=_reason(release, data),
        dataset_version=data,
        run_reference=reference,
        created_by=by,
    )


def _reason(release: ReleasePage, data: DatasetVersion) -> VersionReason:
    """Say what a new version is: of a published release a correction, unless its data is a scheduled revision."""
    if not release.live:
        return VersionReason.FIRST
    return VersionReason.REVISION if data.kind == VersionKind.REVISION else VersionReason.CORRECTION


def _rebound(
    by: User | None, series: PublicationSeriesPage, release: ReleasePage, data: DatasetVersion, reference: str
) -> ReleaseVersion:
    """Bind the open draft of a release to newer data; its words are stale until someone accepts them again."""
    version = release.versions.open().select_for_update(of=("self",)).first()
    if version is None:
        return _new_version(by, series, release, data, reference)
    if version.state != ReleaseState.DRAFT:
        raise WrongStateError(
            f"{release} is {version.get_state_display().lower()}: send it back to draft before new data is bound to it."
        )
    version.dataset_version, version.run_reference = data, reference
    version.save(update_fields=["dataset_version", "run_reference"])
    return version


def _new_release(by: User | None, series: PublicationSeriesPage, data: DatasetVersion) -> ReleasePage:
    label = _period_label(data)
    release = ReleasePage(
        title=f"{series.title}, {data.dataset.spatial}, {label}",
        slug=slugify(label) or slugify(data.last_period),
        summary=f"{series.summary}".strip(),
        period=data.last_period,
        period_label=label,
        live=False,
        owner=by,
        **_content(series, data),
    )
    series.add_child(instance=release)
    release.save_revision(user=by, log_action=True)
    return release


def _period_label(data: DatasetVersion) -> str:
    dimension = data.meta.by_id.get(PERIOD)
    return dimension.labels.get(data.last_period, data.last_period) if dimension else data.last_period


def _content(series: PublicationSeriesPage, data: DatasetVersion) -> dict[str, Any]:
    """Return the content of a new draft: of the last release where there is one, else from the data's own plan."""
    described = data.metadata
    last = ReleasePage.objects.child_of(series).filter(period__lt=data.last_period).order_by("-period").first()
    sentences = planned.sentences(described)
    default = described.get("default_perspective", "")
    if last is None:
        return {
            "default_perspective": default,
            "headlines": planned.headlines(described),
            "main_points": sentences,
            "sections": [figure.section() for figure in planned.figures(described)],
            "notes": planned.notes(described),
        }
    return {
        "default_perspective": last.default_perspective or default,
        "headlines": last.headlines.get_prep_value(),
        "main_points": sentences,
        "sections": _fresh(last.sections.get_prep_value()) + [one.section() for one in _new_figures(last, data)],
        "quality_note": last.quality_note,
        "notes": last.notes,
    }


def _new_figures(last: ReleasePage, data: DatasetVersion) -> list[PlannedFigure]:
    """Return what the specification has gained since the last release; what an editor took out stays out."""
    before = last.versions.order_by("-number").first()
    known = {one.name for one in planned.figures(before.dataset_version.metadata)} if before else set()
    gained = [one for one in planned.figures(data.metadata) if one.name not in known]
    return planned.lacking(gained, last.sections)


def _fresh(sections: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the sections of the last release with its commentary marked as not yet accepted."""
    for section in sections:
        for block in section["value"]["body"]:
            if block["type"] == "sentence":
                block["value"]["machine_written"] = True
    return sections


@transaction.atomic
def add_planned_figures(*, by: User, version: ReleaseVersion, names: Sequence[str]) -> ReleaseVersion:
    """Add charts and tables of the specification that a draft lacks, each as a section at its end."""
    require(by, "submit_release", "add figures to a release")
    row = locked(version)
    if row.state != ReleaseState.DRAFT:
        raise WrongStateError(f"{row} is {row.get_state_display().lower()}: figures are added while it is a draft.")
    page = row.release.get_latest_revision_as_object()
    wanted = [one for one in lacking_figures(row, page) if one.name in set(names)]
    if not wanted:
        raise ReleaseError("Choose at least one chart or table that the draft does not have.")
    page.sections = [*page.sections.get_prep_value(), *(one.section() for one in wanted)]
    page.save_revision(user=by, log_action=True)
    record_event(by=by, action="add_planned_figures", obj=row, detail={"added": [one.heading for one in wanted]})
    return row


def lacking_figures(version: ReleaseVersion, page: ReleasePage | None = None) -> list[PlannedFigure]:
    """Return the charts and tables that the specification has and the text of a version lacks."""
    text = page or version.release.get_latest_revision_as_object()
    return planned.lacking(planned.figures(version.dataset_version.metadata), text.sections)
