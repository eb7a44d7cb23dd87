"""Submitting a return, and what must be settled before."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.db import transaction
from django.db.models import Exists, OuterRef, Sum
from django.utils import timezone

from portal.core.actions import record_event, send_on_commit
from portal.organisations.enums import size_of
from portal.organisations.models import Organisation
from portal.submissions import notices
from portal.submissions.actions.drafts import (
    add_records,
    changing,
    draft_of,
    previous_version,
    values_of,
    version_before,
)
from portal.submissions.checks import ReturnFacts, check_return
from portal.submissions.enums import QueryState, ReturnKind, ReturnState, Severity
from portal.submissions.errors import ActionRefused
from portal.submissions.models import (
    Query,
    RegisteredWorker,
    RememberedReason,
    Removal,
    Return,
    ReturnVersion,
    RowIssue,
)
from portal.submissions.published import people_counted
from portal.submissions.storing import digest_of, list_registered_workers
from portal.submissions.transitions import move

if TYPE_CHECKING:
    from portal.submissions.findings import Finding

#: More removals than this many people, or this share of them, need a typed number and a reason.
FREE_REMOVALS = 5
FREE_REMOVAL_SHARE = 10
#: Other returns count too: a draft that nobody changed is looked at again after so many seconds.
LOOK_AGAIN_SECONDS = 600
LOOKING_SECONDS = 60
#: Without the letters and digits that are mistaken for each other.
REFERENCE_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass
class Readiness:
    """What stands between a draft and its submission."""

    draft: ReturnVersion | None
    held: int = 0
    open_queries: list[RowIssue] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    asked: int = 0
    records: int = 0
    #: How many people the draft has, where that is remembered.
    counted: int | None = None

    @cached_property
    def people(self) -> int:
        """How many people the draft has; counted only where it is shown."""
        if self.counted is not None or self.draft is None:
            return self.counted or 0
        return people_of(self.draft)

    @property
    def is_ready(self) -> bool:
        """Whether nothing is left to settle."""
        return (
            self.draft is not None
            and not self.held
            and not self.open_queries
            and not self.absent
            and not self.asked
            and (self.records > 0 or self.draft.kind == ReturnKind.NIL)
        )


def people_of(version: ReturnVersion) -> int:
    """Return how many people a version has: distinct workers, and those in totals."""
    return people_counted(version)


def refresh_findings(of_return: Return, draft: ReturnVersion, *, is_locked: bool = False) -> list[Finding]:
    """Check the draft as a whole again and keep what is found; reasons already given are kept too.

    Unless the return is locked for its submission, nobody waits for a file that is being stored:
    what was found before stays until it is in.
    """
    facts = _facts(of_return, draft)
    findings = check_return(facts)
    remembered = {
        (reason.code, reason.item, reason.worker_key): reason.reason
        for reason in RememberedReason.objects.filter(organisation_code=of_return.organisation_code)
    }
    with transaction.atomic("submissions"):
        mine = ReturnVersion.objects.select_for_update(of=("self",), no_key=True, skip_locked=not is_locked)
        if mine.filter(pk=draft.pk).first() is None:
            return findings
        given = _reasons_given(of_return, draft)
        _of_the_whole(draft).delete()
        RowIssue.objects.bulk_create(
            RowIssue(
                version=draft,
                item=finding.item,
                code=finding.code,
                severity=finding.severity,
                outcome=finding.outcome,
                message=finding.message,
                reason=given.get(finding.code) or given.get((finding.code, finding.message), ""),
            )
            for finding in findings
        )
        for issue in RowIssue.objects.filter(version=draft, severity=Severity.QUERY, reason="").exclude(worker_key=""):
            if reason := remembered.get((issue.code, issue.item, issue.worker_key)):
                issue.reason = f"{reason} (as said before)"
                issue.save(update_fields=["reason"])
    looked = {"revision": of_return.revision, "people": facts.people}
    cache.set(_looked_at_key(draft), looked, LOOK_AGAIN_SECONDS)
    return findings


def look_at_draft(of_return: Return) -> None:
    """Check a draft as a whole ahead of the pages that show it: of a very large one it takes seconds."""
    draft = ReturnVersion.objects.drafts().filter(of_return=of_return).first()
    if draft is not None:
        # Pages that are asked for meanwhile leave it to this.
        cache.set(_looked_at_key(draft), {"revision": of_return.revision, "people": None}, LOOKING_SECONDS)
        refresh_findings(of_return, draft)


def _looked_at_key(draft: ReturnVersion) -> str:
    return f"looked-at:{draft.pk}"


def is_looked_at(of_return: Return) -> bool:
    """Whether the draft was checked as a whole a moment ago and has not changed since."""
    draft = ReturnVersion.objects.drafts().filter(of_return=of_return).first()
    return draft is not None and _seen(of_return, draft) is not None


def _seen(of_return: Return, draft: ReturnVersion) -> dict[str, Any] | None:
    """Return what is remembered of the last look at the draft, if it has not changed since."""
    looked = cache.get(_looked_at_key(draft))
    return looked if looked and looked["revision"] == of_return.revision else None


def _of_the_whole(draft: ReturnVersion) -> Any:
    """Return findings about the draft as a whole: they belong to no file and no typed record."""
    return RowIssue.objects.filter(version=draft, upload=None, record_number=None)


def _reasons_given(of_return: Return, draft: ReturnVersion) -> dict[str | tuple[str, str], str]:
    """Return what was said to findings of the draft, and to those of the last submission that say the same still."""
    before = _of_the_whole(of_return.submitted_version) if of_return.submitted_version else RowIssue.objects.none()
    said = before.exclude(reason="").values_list("code", "message", "reason")
    given: dict[str | tuple[str, str], str] = {(code, message): reason for code, message, reason in said}
    return given | dict(_of_the_whole(draft).exclude(reason="").values_list("code", "reason"))


def _facts(of_return: Return, draft: ReturnVersion) -> ReturnFacts:
    last = version_before(of_return)
    organisation = Organisation.objects.get(code=of_return.organisation_code)
    siblings = (
        Organisation.objects.active().filter(parent=organisation.parent)
        if organisation.parent_id
        else Organisation.objects.none()
    )
    codes = [code for code in siblings.values_list("code", flat=True) if code != organisation.code]
    return ReturnFacts(
        people=people_of(draft),
        roles=frozenset(draft.records.order_by().values_list("role_code", flat=True).distinct()),
        declared_headcount=draft.declared_headcount,
        last_people=people_of(last) if last else None,
        vacancies=sum(draft.vacancies.values_list("posts", flat=True)),
        joiners=draft.items.get("joiners"),
        leavers=draft.items.get("leavers"),
        same_file_from=_same_file(of_return, draft),
        group_sites=len(codes) + 1 if codes else 0,
        group_sites_with_people=Return.objects.counting().filter(collection=of_return.collection, organisation_code__in=codes, submitted_version__rows__gt=0).count(),
        fte_across_returns=_fte_across(of_return, draft),
    )  # fmt: skip


def _same_file(of_return: Return, draft: ReturnVersion) -> str:
    if not draft.file_sha256:
        return ""
    other = (
        Return.objects.counting()
        .filter(collection=of_return.collection, submitted_version__file_sha256=draft.file_sha256)
        .exclude(organisation_code=of_return.organisation_code)
        .first()
    )
    # Which organisation it is stays with the OH team.
    return "which the OH team can see" if other else ""


def _fte_across(of_return: Return, draft: ReturnVersion) -> dict[str, str]:
    """FTE of people, known by their registration, who are in other returns of the collection too."""
    others = Return.objects.counting().received().filter(collection=of_return.collection).exclude(pk=of_return.pk)
    # A contracted service has no worker: it stands for no person.
    registered = draft.records.exclude(registration_key=None).exclude(worker_key=None).order_by()
    elsewhere = dict(
        RegisteredWorker.objects.filter(
            version__in=others.values("submitted_version"), worker_key__in=registered.values("worker_key")
        )
        .order_by()
        .values_list("worker_key")
        .annotate(fte=Sum("fte_nano"))
    )
    here = registered.filter(worker_key__in=list(elsewhere)).values_list("worker_key", "worker_ref", "fte_nano")
    refs: dict[str, str] = {}
    for key, ref, fte in here:
        elsewhere[str(key)] += fte
        refs[str(key)] = ref
    return {refs[key]: f"{fte / 10**9:g}" for key, fte in elsewhere.items() if fte * 2 > 3 * 10**9}


def readiness(of_return: Return, *, refresh: bool = True, is_locked: bool = False) -> Readiness:
    """Return what is left to settle before a return can be submitted."""
    draft = ReturnVersion.objects.drafts().filter(of_return=of_return).first()
    if draft is None:
        return Readiness(None)
    findings = refresh_findings(of_return, draft, is_locked=is_locked) if refresh else []
    return Readiness(
        draft,
        held=draft.held_rows.count(),
        open_queries=list(RowIssue.objects.filter(version=draft, severity=Severity.QUERY, reason="")[:200]),
        findings=findings,
        absent=absent_workers(of_return, draft),
        asked=Query.objects.filter(of_return=of_return, state=QueryState.OPEN).count(),
        records=draft.rows,
        counted=(_seen(of_return, draft) or {}).get("people"),
    )


def absent_workers(of_return: Return, draft: ReturnVersion) -> list[str]:
    """Return workers of the last return who are not in this one and of whom nothing was said yet."""
    last = previous_version(of_return)
    if last is None or draft.kind != ReturnKind.RECORDS:
        return []
    here = draft.records.filter(worker_ref=OuterRef("worker_ref"))
    gone = last.records.exclude(worker_ref="").exclude(Exists(here)).order_by().values_list("worker_ref", flat=True)
    held = {str(values.get("worker_key", "")).strip() for values in draft.held_rows.values_list("values", flat=True)}
    return sorted(set(gone) - held - set(draft.removals.values_list("worker_ref", flat=True)))


def needs_typed_number(absent: int, before: int) -> bool:
    """Whether so many removals need a typed number and a reason."""
    return absent > FREE_REMOVALS or absent * 100 > FREE_REMOVAL_SHARE * before


def decide_removals(
    *,
    by: Any,
    of_return: Return,
    choices: dict[str, str],
    typed_number: int | None = None,
    reason: str = "",
    revision: int | None = None,
) -> Return:
    """Say of workers who are not in the file whether they left, moved, or are still here.

    Nobody is removed by omission. Those still here have their records carried forward.
    """
    with changing(of_return, revision=revision) as locked:
        draft = draft_of(locked)
        last = previous_version(locked)
        absent = set(absent_workers(locked, draft))
        if last is None or not set(choices) <= absent or not set(choices.values()) <= set(Removal.Choice.values):
            raise ActionRefused("The list of workers who are not in the file has changed. Look at it again.")
        gone = [ref for ref, choice in choices.items() if choice != Removal.Choice.STILL_HERE]
        if (
            gone
            and needs_typed_number(len(gone), people_of(last))
            and (typed_number != len(gone) or not reason.strip())
        ):
            raise ActionRefused(f"You are removing {len(gone)} people. Type {len(gone)} and give a reason.")
        Removal.objects.bulk_create(
            Removal(version=draft, worker_ref=ref, choice=choice, decided_by_id=by.pk)
            for ref, choice in choices.items()
            if choice != Removal.Choice.STILL_HERE
        )
        stay = [ref for ref, choice in choices.items() if choice == Removal.Choice.STILL_HERE]
        add_records(draft, locked, list(values_of(last.records.filter(worker_ref__in=stay).order_by("sequence"))))
        record_event(
            by=by, action="decide_removals", obj=locked, reason=reason, detail={"removed": len(gone), "kept": len(stay)}
        )
    return locked


def give_reasons(*, by: Any, of_return: Return, reasons: dict[int, str], revision: int | None = None) -> Return:
    """Answer queries by a reason, and remember it for next year."""
    with changing(of_return, revision=revision) as locked:
        draft = draft_of(locked)
        for issue in RowIssue.objects.filter(version=draft, severity=Severity.QUERY, pk__in=reasons):
            issue.reason, issue.reason_at, issue.reason_by_id = reasons[issue.pk].strip(), timezone.now(), by.pk
            issue.save(update_fields=["reason", "reason_at", "reason_by_id"])
            if issue.worker_key and issue.reason:
                RememberedReason.objects.update_or_create(
                    organisation_code=locked.organisation_code,
                    code=issue.code,
                    item=issue.item,
                    worker_key=issue.worker_key,
                    defaults={"reason": issue.reason, "given_by_id": by.pk},
                )
        record_event(by=by, action="give_reasons", obj=locked, detail={"count": len(reasons)})
    return locked


def choose_nil(*, by: Any, of_return: Return, revision: int | None = None) -> Return:
    """Say that there is nothing to return: a choice of its own, not an empty file."""
    with changing(of_return, revision=revision) as locked:
        draft = draft_of(locked)
        draft.records.all().drop()
        draft.held_rows.all().delete()
        RowIssue.objects.filter(version=draft).update(version=None)
        draft.kind, draft.rows, draft.file_sha256 = ReturnKind.NIL, 0, ""
        draft.save(update_fields=["kind", "rows", "file_sha256"])
        record_event(by=by, action="choose_nil", obj=locked)
    return locked


def submit_return(*, by: Any, of_return: Return, revision: int | None = None) -> ReturnVersion:
    """Make the draft an immutable return version. Asked twice at once, done once."""
    with changing(of_return, revision=revision) as locked:
        # Looked at under the lock: what somebody else adds at this moment is not submitted unseen.
        ready = readiness(locked, is_locked=True)
        if not ready.is_ready:
            raise ActionRefused(_what_is_left(ready))
        draft = draft_of(locked)
        now = timezone.now()
        draft.digest = digest_of(values_of(draft.records.iterator(chunk_size=2000)))
        draft.organisation_size = size_of(people_of(draft))
        draft.reference = "-".join("".join(secrets.choice(REFERENCE_SIGNS) for _ in range(4)) for _ in range(3))
        draft.submitted_by_id, draft.submitted_by_label, draft.submitted_at = by.pk, str(by)[:255], now
        list_registered_workers([draft.pk])
        draft.save()
        move(locked, ReturnState.SUBMITTED)
        locked.submitted_version, locked.submitted_at = draft, now
        locked.is_late = now >= locked.collection.closes_at
        locked.reopened_reason = ""
        record_event(
            by=by, action="submit_return", obj=locked, detail={"version": draft.number, "reference": draft.reference}
        )
        from portal.submissions.tasks import send_receipt  # noqa: PLC0415 - tasks import actions

        send_on_commit(send_receipt, draft.pk, by.email, using="submissions")
    return draft


def _what_is_left(ready: Readiness) -> str:
    if ready.draft is None or (not ready.records and ready.draft.kind != ReturnKind.NIL):
        return "There is nothing to submit yet. Add records, or choose a nil return."
    left = [
        (ready.held, "rows with errors"),
        (len(ready.open_queries), "queries without a reason"),
        (len(ready.absent), "workers who are not in the file"),
        (ready.asked, "questions of the OH team"),
    ]
    return "Still to settle: " + ", ".join(f"{count} {what}" for count, what in left if count) + "."


def reopen_return(*, by: Any, of_return: Return, reason: str = "", by_oh_team: bool = False) -> Return:
    """Open a submitted or accepted return again: its provider while the collection is open, then only the OH team."""
    with transaction.atomic("submissions"):
        locked = Return.objects.select_for_update(of=("self",)).select_related("collection").get(pk=of_return.pk)
        if by_oh_team and not reason.strip():
            raise ActionRefused("Give a reason for reopening the return.")
        if not by_oh_team and not locked.collection.takes_returns():
            raise ActionRefused(f"{locked.collection.title} is closed. Only the OH team can reopen the return now.")
        if locked.collection.state == "sealed":
            raise ActionRefused(f"{locked.collection.title} is sealed: its returns no longer change.")
        move(locked, ReturnState.IN_PROGRESS)
        # Only what the OH team reopens may be changed after the collection has closed.
        locked.reopened_reason = reason.strip() if by_oh_team else ""
        draft_of(locked)
        locked.save()
        if by_oh_team:
            notices.reopened(locked, reason.strip())
        record_event(by=by, action="reopen_return", obj=locked, reason=reason.strip())
    return locked
