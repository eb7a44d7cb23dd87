"""Choices offered to editors, read from reference lists and published roles when a form is shown."""

from __future__ import annotations

from django.apps import apps

from portal.definitions.enums import ListSlug, RoleGroup
from portal.definitions.reference_lists import newest_entries

Choices = list[tuple[str, str]]


def _entries(*slugs: str) -> Choices:
    return [(entry.code, entry.title) for entry in newest_entries(*slugs)]


def registrations() -> Choices:
    """Return registration bodies ("gmc") and parts of their registers ("gmc/gp"), each part below its body."""
    bodies = {code: (title, f"{title}: any part") for code, title in _entries(ListSlug.BODIES)}
    chosen: Choices = []
    parts = _entries(ListSlug.PARTS)
    for code, (title, label) in bodies.items():
        chosen.append((code, label))
        chosen.extend((part, f"{title}: {words}") for part, words in parts if part.partition("/")[0] == code)
    return chosen


def registration_statuses() -> Choices:
    """Return how a registration may stand."""
    return _entries(ListSlug.STATUSES)


def qualifications() -> Choices:
    """Return qualifications."""
    return _entries(ListSlug.QUALIFICATIONS)


def functions() -> Choices:
    """Return functions."""
    return _entries(ListSlug.FUNCTIONS)


def contracts() -> Choices:
    """Return contract types."""
    return _entries(ListSlug.CONTRACTS)


def classification_codes() -> Choices:
    """Return codes of SOC 2020 and of NHS job roles, the list's name before the code."""
    entries = newest_entries(ListSlug.SOC2020, ListSlug.NHS_JOB_ROLES)
    return [(entry.address, f"{entry.address} {entry.title}") for entry in entries]


def roles() -> Choices:
    """Return published roles of every family."""
    model = apps.get_model("definitions", "RoleVersion")
    rows = model.objects.latest_per_role().order_by("family", "code").values_list("code", "title")
    return [(code, f"{title} ({code})") for code, title in rows]


def groups() -> Choices:
    """Return role groups."""
    return list(RoleGroup.choices)


def perspectives() -> Choices:
    """Return published perspectives."""
    model = apps.get_model("definitions", "PerspectiveVersion")
    rows = model.objects.published().newest_per_code().values_list("code", "title")
    return [(code, f"{code} {title}") for code, title in rows]
