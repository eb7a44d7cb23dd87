"""Bundles at the desk: put releases together, schedule or publish them as one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from portal.publications import actions
from portal.publications.actions.bundles import versions_of
from portal.publications.admin_views import attempt, guard
from portal.publications.enums import HOLDING_STATES, OPEN_STATES, BundleState, ReleaseState
from portal.publications.forms import ScheduleForm
from portal.publications.models import Bundle, ReleaseVersion

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest


class BundleForm(forms.Form):
    """A new bundle of versions on their way."""

    title = forms.CharField(max_length=160)
    versions = forms.ModelMultipleChoiceField(
        ReleaseVersion.objects.none(), widget=forms.CheckboxSelectMultiple, label="Releases that come out together"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        free = OPEN_STATES - {ReleaseState.SCHEDULED}
        self.waiting = ReleaseVersion.objects.filter(state__in=free, bundle_item=None).with_everything()
        choices: Any = self.fields["versions"]
        choices.queryset = self.waiting


def _may(request: HttpRequest) -> None:
    guard(request)
    if not request.user.has_perm("publications.publish_release"):
        raise PermissionDenied


def bundles(request: HttpRequest) -> HttpResponse:
    """List the bundles on their way and those that came out; take new ones."""
    _may(request)
    form = BundleForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and attempt(
            request, lambda: actions.make_bundle(by=request.user, **form.cleaned_data), "The bundle is put together."
        )
    ):
        return redirect("release_desk_bundles")
    held = Bundle.objects.filter(state__in=HOLDING_STATES)
    done = Bundle.objects.filter(state=BundleState.PUBLISHED)[:10]
    context = {
        "form": form,
        "has_choices": form.waiting.exists(),
        "bundles": [(one, versions_of(one), ScheduleForm(auto_id=f"bundle-%s-{one.pk}")) for one in held],
        "done": [(one, versions_of(one)) for one in done],
    }
    return render(request, "publications/admin/bundles.html", context)


@require_POST
def bundle_step(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Schedule, publish, take off the schedule, dissolve, or take one release out."""
    _may(request)
    bundle = get_object_or_404(Bundle, pk=pk)
    by: Any = request.user
    works: dict[str, Callable[[], Any]] = {
        "publish": lambda: actions.publish_bundle(by=by, bundle=bundle),
        "unschedule": lambda: actions.unschedule_bundle(by=by, bundle=bundle),
        "cancel": lambda: actions.cancel_bundle(by=by, bundle=bundle),
    }
    if name == "schedule":
        form = ScheduleForm(request.POST)
        if form.is_valid():
            attempt(
                request,
                lambda: actions.schedule_bundle(by=by, bundle=bundle, at=form.cleaned_data["at"]),
                "The bundle is scheduled.",
            )
    elif name == "remove":
        version = get_object_or_404(ReleaseVersion, pk=request.POST.get("version") or 0)
        attempt(
            request,
            lambda: actions.remove_from_bundle(by=by, bundle=bundle, version=version),
            "The release is out of the bundle.",
        )
    elif name in works:
        attempt(request, works[name], "Done.")
    else:
        raise Http404
    return redirect("release_desk_bundles")
