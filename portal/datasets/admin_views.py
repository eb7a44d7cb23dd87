"""The screens of the OH team: versions on their way, the mapping of codes that are gone, withdrawal."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_POST, require_safe

from portal.datasets import actions, presentation
from portal.datasets.enums import ChangeLevel, VersionState
from portal.datasets.errors import ActionRefused
from portal.datasets.models import AdvanceNotice, Dataset, DatasetVersion
from portal.datasets.numbering import open_codes
from portal.datasets.views.compare import comparison

if TYPE_CHECKING:
    from django.http import HttpRequest

GONE = "(gone)"
SEE, CHANGE, WITHDRAW = (
    "datasets.view_datasetversion",
    "datasets.change_datasetversion",
    "datasets.delete_datasetversion",
)
LISTED, LARGEST = 50, 20


def _require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def _version(pk: int) -> DatasetVersion:
    versions = DatasetVersion.objects.select_related("dataset", "base__dataset", "created_by", "approved_by")
    return get_object_or_404(versions, pk=pk)


@require_safe
def version_list(request: HttpRequest) -> HttpResponse:
    """List versions, those not yet published first."""
    _require(request, SEE)
    versions = DatasetVersion.objects.select_related("dataset").defer("metadata", "lineage")
    waiting = list(versions.open().order_by("-created_at")[:LISTED])
    published = list(versions.public().order_by("-published_at")[:LISTED])
    context = {"waiting": waiting, "published": published}
    if request.user.has_perm(WITHDRAW):
        context |= {
            "datasets": Dataset.objects.public(),
            "notices": AdvanceNotice.objects.select_related("dataset")[:10],
        }
    return render(request, "datasets/cms/versions.html", context)


@require_safe
def version_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a version as its readers will see it, and what is still to be decided."""
    _require(request, SEE)
    version = _version(pk)
    compared: dict[str, Any] = {}
    if version.base and version.base.is_served:
        compared = {"old": version.base, "new": version, **comparison(version.dataset, version.base, version, LARGEST)}
    context = {
        **compared,
        "version": version,
        "dataset": version.dataset,
        "preview": presentation.preview(version),
        "files": version.files.all(),
        "gone": _gone(version),
        "may_raise": version.state == VersionState.DRAFT and version.base_id and request.user.has_perm(CHANGE),
        "may_map": version.state == VersionState.DRAFT and request.user.has_perm(CHANGE),
        "may_withdraw": version.is_served and request.user.has_perm(WITHDRAW),
        "gone_value": GONE,
        "may_preview": version.is_open and request.user.has_perm(CHANGE),
        "previews": version.preview_tokens.filter(revoked_at__isnull=True, expires_at__gt=timezone.now()),
        "most_days": actions.PREVIEW_DAYS,
    }
    return render(request, "datasets/cms/version.html", context)


def _gone(version: DatasetVersion) -> list[dict[str, Any]]:
    """Return each code that is gone, what was decided about it, and the new codes it may have become."""
    if version.base is None:
        return []
    old, new = version.base.meta, version.meta
    found = []
    for name, codes in open_codes(old, new, {}).items():
        fresh = {code: label for code, label in new.by_id[name].labels.items() if code not in old.by_id[name].labels}
        for code in codes:
            decided = version.mapping.get(name, {})
            chosen = (decided[code] or GONE) if code in decided else ""
            found.append(
                {
                    "field": f"{name}:{code}",
                    "dimension": new.by_id[name].label,
                    "code": code,
                    "label": old.by_id[name].labels[code],
                    "choices": fresh.items(),
                    "chosen": chosen,
                }
            )
    return found


@require_POST
def map_codes(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the decisions about codes that are gone."""
    _require(request, CHANGE)
    version = _version(pk)
    mapping: dict[str, dict[str, str | None]] = {}
    for row in _gone(version):
        if choice := request.POST.get(row["field"], ""):
            name, code = row["field"].split(":", 1)
            mapping.setdefault(name, {})[code] = None if choice == GONE else choice
    try:
        version = actions.map_codes(by=request.user, version=version, mapping=mapping)
        messages.success(request, f"Saved. The version is now numbered {version.number}.")
    except ActionRefused as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(reverse("dataset_version", args=[pk]))


@require_POST
def raise_number(request: HttpRequest, pk: int) -> HttpResponse:
    """Number a draft for a larger change than the software found, with the reason."""
    _require(request, CHANGE)
    version = _version(pk)
    level = {"minor": ChangeLevel.MINOR}.get(request.POST.get("level", ""), ChangeLevel.MAJOR)
    reason = request.POST.get("reason", "")[:500]
    try:
        version = actions.raise_number(by=request.user, version=version, level=level, reason=reason)
        messages.success(request, f"The version is now numbered {version.number}.")
    except ActionRefused as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(reverse("dataset_version", args=[pk]))


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw a published version, with a reason for the public."""
    _require(request, WITHDRAW)
    version = _version(pk)
    try:
        actions.withdraw_version(by=request.user, version=version, reason=request.POST.get("reason", "")[:2000])
        messages.success(request, f"{version} is withdrawn.")
    except ActionRefused as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(reverse("dataset_version", args=[pk]))


@require_POST
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Give out a token for a draft, shown once, or end one."""
    _require(request, CHANGE)
    version = _version(pk)
    given = request.POST
    try:
        if given.get("revoke", "").isdecimal():
            actions.revoke_preview_token(
                by=request.user, token=get_object_or_404(version.preview_tokens, pk=given["revoke"])
            )
            messages.success(request, "The preview has ended.")
        else:
            days = int(given["days"]) if given.get("days", "").isdecimal() else 0
            token, secret = actions.create_preview_token(
                by=request.user, version=version, holder=given.get("holder", ""), days=days
            )
            until = date_format(timezone.localtime(token.expires_at), "j F Y, H:i")
            messages.success(
                request,
                f"Token for {token.holder}, until {until}; it is shown only now: {secret} "
                "(header X-Preview-Token of the data API)",
            )
    except ActionRefused as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(reverse("dataset_version", args=[pk]))


@require_POST
def announce(request: HttpRequest) -> HttpResponse:
    """Publish an advance notice of a breaking change."""
    _require(request, WITHDRAW)
    given = request.POST
    dataset = get_object_or_404(Dataset.objects.public(), slug=given.get("dataset", "")[:80])
    try:
        actions.announce_change(
            by=request.user,
            dataset=dataset,
            title=given.get("title", ""),
            text=given.get("text", ""),
            expected_on=dt.date.fromisoformat(given.get("expected_on", "")),
        )
        messages.success(request, "The notice is published: on the dataset's page and in the feed of advance notices.")
    except ValueError:
        messages.error(request, "Give the day of the change as a date, for example 2027-03-01.")
    except ActionRefused as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(reverse("dataset_versions"))
