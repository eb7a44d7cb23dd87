"""The whole register as CSV and JSON, as at any date."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

from django.conf import settings
from django.db.models import Q

from portal.definitions import spreadsheet
from portal.definitions.models import CrosswalkShare, PerspectiveVersion, RoleVersion
from portal.definitions.querysets import end_of_day

CSV_COLUMNS = (*spreadsheet.COLUMNS, "published_at", "address")


def address(version: RoleVersion | PerspectiveVersion) -> str:
    """Return the permanent address of a version, in full."""
    return f"{settings.BASE_URL}{version.get_absolute_url()}"


def as_csv(date: dt.date) -> str:
    """Return the roles of the register on ``date``, one row each."""
    text = io.StringIO()
    writer = csv.DictWriter(text, CSV_COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for version in RoleVersion.objects.as_at(date):
        row = {
            **spreadsheet.row_of(version),
            "published_at": version.published_at.isoformat(),
            "address": address(version),
        }
        writer.writerow({column: spreadsheet.guarded(value) for column, value in row.items()})
    return text.getvalue()


def as_json(date: dt.date) -> dict[str, Any]:
    """Return roles, perspectives and crosswalks of the register on ``date``."""
    return {
        "title": "Register of definitions of the occupational health workforce",
        "as_at": date.isoformat(),
        "address": f"{settings.BASE_URL}/definitions/",
        "roles": [role_data(version) for version in RoleVersion.objects.as_at(date).select_related("withdrawal")],
        "perspectives": [
            perspective_data(version) for version in PerspectiveVersion.objects.as_at(date).select_related("withdrawal")
        ],
        "crosswalks": [share_data(share) for share in shares_as_at(date)],
    }


def common_data(version: RoleVersion | PerspectiveVersion) -> dict[str, Any]:
    """Return what both kinds have."""
    withdrawal = getattr(version, "withdrawal", None)
    return {
        "code": version.code,
        "version": version.number,
        "family": version.family,
        "title": version.title,
        "summary": version.summary,
        "effective_from": version.effective_from.isoformat(),
        "published_at": version.published_at.isoformat(),
        "change_class": version.change_class,
        "change_note": version.change_note,
        "withdrawn": None if withdrawal is None else {"at": withdrawal.at.isoformat(), "reason": withdrawal.reason},
        "address": address(version),
    }


def role_data(version: RoleVersion) -> dict[str, Any]:
    """Return a role version as plain data."""
    return {**common_data(version), "group": version.group, "other_titles": version.other_titles, **version.content}


def perspective_data(version: PerspectiveVersion) -> dict[str, Any]:
    """Return a perspective version as plain data, its rule as published and as compiled."""
    return {
        **common_data(version),
        "used_by": version.used_by,
        "sentences": version.sentences,
        "rule": version.rule,
        "resolved_rule": version.resolved_rule,
        "predicate_sql": version.predicate_sql,
        "role_versions": version.pins,
        "perspective_versions": version.perspective_pins,
        "membership": version.membership,
        **version.content,
    }


def shares_as_at(date: dt.date) -> list[CrosswalkShare]:
    """Return the shares of every crosswalk published and in force by ``date``."""
    known = Q(crosswalk__published_at__lt=end_of_day(date), crosswalk__effective_from__lte=date)
    return list(CrosswalkShare.objects.filter(known).select_related("crosswalk", "source", "target"))


def share_data(share: CrosswalkShare) -> dict[str, Any]:
    """Return one share of a crosswalk as plain data."""
    return {
        "from": {"code": share.source.code, "version": share.source.number},
        "to": None if share.target is None else {"code": share.target.code, "version": share.target.number},
        "share": str(share.share),
        "basis": share.basis,
        "effective_from": share.crosswalk.effective_from.isoformat(),
    }
