"""Pages of the CMS beside the forms: review by a second person, withdrawal, spreadsheets, terms."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from portal.definitions import actions, checks, comparison, hooks, imports, pages, second_person
from portal.definitions.errors import DefinitionError, SecondPersonRequiredError
from portal.definitions.models import Perspective, PerspectiveVersion, Role, RoleVersion
from portal.definitions.scheduling import why_sent_back
from portal.users.models import User

MODELS: dict[str, tuple[Any, Any]] = {"role": (Role, RoleVersion), "perspective": (Perspective, PerspectiveVersion)}
UPLOAD_LIMIT = 10 * 1024 * 1024


def _definition(request: HttpRequest, kind: str, pk: int) -> Any:
    if kind not in MODELS:
        raise Http404(f"There is no kind of definition “{kind}”.")
    rights = (f"definitions.{verb}_{kind}" for verb in ("change", "publish", "view"))
    if not any(request.user.has_perm(right) for right in rights):
        raise PermissionDenied
    return get_object_or_404(MODELS[kind][0], pk=pk)


@require_safe
def review(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Show a second person everything that an approval rests on."""
    definition = _definition(request, kind, pk)
    draft = definition.get_latest_revision_as_object()
    published = definition.latest_version
    preview = pages.preview(draft)
    parts = second_person.contributors(definition)
    people = {user.pk: str(user) for user in User.objects.filter(pk__in=parts)}
    context = {
        "definition": definition,
        "draft": draft,
        "kind": kind,
        "published": published,
        "has_draft": definition.has_unpublished_changes or published is None,
        "differences": _differences(published, preview["version"]),
        "contributors": [f"{people.get(user, 'somebody since erased')} {part}" for user, part in parts.items()],
        "reasons": checks.reasons_against(draft),
        "why_not": second_person.why_not(definition, request.user),
        "in_review": definition.workflow_in_progress,
        "sent_back": why_sent_back(definition),
        "affected": affected(kind, draft),
        "effect": _effect(kind, published, preview["version"]),
        "versions": pages.history_of(MODELS[kind][1], definition.code),
        "may_withdraw": request.user.has_perm(f"definitions.publish_{kind}"),
    }
    return render(request, "definitions/cms/review.html", context)


def _differences(published: Any, version: Any) -> list[comparison.FieldDifference]:
    empty = type(version)(title="", summary="", content={}, family=version.family)
    return [part for part in comparison.compare(published or empty, version) if part.changed]


def affected(kind: str, draft: Any) -> dict[str, Any]:
    """Return what a new version will touch: perspectives, datasets, collections, releases."""
    perspectives = []
    for version in PerspectiveVersion.objects.current(draft.family).defer("content", "predicate_sql", "resolved_rule"):
        named = draft.code in version.perspective_pins if kind == "perspective" else draft.code in version.pins
        counts = kind == "perspective" or version.membership.get(draft.code, {}).get("verdict") != "never"
        if named and counts and version.code != draft.code:
            perspectives.append(version)
    usages = [*hooks.usages(kind, draft.code), *hooks.internal_usages(kind, draft.code)]
    return {"perspectives": perspectives, "usages": usages}


def _effect(kind: str, published: Any, version: Any) -> hooks.Effect | None:
    """Return what a new rule does to the last sealed snapshot."""
    if kind != "perspective" or not version.predicate_sql:
        return None
    before = published.predicate_sql if published else "(NOT TRUE)"
    return None if before == version.predicate_sql else hooks.effect(version.family, before, version.predicate_sql)


@require_POST
def decide(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Approve the draft, or ask its authors for changes."""
    definition = _definition(request, kind, pk)
    back = HttpResponseRedirect(reverse("definitions_review", args=[kind, pk]))
    state = definition.current_workflow_task_state
    if state is None:
        messages.error(request, "The draft is not in review. Its author submits it first.")
        return back
    choice, comment = request.POST.get("choice", ""), request.POST.get("comment", "").strip()
    if choice not in {"approve", "reject"}:
        messages.error(request, "Choose to approve or to ask for changes.")
        return back
    if choice == "reject" and not comment:
        messages.error(request, "Say what should change.")
        return back
    try:
        state.task.specific.on_action(state, request.user, choice, comment=comment)
    except (DefinitionError, SecondPersonRequiredError, PermissionDenied) as error:
        messages.error(request, str(error) or "You may not decide on this draft.")
        return back
    messages.success(request, _outcome(type(definition).objects.get(pk=pk), choice))
    return back


def _outcome(definition: Any, choice: str) -> str:
    if choice == "reject":
        return f"“{definition}” went back to its authors."
    if definition.approved_schedule:
        return f"“{definition}” is approved and will be published on {definition.go_live_at:%d %B %Y at %H:%M}."
    return f"Version {definition.latest_version.number} of “{definition}” is published."


def withdraw(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Withdraw one version with a public reason."""
    if kind not in MODELS:
        raise Http404(f"There is no kind of definition “{kind}”.")
    if not request.user.has_perm(f"definitions.publish_{kind}"):
        raise PermissionDenied
    version = get_object_or_404(MODELS[kind][1], pk=pk)
    owner = version.role_id if kind == "role" else version.perspective_id
    if request.method == "POST":
        try:
            actions.withdraw_version(by=request.user, version=version, reason=request.POST.get("reason", ""))
        except DefinitionError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"{version} is withdrawn.")
            return HttpResponseRedirect(reverse("definitions_review", args=[kind, owner]))
    usages = hooks.usages(kind, version.code, version.number)
    context = {"version": version, "kind": kind, "owner": owner, "usages": usages}
    return render(request, "definitions/cms/withdraw.html", context)


# --- Spreadsheets ----------------------------------------------------------------------------------


def _require_editor(request: HttpRequest) -> None:
    if not request.user.has_perm("definitions.change_role"):
        raise PermissionDenied


def spreadsheet_page(request: HttpRequest) -> HttpResponse:
    """Take a spreadsheet back: check it, show what it would do, and save drafts when asked."""
    _require_editor(request)
    report = None
    if request.method == "POST":
        upload = request.FILES.get("file")
        if upload is None:
            messages.error(request, "Choose a file.")
        elif upload.size > UPLOAD_LIMIT:
            messages.error(request, "The file is larger than 10 MB. Split it.")
        else:
            report = _read(request, upload)
    if report is not None and request.POST.get("then") == "marked":
        return _marked(report)
    return render(request, "definitions/cms/spreadsheet.html", {"report": report})


def _read(request: HttpRequest, upload: Any) -> imports.Report | None:
    try:
        rows = imports.read_rows(upload.name, upload.read())
    except imports.UnreadableFileError as error:
        messages.error(request, str(error))
        return None
    save = request.POST.get("then") == "save"
    report = imports.check_rows(rows)
    if save and report.is_clean:
        saved = imports.save_drafts(by=request.user, report=report)
        messages.success(request, f"{saved} drafts saved. Submit each for review when it is ready.")
    elif save:
        messages.error(request, "Nothing was saved: mend the errors first.")
    return report


def _marked(report: imports.Report) -> HttpResponse:
    response = HttpResponse(imports.marked_workbook(report), content_type=imports.XLSX)
    response["Content-Disposition"] = 'attachment; filename="roles-with-errors.xlsx"'
    return response


@require_safe
def spreadsheet_download(request: HttpRequest) -> HttpResponse:
    """Download the working texts of roles as a workbook."""
    _require_editor(request)
    response = HttpResponse(imports.workbook(imports.draft_rows()), content_type=imports.XLSX)
    response["Content-Disposition"] = 'attachment; filename="roles.xlsx"'
    return response


@require_safe
def spreadsheet_download_csv(request: HttpRequest) -> HttpResponse:
    """Download the working texts of roles as CSV."""
    _require_editor(request)
    response = HttpResponse(imports.csv_text(imports.draft_rows()), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="roles.csv"'
    return response


@require_safe
def terms(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - Django's signature
    """List the terms that an editor may link to, each with the version that is newest now."""
    found = [
        {"kind": kind, "code": version.code, "version": version.number, "title": version.title}
        for kind, (_model, versions) in MODELS.items()
        for version in versions.objects.published().newest_per_code().without_long_text().order_by("title")
    ]
    return JsonResponse({"terms": found})
