"""The words that rules may use, read from reference lists and published versions."""

from __future__ import annotations

from typing import Any

from portal.definitions.enums import GROUPS_OF_FAMILY, ListSlug
from portal.definitions.models import Perspective, PerspectiveVersion, RoleVersion
from portal.definitions.reference_lists import newest_entries
from portal.methods import rules

RULE_LISTS = (
    ListSlug.BODIES,
    ListSlug.PARTS,
    ListSlug.STATUSES,
    ListSlug.QUALIFICATIONS,
    ListSlug.FUNCTIONS,
    ListSlug.CONTRACTS,
)


def of_family(family: str) -> rules.Vocabulary:
    """Return what a rule of ``family`` may name today."""
    entries = reference_titles()
    roles = list(RoleVersion.objects.latest_per_role(family).values_list("code", "title", "group"))
    perspectives = list(PerspectiveVersion.objects.published().family(family).newest_per_code())
    parts: dict[str, dict[str, str]] = {}
    for code, title in entries[ListSlug.PARTS].items():
        body, _slash, part = code.partition("/")
        parts.setdefault(body, {})[part] = title
    return rules.Vocabulary(
        roles={code: title for code, title, _group in roles},
        groups={group.value: group.label for group in GROUPS_OF_FAMILY.get(family, ())},
        group_of_role={code: group for code, _title, group in roles},
        bodies=entries[ListSlug.BODIES],
        parts=parts,
        qualifications=entries[ListSlug.QUALIFICATIONS],
        functions=entries[ListSlug.FUNCTIONS],
        contracts=entries[ListSlug.CONTRACTS],
        registration_statuses=entries[ListSlug.STATUSES],
        perspectives={version.code: version.title for version in perspectives},
        perspective_rules={version.code: version.resolved_rule for version in perspectives},
        builds_on={version.code: rules.perspectives_named(version.rule) for version in perspectives},
    )


def reference_titles(*slugs: str) -> dict[str, dict[str, str]]:
    """Return code to title of the newest edition of each list."""
    wanted = slugs or RULE_LISTS
    found: dict[str, dict[str, str]] = {slug: {} for slug in wanted}
    for entry in newest_entries(*wanted):
        found[entry.list.slug].setdefault(entry.code, entry.title)
    return found


def role_pins(family: str) -> dict[str, int]:
    """Return the version of each role that a perspective written today is written against."""
    return dict(RoleVersion.objects.latest_per_role(family).values_list("code", "number"))


def perspective_pins(codes: list[str]) -> dict[str, int]:
    """Return the version of each perspective that another builds on."""
    rows = PerspectiveVersion.objects.published().newest_per_code().filter(code__in=codes)
    return dict(rows.values_list("code", "number"))


def faults_of(perspective: Perspective, words: rules.Vocabulary | None = None) -> list[Any]:
    """Return every fault of a working text's rule."""
    words = words or of_family(perspective.family)
    return rules.validate(perspective.rule_data, words, code=perspective.code)
