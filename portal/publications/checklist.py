"""What a machine can check before people approve: some findings block, some warn."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from portal.datasets.changes import Changes, NotComparableError
from portal.publications.bare_figures import BARE, bare_figures_of
from portal.publications.binding import UnboundFigureError, bind
from portal.publications.enums import CalendarStatus, Severity, VersionReason
from portal.publications.figures import chart, headline, sentence, table
from portal.publications.models import CalendarEntry, MethodologyPage, ReleasePage
from portal.publications.validators import TYPED_FIGURE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.publications.binding import Binding
    from portal.publications.models import ReleaseVersion

RESPONSE_TARGET = 0.7
# A revision worth a word: more than what rounding to five, or one person in a small group, can do.
LARGE_PERCENT = 5.0
LARGE_DIFFERENCE = 20
MOST_REVISIONS = 500
PAGE_LINK = re.compile(r'linktype="page"[^>]*\bid="(\d+)"|\bid="(\d+)"[^>]*linktype="page"')


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the checklist found."""

    severity: Severity
    code: str
    text: str


def _blocks(code: str, text: str) -> Finding:
    return Finding(Severity.BLOCKS, code, text)


def _warns(code: str, text: str) -> Finding:
    return Finding(Severity.WARNS, code, text)


def checklist(version: ReleaseVersion) -> list[Finding]:
    """Return every finding on a version, those that block first."""
    # Fetched anew: an editor may have saved since the version was read.
    page = ReleasePage.objects.get(pk=version.release_id).get_latest_revision_as_object()
    found = [
        *_data_findings(version),
        *_revision_findings(version),
        *_figure_findings(version, page),
        *_text_findings(version, page),
        *_bare_findings(version, page),
        *_link_findings(page),
        *_standing_findings(version),
    ]
    return sorted(found, key=lambda finding: finding.severity != Severity.BLOCKS)


def blocking(version: ReleaseVersion) -> list[Finding]:
    """Return the findings that block."""
    return [finding for finding in checklist(version) if finding.severity == Severity.BLOCKS]


def _data_findings(version: ReleaseVersion) -> Iterator[Finding]:
    from portal.datasets.actions import unmapped  # noqa: PLC0415 - only here

    data = version.dataset_version
    if data.is_open and unmapped(data):
        yield _blocks("mapping_open", "Codes of the last dataset version are gone and nobody has said where they went.")
    # What a run made must have been audited: an audit that is missing blocks as one that failed.
    if data.lineage.get("series") and (data.lineage.get("audit") or {}).get("passed") is not True:
        yield _blocks("audit_failed", "The disclosure audit of the data did not pass.")
    if data.is_open and data.base_id != data.dataset.latest_id:
        yield _blocks("stale_data", "Another version of the dataset came out meanwhile: run the series again.")
    coverage = data.metadata.get("coverage") or {}
    received, expected = coverage.get("received"), coverage.get("expected")
    if received is not None and expected and received < RESPONSE_TARGET * expected:
        yield _warns("low_response", f"Only {received} of {expected} organisations sent a return.")


def _revision_findings(version: ReleaseVersion) -> Iterator[Finding]:
    """Warn of values of earlier periods that differ much from the last release, where nobody has said why."""
    data, last = version.dataset_version, version.dataset_version.base
    if not data.is_open or last is None or data.change_note.strip() or version.notice.strip():
        return
    try:
        changed = [row for row in Changes(last, data).largest(MOST_REVISIONS) if row["change"] == "changed"]
    except NotComparableError:
        return  # other dimensions: a major version, whose change log says so
    large = [row for row in changed if _is_large(row)]
    if large:
        first = large[0]
        where = ", ".join(str(first[name]) for name in (*last.meta.by_id, "measure") if name in first)
        number = f"{len(large)} or more" if len(changed) == MOST_REVISIONS else str(len(large))
        yield _warns(
            "large_revision",
            f"{number} values differ by more than {LARGE_PERCENT:.0f}% from the last release and no change note says "
            f"why. The largest: {first['old_value']:,g} became {first['new_value']:,g} ({where}).",
        )


def _is_large(row: dict[str, Any]) -> bool:
    """Whether a value moved by more than rounding and small groups do."""
    if row["old_value"] is None or row["new_value"] is None:
        return False
    return abs(row["difference"]) >= LARGE_DIFFERENCE and abs(row["percent"] or 100) > LARGE_PERCENT


def _figure_findings(version: ReleaseVersion, page: ReleasePage) -> Iterator[Finding]:
    """Check that every figure finds its cells under every perspective that readers can choose."""
    binding = bind(version.dataset_version, default=page.default_perspective, period=page.period)
    count = len(page.headlines)
    if count == 1:
        yield _blocks("headlines", "A release has no headline figure or two to six, not one.")
    for name, work in _figures(page):
        try:
            for code in binding.perspectives or {"": ""}:
                work(binding.seen_as(code))
        except UnboundFigureError as error:
            yield _blocks("unbound_figure", f"{name}: {error}")


def _figures(page: ReleasePage) -> Iterator[tuple[str, Any]]:
    for block in page.headlines:
        yield f"Headline “{block.value['label']}”", lambda seen, value=block.value: headline(value, seen)
    for block in page.main_points:
        if block.block_type == "sentence":
            yield "A main point", lambda seen, value=block.value: sentence(value, seen)
    for section in page.sections:
        for block in section.value["body"]:
            work = {"chart": _draw, "table": _tabulate, "sentence": _say}.get(block.block_type)
            if work:
                heading = section.value["heading"]
                yield f"Section “{heading}”", lambda seen, value=block.value, work=work: work(value, seen)


def _draw(value: Any, seen: Binding) -> object:
    return chart(value, seen)


def _tabulate(value: Any, seen: Binding) -> object:
    return table(value, seen, name="check")


def _say(value: Any, seen: Binding) -> object:
    return sentence(value, seen)


def _text_findings(version: ReleaseVersion, page: ReleasePage) -> Iterator[Finding]:
    if machine := list(machine_written(page)):
        yield _blocks(
            "machine_text",
            f"{len(machine)} sentences and sections are as the machine wrote them: accept or rewrite them.",
        )
    if version.text_checked_digest != version.dataset_version.digest:
        again = (
            "The data changed since someone last read the text against it: accept the text again."
            if version.text_checked_digest
            else "Nobody has read the text against this data yet: read it, then accept it."
        )
        yield _blocks("stale_text", again)
    for section in page.sections:
        if not section.value["body"]:
            yield _blocks("empty_section", f"Section “{section.value['heading']}” is empty.")
    if not page.sections:
        yield _blocks("no_sections", "The release has no section.")
    for name, words in (("title", page.title), ("summary", page.summary)):
        if found := TYPED_FIGURE.search(words):
            yield _blocks(
                "typed_figure", f"“{found[1]}” is typed into the {name}: it would stay when the data changes."
            )
    if not page.summary.strip():
        yield _blocks("no_summary", "The release has no summary.")
    if version.reason != VersionReason.FIRST and not version.notice.strip():
        yield _blocks("no_notice", "A correction needs a notice that says what changed.")


def _bare_findings(version: ReleaseVersion, page: ReleasePage) -> Iterator[Finding]:
    """Warn of numbers that may be statistics which nothing renews; those of the specification are its own."""
    described = version.dataset_version.metadata
    known = set(bare_figures_of([described.get(name, []) for name in ("notes", "headlines", "charts", "tables")]))
    places = [(f"section “{section.value['heading']}”", section.value["body"]) for section in page.sections]
    places += [
        ("the summary", page.summary),
        ("the main points", page.main_points),
        ("“How sure are we”", page.quality_note),
        ("the notes", page.notes),
    ]
    found = [(number, place) for place, value in places for number in bare_figures_of(value) if number not in known]
    if found:
        named = ", ".join(f"“{number}” in {place}" for number, place in found)
        yield _warns("bare_figure", f"{named}. {BARE}")


def machine_written(page: ReleasePage) -> Iterator[Any]:
    """Yield the sentences and sections that carry the machine's mark."""
    yield from _marked(page.main_points)
    yield from (section.value for section in page.sections if section.value["machine_written"])
    for section in page.sections:
        yield from _marked(section.value["body"])


def _marked(blocks: Any) -> Iterator[Any]:
    return (block.value for block in blocks if block.block_type == "sentence" and block.value["machine_written"])


def _link_findings(page: ReleasePage) -> Iterator[Finding]:
    """Check that links to pages lead to pages that are live."""
    from wagtail.models import Page  # noqa: PLC0415 - only here

    sources = [page.quality_note, page.notes]
    for section in page.sections:
        for block in section.value["body"]:
            if block.block_type == "text":
                sources.append(block.value.source)
            elif block.block_type == "callout":
                sources.append(block.value["text"].source)
    wanted = {int(first or second) for source in sources for first, second in PAGE_LINK.findall(source or "")}
    live = set(Page.objects.live().filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()
    for number in sorted(wanted - live):
        yield _blocks("broken_link", f"A link leads to page {number}, which is not published.")


def _standing_findings(version: ReleaseVersion) -> Iterator[Finding]:
    series = version.series
    kinds = set(MethodologyPage.objects.child_of(series).live().values_list("kind", flat=True))
    if MethodologyPage.Kind.METHODOLOGY not in kinds:
        yield _blocks("no_methodology", f"{series} has no published methodology.")
    if MethodologyPage.Kind.QUALITY not in kinds and not series.quality_summary.strip():
        yield _blocks("no_guidance", f"{series} has neither a quality report nor a summary of quality.")
    upcoming = CalendarEntry.objects.filter(
        series=series, status__in=[CalendarStatus.PROVISIONAL, CalendarStatus.CONFIRMED]
    ).exclude(period=version.period)
    if not upcoming.exists():
        yield _warns("no_next_date", "The calendar does not say when the next release is due.")
    unresolved = version.release.wagtail_admin_comments.filter(resolved_at__isnull=True).count()
    if unresolved:
        yield _warns("comments", f"{unresolved} comments are not resolved.")
