"""Totals of a small provider: line by line on the page, or all at once as a file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render

from portal.core.storage import sha256_of
from portal.submissions.actions import save_totals
from portal.submissions.aggregates import aggregate_form, check_lines, line_of_record, read_lines
from portal.submissions.enums import ReturnKind
from portal.submissions.reading import Refused
from portal.submissions.scanning import scan
from portal.submissions.typed import field_of
from portal.submissions.views.common import my_return, page, refusing_to, revision_of, role_titles

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from portal.submissions.findings import Finding
    from portal.submissions.models import Return

MOST_BYTES = 5 * 1024 * 1024


@page
@refusing_to("submissions:totals")
def totals(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the lines of totals; add one, remove one, or take a file of them."""
    of_return = my_return(request, pk)
    lines = _stored(of_return)
    if request.method != "POST":
        return _shown(request, of_return, lines)
    match request.POST.get("action"):
        case "remove":
            number = request.POST.get("line", "")
            left = [line for place, line in enumerate(lines, start=1) if str(place) != number]
            return _saved(request, of_return, left)
        case "file":
            return _file(request, of_return, lines)
        case _:
            form = aggregate_form(of_return.collection)
            typed = {item.name: request.POST.get(item.name, "").strip() for item in form.items}
            _values, findings = check_lines(of_return.collection, enumerate([*lines, typed], start=1))
            if findings:
                return _shown(request, of_return, lines, typed=typed, findings=findings)
            return _saved(request, of_return, [*lines, typed])


def _stored(of_return: Return) -> list[dict[str, str]]:
    draft = of_return.versions.drafts().first() or of_return.submitted_version
    if draft is None or draft.kind != ReturnKind.AGGREGATE:
        return []
    return [line_of_record(record) for record in draft.records.order_by("sequence")]


def _saved(request: HttpRequest, of_return: Return, lines: list[dict[str, str]], sha256: str = "") -> HttpResponse:
    values, findings = check_lines(of_return.collection, enumerate(lines, start=1))
    if findings:
        return _shown(request, of_return, lines, findings=findings)
    save_totals(by=request.user, of_return=of_return, lines=values, file_sha256=sha256, revision=revision_of(request))
    messages.success(request, f"The draft has {len(values)} line{'' if len(values) == 1 else 's'} of totals.")
    return redirect("submissions:totals", of_return.pk)


def _file(request: HttpRequest, of_return: Return, lines: list[dict[str, str]]) -> HttpResponse:
    file = request.FILES.get("file")
    if file is None or file.size > MOST_BYTES:
        says = "Choose a file: CSV, TSV, XLSX or ODS." if file is None else "Totals are small: at most 5 MB are taken."
        return _shown(request, of_return, lines, refused=says)
    with tempfile.NamedTemporaryFile() as saved:
        for chunk in file.chunks():
            saved.write(chunk)
        saved.flush()
        try:
            scan(Path(saved.name))
            read, columns = read_lines(Path(saved.name), of_return.collection)
        except Refused as refused:
            return _shown(request, of_return, lines, refused=f"{refused.message} ({refused.code})")
        values, findings = check_lines(of_return.collection, read, columns)
        if findings:
            return _shown(request, of_return, lines, findings=findings)
        save_totals(
            by=request.user,
            of_return=of_return,
            lines=values,
            file_sha256=sha256_of(Path(saved.name)),
            revision=revision_of(request),
        )
    messages.success(request, f"The draft has the {len(values)} lines of totals of your file.")
    return redirect("submissions:totals", of_return.pk)


def _shown(
    request: HttpRequest,
    of_return: Return,
    lines: list[dict[str, str]],
    *,
    typed: dict[str, str] | None = None,
    findings: list[Finding] | None = None,
    refused: str = "",
) -> HttpResponse:
    from django import forms as django_forms  # noqa: PLC0415 - for this form only

    version = aggregate_form(of_return.collection)
    form = django_forms.Form(typed, initial={})
    for item in version.items:
        form.fields[item.name] = field_of(item, version, of_return.collection)
    if typed is not None:
        form.full_clean()
        for finding in findings or []:
            if finding.record_number == len(lines) + 1:
                form.add_error(finding.item, finding.message)
    draft = of_return.versions.drafts().first()
    titles = role_titles(of_return.collection.family)
    context: dict[str, Any] = {
        "of_return": of_return,
        "form": form,
        "form_version": version,
        "lines": [
            {name: version.in_words(name, text) for name, text in line.items()}
            | {"role": titles.get(line["role"], line["role"])}
            for line in lines
        ],
        "people": sum(int(line["people"]) for line in lines),
        "findings": [] if typed is not None else findings or [],
        "refused": refused,
        "has_records": bool(draft and draft.rows and draft.kind == ReturnKind.RECORDS),
    }
    return render(request, "submissions/totals.html", context, status=422 if findings or refused else 200)
