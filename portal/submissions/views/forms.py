"""Public papers of a form: templates and data dictionary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render

from portal.submissions import documents
from portal.submissions.forms import form_codes, load_form

if TYPE_CHECKING:
    from django.http import HttpRequest

MAKERS = {
    "csv": (documents.template_csv, "text/csv; charset=utf-8"),
    "xlsx": (documents.template_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "ods": (documents.template_ods, "application/vnd.oasis.opendocument.spreadsheet"),
}


def template(_request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """Send the template of a form version."""
    if code not in form_codes() or kind not in MAKERS:
        raise Http404
    make, media_type = MAKERS[kind]
    return HttpResponse(
        make(load_form(code)),
        content_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{code}.{kind}"'},
    )


def dictionary(request: HttpRequest, code: str) -> HttpResponse:
    """Show what is asked: items, allowed values and checks. With ``?format=json`` as JSON."""
    if code not in form_codes():
        raise Http404
    form = load_form(code)
    if request.GET.get("format") == "json":
        return JsonResponse(documents.dictionary(form), json_dumps_params={"ensure_ascii": False})
    checks = documents.dictionary(form)["checks"]
    items = [{"item": item, "allowed": form.list_of(item) if item.list else None} for item in form.items]
    return render(request, "submissions/dictionary.html", {"form_version": form, "items": items, "checks": checks})
