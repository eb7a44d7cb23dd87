"""Check constraints that several tables share."""

from __future__ import annotations

from django.db.models import CheckConstraint, Q


def by_needs_at(event: str, *, name: str) -> CheckConstraint:
    """Hold ``<event>_by`` to ``<event>_at``: nobody did what has no time.

    The machine has no row among the users, so ``…_by`` may be empty where ``…_at`` is not.
    """
    return CheckConstraint(
        condition=Q(**{f"{event}_by__isnull": True}) | Q(**{f"{event}_at__isnull": False}), name=name
    )


def by_with_at(event: str, *, name: str) -> CheckConstraint:
    """Hold ``<event>_by`` and ``<event>_at`` together: only a person does it, so both are there or neither is."""
    return CheckConstraint(
        condition=Q(**{f"{event}_at__isnull": True, f"{event}_by__isnull": True})
        | Q(**{f"{event}_at__isnull": False, f"{event}_by__isnull": False}),
        name=name,
    )
