"""Where the figures of a version come from, as its page says it. The whole lineage is in the manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portal.datasets.models import DatasetVersion


def lineage_of(version: DatasetVersion) -> dict[str, Any]:
    """Return facts as pairs of a term and a text, the sealed inputs as rows, and links to the definitions."""
    given = version.lineage
    return {
        "facts": [(term, text) for term, text in _facts(given) if text],
        "inputs": [_input(item) for item in given.get("snapshots", []) if isinstance(item, dict)],
        "definitions": _definitions(version),
    }


def _facts(given: dict[str, Any]) -> list[tuple[str, str]]:
    audit = given.get("audit") or {}
    libraries = given.get("libraries")
    listed = ", ".join(f"{name} {number}" for name, number in libraries.items()) if isinstance(libraries, dict) else ""
    passed = {True: "passed", False: "not passed"}.get(audit.get("passed"), "") if isinstance(audit, dict) else ""
    return [
        ("Series", _plain(given.get("series"))),
        ("Run", _plain(given.get("run"))),
        ("Cut from", _plain(given.get("cut_from"))),
        ("Version of the code", _plain(given.get("code"))),
        ("Specification (SHA-256)", _plain(given.get("specification"))),
        ("Libraries", listed),
        ("Disclosure audit", passed),
    ]


def _plain(value: Any) -> str:
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def _input(item: dict[str, Any]) -> dict[str, str]:
    return {name: _plain(item.get(name)) for name in ("collection", "time_period", "sha256")}


def _definitions(version: DatasetVersion) -> list[dict[str, str]]:
    """Return the perspectives and roles that were used, each with the address of the version that was used."""
    found = []
    for kind, used in (("perspectives", version.meta.perspectives), ("roles", version.meta.roles)):
        found += [
            {"text": f"{code}, version {number}", "address": f"/definitions/{kind}/{code}/v/{number}/"}
            for code, number in used.items()
        ]
    return found
