"""What the public pages of definitions show, gathered in few queries."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format

from portal.definitions import comparison, frozen, hooks, lookup, vocabulary
from portal.definitions.enums import DefinitionState
from portal.definitions.models import Perspective, PerspectiveVersion, Role, RoleVersion
from portal.methods import rules

Version = RoleVersion | PerspectiveVersion
VERDICTS = {"always": "Yes", "never": "No", "depends": "Depends"}


def history_of(model: type[Version], code: str) -> list[Any]:
    """Return every version of a definition, newest first, each knowing whether it is superseded."""
    versions = list(
        model.objects.filter(code=code).select_related("withdrawal").order_by("-number").without_long_text()
    )
    standing = [version.number for version in versions if not hasattr(version, "withdrawal")]
    for version in versions:
        version.newest_number = max(standing, default=version.number)
    return versions


def chosen(history: list[Any], today: dt.date) -> Any:
    """Return the version that stands for a definition: in force, else coming, else the last withdrawn."""
    standing = [version for version in history if not hasattr(version, "withdrawal")]
    in_force = [version for version in standing if version.effective_from <= today]
    return (in_force or standing or history)[0]


def version_page(version: Any, history: list[Any]) -> dict[str, Any]:
    """Return the context that role and perspective pages share."""
    previous = next(
        (item for item in history if item.number < version.number and not hasattr(item, "withdrawal")), None
    )
    kind = "role" if isinstance(version, RoleVersion) else "perspective"
    version.newest_number = history[0].newest_number if history else version.number
    return {
        "version": version,
        "state": DefinitionState(version.state),
        "history": history,
        "newest": next((item for item in history if not hasattr(item, "withdrawal")), None),
        "previous": previous,
        "differences": _differences(previous, version),
        "usages": [usage for usage in hooks.usages(kind, version.code, version.number) if usage.is_public],
        "citation": citation(version),
        "kind": kind,
    }


def _differences(previous: Any, version: Any) -> list[comparison.FieldDifference]:
    if previous is None:
        return []
    return [part for part in comparison.compare(previous, version) if part.changed]


def role_page(version: RoleVersion, history: list[Any], on: dt.date | None = None) -> dict[str, Any]:
    """Return the context of a role's page; ``on`` a date with the perspectives of that date."""
    came, became = lookup.shares_around(version) if version.pk else ([], [])
    return {
        **version_page(version, history),
        "counted_in": counted_in(version, on),
        "came_from": came,
        "became": became,
        "figures": hooks.figures(version.family, version.code),
        "classifications": _by_list(version.content.get("classifications", [])),
    }


def counted_in(version: RoleVersion, on: dt.date | None = None) -> list[dict[str, Any]]:
    """Return for each perspective in force, today or as at a date, whether the role counts, and why."""
    standing = PerspectiveVersion.objects.as_at(on) if on else PerspectiveVersion.objects.in_force()
    rows = standing.family(version.family).defer("content", "rule", "resolved_rule", "predicate_sql")
    found = []
    for perspective in rows:
        answer = perspective.membership.get(version.code)
        if answer is None:  # written before the role was
            answer = {"verdict": "never", "sentences": []}
        decision = answer["verdict"]
        found.append({"perspective": perspective, "verdict": decision, "answer": VERDICTS[decision], **answer})
    return found


def _by_list(links: list[dict[str, Any]]) -> list[dict[str, Any]]:
    from portal.definitions.enums import ListSlug  # noqa: PLC0415 - named here only

    grouped: dict[str, list[dict[str, Any]]] = {}
    for link in links:
        grouped.setdefault(link["list"], []).append(link)
    return [{"slug": slug, "title": ListSlug(slug).label, "links": rows} for slug, rows in grouped.items()]


def perspective_page(version: PerspectiveVersion, history: list[Any], on: dt.date | None = None) -> dict[str, Any]:  # noqa: ARG001 - a perspective pins what it counts, whatever the date
    """Return the context of a perspective's page."""
    titles = dict(RoleVersion.objects.latest_per_role(version.family).values_list("code", "title"))
    rows: dict[str, list[dict[str, Any]]] = {"always": [], "depends": [], "never": []}
    for code, answer in sorted(version.membership.items(), key=lambda item: titles.get(item[0], item[0])):
        role = {"code": code, "title": titles.get(code, code), "number": version.pins.get(code), **answer}
        rows[answer["verdict"]].append(role)
    decisions = [
        {**decision, "title": titles.get(decision["role"], decision["role"])}
        for decision in version.content.get("decisions", [])
    ]
    return {
        **version_page(version, history),
        "roles": rows,
        "conditions": _by_condition(rows["depends"]),
        "decisions": decisions,
    }


def _by_condition(roles: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put roles that depend on the same thing together."""
    grouped: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for role in roles:
        grouped.setdefault(tuple(role["sentences"]), []).append(role)
    return [{"sentences": list(sentences), "roles": found} for sentences, found in grouped.items()]


def citation(version: Any) -> str:
    """Return how to cite a version."""
    year = (version.published_at or timezone.now()).year
    published = date_format(timezone.localtime(version.published_at), "j F Y")
    return (
        f"{settings.WAGTAIL_SITE_NAME} ({year}). {version.title} ({version.code}), version {version.number}, "
        f"published {published}. {settings.BASE_URL}{version.get_absolute_url()}"
    )


def preview(definition: Role | Perspective) -> dict[str, Any]:
    """Return the context of the public page as it would be if the working text were published."""
    model = RoleVersion if isinstance(definition, Role) else PerspectiveVersion
    history = history_of(model, definition.code)
    common = {
        "number": max((version.number for version in history), default=0) + 1,
        "code": definition.code or "draft",
        "family": definition.family,
        "title": definition.title,
        "summary": definition.summary,
        "effective_from": definition.effective_from or timezone.localdate(),
        "change_class": definition.change_class,
        "change_note": definition.change_note,
        "published_at": timezone.now(),
    }
    if isinstance(definition, Role):
        version = RoleVersion(
            **common,
            group=definition.group,
            other_titles=definition.titles_list,
            content=frozen.role_content(definition),
        )
        return {**role_page(version, history), "is_draft": True}
    version = PerspectiveVersion(
        **common,
        used_by=definition.used_by,
        content=frozen.perspective_content(definition),
        **_rule_preview(definition),
    )
    return {**perspective_page(version, history), "is_draft": True}


def _rule_preview(perspective: Perspective) -> dict[str, Any]:
    """Return what a rule says, or why it cannot be used."""
    from portal.definitions.actions import membership  # noqa: PLC0415 - actions build on this app's models

    words = vocabulary.of_family(perspective.family)
    if faults := vocabulary.faults_of(perspective, words):
        return {"sentences": ["This rule cannot be used yet.", *(str(fault) for fault in faults)]}
    rule = perspective.rule_data
    resolved = rules.resolve(rule, words)
    return {
        "rule": rule,
        "resolved_rule": resolved,
        "predicate_sql": rules.to_sql(resolved),
        "sentences": rules.to_sentences(rule, words),
        "pins": vocabulary.role_pins(perspective.family),
        "membership": membership(resolved, words),
    }
