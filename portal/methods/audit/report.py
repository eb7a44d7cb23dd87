"""Run the audit: propagation, programs, explanation, remedy, certificate."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from portal.methods.audit.examination import AuditOptions, Examination, Failure, examine, margins_of
from portal.methods.audit.explain import in_words
from portal.methods.audit.remedy import remedy_for_contributors, smallest_remedy
from portal.methods.audit.witnesses import Witnesses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portal.methods.audit.system import System


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What the gate reads. `counts` and `margins` are for people, the certificate is for the record."""

    passed: bool
    failures: tuple[Failure, ...]
    remedy: tuple[str, ...]
    remedy_unknowns: frozenset[int]
    remedy_rows: tuple[dict[str, str], ...]
    margins: dict[str, int]
    counts: dict[str, int]
    certificate: dict[str, Any]
    certificate_sha256: str
    witnesses: Witnesses = field(default_factory=Witnesses, repr=False)


def explained(system: System, failures: Sequence[Failure], most: int) -> tuple[Failure, ...]:
    """Add words to the first failures."""
    return tuple(
        Failure(
            item.unknown, item.cell, item.truth, item.low, item.high, item.kind, item.sources,
            in_words(system, item.cell, item.low, item.high, item.sources) if place < most else (),
        )
        for place, item in enumerate(failures)
    )  # fmt: skip


def report(
    system: System,
    options: AuditOptions,
    rows: Sequence[dict[str, str]] = (),
    more: tuple[Failure, ...] = (),
) -> AuditReport:
    """Audit a system and return the report.

    `rows` says in codes what each fact speaks of, in the facts' order; `more` are failures found by other eyes.
    """
    outcome = examine(system, options)
    failures = (*outcome.failures, *more)
    hidden: frozenset[int] = frozenset()
    if failures and options.remedy:
        hidden = smallest_remedy(system, options, outcome) | remedy_for_contributors(system, options, more)
    counts = _counts(system, options, outcome, len(failures))
    margins = margins_of(system, outcome.bounds, options)
    certificate = {
        "passed": not failures,
        "largest_small": options.largest_small,
        "linear_programmes": options.programmes,
        "counts": {name: number for name, number in counts.items() if name != "programmes"},
        "margins": margins,
        "facts_sha256": facts_hash(system),
    }
    text = json.dumps(certificate, sort_keys=True, separators=(",", ":"))
    withdrawn = [
        place
        for place, fact in enumerate(system.facts)
        if fact.unknown in hidden and (options.hidable is None or fact.where in options.hidable)
    ]
    return AuditReport(
        not failures,
        explained(system, failures, options.explained),
        tuple(dict.fromkeys(f"Hide {system.names[unknown]}." for unknown in sorted(hidden))),
        hidden,
        tuple(rows[place] for place in withdrawn) if rows else (),
        margins,
        counts,
        certificate,
        hashlib.sha256(text.encode()).hexdigest(),
        outcome.witnesses,
    )


def _counts(system: System, options: AuditOptions, outcome: Examination, failures: int) -> dict[str, int]:
    small = system.people & (system.truth >= 1) & (system.truth <= options.largest_small)
    return {
        "unknowns": len(system.truth),
        "rows": int(system.matrix.shape[0]),
        "facts": len(system.facts),
        "small_groups": int(small.sum()),
        "open_to_programmes": outcome.open_groups,
        "programmes": outcome.programmes,
        "failures": failures,
    }


def facts_hash(system: System) -> str:
    """Return the hash of everything that was stated, in an order of its own."""
    lines = sorted(
        f"{system.names[fact.unknown]}\t{fact.where}\t{fact.shown}\t{fact.low!r}\t{fact.high!r}"
        for fact in system.facts
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
