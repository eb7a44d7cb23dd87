"""Fifth step, the gate: nothing goes on that gives a small group away."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from portal.core.storage import private_files
from portal.pipelines.as_before import count_as_before, leaks_beside
from portal.pipelines.context import StepResult
from portal.pipelines.definitions_used import populations_in
from portal.pipelines.engine import connect, write_table
from portal.pipelines.figures import Earlier, audited_of
from portal.pipelines.kept import kept_or_made
from portal.pipelines.steps.observing import observe

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb
    import pyarrow as pa

    from portal.pipelines.context import RunContext
    from portal.pipelines.models import Snapshot

SHOWN_FAILURES = 5


def audit(context: RunContext) -> StepResult:
    """Audit every period against all that was ever published of it, and write the observations."""
    versions = context.published_versions()
    snapshots, published = context.snapshots(), earlier_of(versions)
    outcomes: dict[str, dict[str, Any]] = {}
    with connect(context.folder, threads=context.threads) as connection:
        for number, snapshot in enumerate(snapshots):
            earlier = published.get(snapshot.time_period, [])
            outcomes[snapshot.time_period] = _audit_period(context, connection, snapshot, earlier)
            context.progress(number + 1, len(snapshots))
        for period, leaks in leaks_beside(context, connection, versions, published).items():
            outcomes[period] |= {
                "passed": outcomes[period]["passed"] and not leaks,
                "failures": [*outcomes[period]["failures"], *leaks][:SHOWN_FAILURES],
            }
        as_before = count_as_before(context, connection, published)
        observations = observe(context, connection, {period: item["audited"] for period, item in outcomes.items()})
    path = context.folder / "observations.parquet"
    write_table(observations, path)
    summary = summary_of(outcomes)
    context.run.lineage |= {"audit": summary, "audited_against": [version.number for version in versions]}
    context.run.save(update_fields=["lineage"])
    _say(context, outcomes, summary)
    return StepResult(
        outputs={
            "audited": {period: item["audited"] for period, item in outcomes.items()},
            "audit_reports": {period: item["report"] for period, item in outcomes.items()},
            **_beside(outcomes),
            "observations": context.put(path),
            **({"as_before": as_before} if as_before else {}),
        },
        counts={"observations": observations.num_rows, **summary["counts"], "passed": summary["passed"]},
    )


def _beside(outcomes: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Name the files of what was said beside the returned figures, where anything was."""
    found = {period: item["beside"] for period, item in outcomes.items() if item.get("beside")}
    return {"beside": found} if found else {}


def _audit_period(
    context: RunContext,
    connection: duckdb.DuckDBPyConnection,
    snapshot: Snapshot,
    earlier: list[Earlier],
) -> dict[str, Any]:
    period = snapshot.time_period
    protected = context.output_paths("protected")[period]
    # Files are named by the hash of their content.
    earlier = [item for item in earlier if not item.is_this_again(snapshot.path, context.predicates, protected.name)]

    def make() -> dict[str, Any]:
        estimates = context.estimates_of(period)
        outcome = audited_of(
            connection,
            context.specification,
            snapshot=snapshot.path,
            predicates=context.predicates,
            protected=pq.read_table(protected),
            earlier=earlier,
            extra=estimates.facts if estimates else None,
        )
        path = context.folder / f"audited-{period}.parquet"
        write_table(outcome.protected, path)
        return {
            "audited": context.put(path),
            **_kept_facts(context, period, estimates.facts(outcome.protected) if estimates else None),
            "report": _put_json(context, {"certificate": outcome.certificate, "failures": outcome.failures}, period),
            "passed": outcome.passed,
            "hidden": outcome.hidden,
            "certificate": outcome.certificate,
            "failures": outcome.failures[:SHOWN_FAILURES],
        }

    facts = {
        "what": "audit",
        "protected": protected.name,
        "protection": context.specification.protection.model_dump(mode="json"),
        "perspectives": context.predicates,
        "earlier": [[item.name, item.digest, item.snapshot.name, dict(item.predicates)] for item in earlier],
        **({"estimates": context.output_paths("estimates")[period].name} if context.specification.estimates() else {}),
    }
    return kept_or_made(snapshot, facts, make)[0]


def _kept_facts(context: RunContext, period: str, facts: pa.Table | None) -> dict[str, str]:
    if facts is None:
        return {}
    path = context.folder / f"beside-{period}.parquet"
    write_table(facts, path)
    return {"beside": context.put(path)}


def _put_json(context: RunContext, document: dict[str, Any], period: str) -> str:
    path: Path = context.folder / f"audit-{period}.json"
    path.write_text(json.dumps(document, sort_keys=True, indent=1), encoding="utf-8")
    return context.put(path)


def earlier_of(versions: list[Any]) -> dict[str, list[Earlier]]:
    """Return, by period, what published versions said and from which records."""
    found: dict[str, list[Earlier]] = {}
    seen = set()
    for version in versions:
        lineage = version.lineage
        predicates = populations_in(lineage["definitions"])
        snapshots = {item["time_period"]: item["sha256"] for item in lineage["snapshots"]}
        made = lineage["outputs"]
        for period, digest in made["auditing"]["audited"].items():
            before_audit = made["protecting"]["protected"][period]
            # A reader of two versions that say the same learns nothing from the second.
            said = (period, snapshots[period], digest, tuple(predicates.items()), before_audit)
            if said in seen:
                continue
            seen.add(said)
            version_said = Earlier(
                name=f"version {version.number}",
                snapshot=private_files.local_path(snapshots[period]),
                digest=digest,
                predicates=predicates,
                protected=pq.read_table(private_files.local_path(digest)),
                before_audit=before_audit,
                before=_read(before_audit),
                beside=_read(made["auditing"].get("beside", {}).get(period)),
            )
            found.setdefault(period, []).append(version_said)
    return found


def _read(digest: str | None) -> pa.Table | None:
    return pq.read_table(private_files.local_path(digest)) if digest else None


def summary_of(outcomes: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the audit of all periods in one: what the lineage holds and readers may see."""
    certificates = {period: item["certificate"] for period, item in outcomes.items()}
    text = json.dumps(certificates, sort_keys=True, separators=(",", ":"))
    names = ("facts", "small_groups", "failures")
    counts = {name: sum(item["counts"][name] for item in certificates.values()) for name in names}
    margins: dict[str, int] = {}
    for item in certificates.values():
        for width, number in item["margins"].items():
            margins[width] = margins.get(width, 0) + number
    return {
        "passed": all(item["passed"] for item in outcomes.values()),
        "certificate_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "counts": {**counts, "hidden_by_audit": sum(item["hidden"] for item in outcomes.values())},
        "margins": margins,
    }


def _say(context: RunContext, outcomes: dict[str, dict[str, Any]], summary: dict[str, Any]) -> None:
    for period, item in outcomes.items():
        for failure in item["failures"]:
            context.say(f"{period}: {' '.join(failure['why']) or failure['cell']}", level="error")
    counts = summary["counts"]
    verdict = "Passed" if summary["passed"] else "Not passed: the draft cannot be approved"
    context.say(
        f"{verdict}. {counts['facts']:,} published values looked at as one system, {counts['small_groups']:,} groups "
        f"of 1 to 4 people, {counts['failures']:,} given away; {counts['hidden_by_audit']:,} values hidden to close leaks",
        level="info" if summary["passed"] else "error",
    )
