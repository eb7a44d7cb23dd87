"""Figures of the latest run for the methodology, quality and disclosure control pages of a publication.

Everything is read from the published dataset version: its metadata and lineage, and the values
that anybody can download. Nothing is typed in, so nothing can be out of date.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from portal.datasets.queries import UnknownColumnError, value_of
from portal.publications.queries import releases_of

if TYPE_CHECKING:
    from portal.datasets.models import DatasetVersion
    from portal.publications.models import PublicationSeriesPage

HUNDRED = 100
#: How an item that was left out is filled, in the order that it is tried.
FILLED_BY = (
    ("logical", _("from another post of the person")),
    ("carried_forward", _("from the last return")),
    ("imputed", _("from a donor")),
    ("missing", _("still missing")),
)

#: What an item was left out of.
FILLED_OF = {"people": _("people"), "answers": _("answers of providers about a role")}


def live_figures(series: PublicationSeriesPage) -> dict[str, Any]:
    """Return what the pages show of the latest release's run; empty before the first release."""
    release = next(iter(releases_of(series.pk)), None)
    if release is None or "series" not in release.dataset_version.lineage:
        return {}
    version = release.dataset_version
    return {
        "release": release,
        "version": version,
        "period": release.period_label,
        "response": _response(version),
        "protection": _protection(version),
        "audit": _audit(version),
        "estimates": _estimates(version),
        "made": _made(version),
    }


def _percent(part: float, whole: float) -> str:
    return f"{HUNDRED * part / whole:.1f}%" if whole else ""


def _response(version: DatasetVersion) -> list[dict[str, Any]]:
    """Return organisations asked and heard from, by period, newest first."""
    labels = version.meta.by_id["time_period"].labels
    rows = []
    for period, found in sorted(version.metadata.get("coverage", {}).get("by_period", {}).items(), reverse=True):
        expected, accepted = found["expected"], found["accepted"]
        rows.append(
            {
                "period": labels.get(period, period),
                "expected": expected,
                "accepted": accepted,
                "rate": _percent(accepted, expected),
            }
        )
    return rows


def _protection(version: DatasetVersion) -> dict[str, Any]:
    counts = version.lineage.get("counts", {})
    values, hidden = (counts.get("protecting", {}).get(name) or 0 for name in ("values", "hidden"))
    more = counts.get("auditing", {}).get("hidden_by_audit") or 0
    return {
        **version.metadata.get("protection", {}),
        "values": values,
        "hidden": hidden,
        "hidden_by_audit": more,
        "share": _percent(hidden + more, values),
    }


def _audit(version: DatasetVersion) -> dict[str, Any]:
    audit = version.lineage.get("audit") or {}
    margins = [(width, number) for width, number in (audit.get("margins") or {}).items() if number]
    return {
        "passed": audit.get("passed") is True,
        **(audit.get("counts") or {}),
        "margins": margins,
        "certificate": audit.get("certificate_sha256", ""),
        "against": version.lineage.get("audited_against") or [],
    }


def _estimates(version: DatasetVersion) -> dict[str, Any]:
    """Return the rule of estimates, and each estimated headline as returned, estimated, and between which limits."""
    rule = version.metadata.get("estimation") or {}
    if not rule:
        return {}
    measures = {item["id"]: item for item in rule["measures"]}
    shares = {item["id"]: item["share"] for item in rule.get("headlines", ())}
    rows = []
    for headline in version.metadata.get("headlines", ()):
        estimate = measures.get(headline["measure"])
        if estimate is None or estimate["method"] != "estimate":
            continue
        parts = {item["method"]: item["id"] for item in measures.values() if item["of"] == estimate["of"]}
        found = {name: _value(version, headline, measure) for name, measure in parts.items()}
        rows.append(
            {
                "label": headline["label"],
                "returned": _value(version, headline, estimate["of"]),
                "estimate": found.get("estimate"),
                "low": found.get("estimate_low"),
                "high": found.get("estimate_high"),
                "share": _share(shares.get(headline["id"])),
            }
        )
    labels = {item["id"]: item["label"] for item in version.metadata["measures"]}
    return {
        **rule,
        "rows": rows,
        "periods": _filled(version, rule.get("by_period") or {}),
        "tables": [
            {**item, "measure": labels[item["measure"]], "share": _share(item["share"])}
            for item in rule.get("tables", ())
        ],
    }


def _filled(version: DatasetVersion, by_period: dict[str, Any]) -> list[dict[str, Any]]:
    """Return for each period, newest first, how much answered, what was filled, and how far weights reach."""
    labels = version.meta.by_id["time_period"].labels
    return [
        {
            **how,
            "period": labels.get(period, period),
            "coverage": _share(how["coverage"]),
            "filled_items": [
                {
                    "name": name.replace("_", " "),
                    "response": _share(found["item_response"]),
                    "of": FILLED_OF[found.get("of", "people")],
                    # Only people have another post that tells.
                    "filled": [(words, found[key]) for key, words in FILLED_BY[found.get("of") == "answers" :]],
                }
                for name, found in how["items"].items()
            ],
        }
        for period, how in sorted(by_period.items(), reverse=True)
    ]


def _share(value: float | None) -> str:
    return "" if value is None else f"{HUNDRED * value:.1f}%"


def _value(version: DatasetVersion, headline: dict[str, Any], measure: str) -> str:
    cell = {"time_period": version.last_period, **headline.get("filters", {})}
    if version.metadata.get("default_perspective"):
        cell["perspective"] = version.metadata["default_perspective"]
    try:
        found = value_of(version, measure=measure, **cell)
    except (UnknownColumnError, ValueError):
        return ""
    if found is None:
        return ""
    return f"[{found.status}]" if found.value is None else f"{found.value:,.0f}"


def _made(version: DatasetVersion) -> dict[str, Any]:
    lineage = version.lineage
    return {
        "snapshots": lineage.get("snapshots", []),
        "specification": lineage.get("specification", ""),
        "code": lineage.get("code", {}),
        "perspectives": lineage.get("definitions", {}).get("perspectives", []),
    }


@lru_cache(maxsize=1)
def worked_examples() -> list[dict[str, Any]]:
    """Return the examples that are run as tests of the methods: a small table in, the expected table out."""
    from portal.methods.specification_cases import PAGES  # noqa: PLC0415 - loads the engines of the methods

    return [
        {
            "title": page.title,
            "text": page.text.strip(),
            "cases": [
                {"title": case.title, "rule": case.rule, "given": _rows(case.given), "expected": _rows(case.expected)}
                for case in page.cases
            ],
        }
        for page in PAGES
    ]


def _rows(rows: Any) -> dict[str, Any]:
    names = list(rows[0]) if rows else []
    return {
        "names": [name.replace("_", " ") for name in names],
        "rows": [[_cell(row[name]) for name in names] for row in rows],
    }


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return f"{int(value):,}"
    return str(value)
