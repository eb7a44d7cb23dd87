"""Typed records, held rows, removals and what is said of the organisation."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from portal.submissions.actions import decide_removals, remove_record, save_record
from portal.submissions.actions.drafts import changing, draft_of, previous_version
from portal.submissions.actions.submitting import absent_workers, needs_typed_number, people_of
from portal.submissions.enums import Severity
from portal.submissions.forms import load_form
from portal.submissions.models import HeldRow, Removal, Return, RowIssue
from portal.submissions.typed import RecordForm, values_of_record
from portal.submissions.views.common import (
    my_open_return,
    my_return,
    page,
    refusing_to,
    revision_of,
    role_titles,
    titles_of,
    with_titles,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse

PAGE = 50
#: The key of a worker who answers for nobody else.
ALONE = "1"


@page
def records(request: HttpRequest, pk: int) -> HttpResponse:
    """List the records of the draft, or of what was submitted, and the rows that are held."""
    of_return = my_return(request, pk, reads=("worker_ref",))
    version = of_return.versions.drafts().first() or of_return.submitted_version
    rows = version.records.order_by("sequence") if version else []
    held = version.held_rows.order_by("line") if version else []
    shown = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    waiting = Paginator(held, PAGE).get_page(request.GET.get("held"))
    context = {
        "of_return": of_return,
        "version": version,
        "page_obj": shown,
        "shown": with_titles(shown, titles_of(of_return.collection)),
        "waiting": waiting,
        "to_mend": zip(waiting, _errors_in(list(waiting)), strict=True),
    }
    return render(request, "submissions/records.html", context)


def _errors_in(rows: Sequence[HeldRow]) -> list[list[RowIssue]]:
    """Return what is wrong in each of some rows that wait to be mended."""
    found = defaultdict(list)
    uploads = {row.upload_id for row in rows if row.upload_id}
    numbers = {row.record_number for row in rows}
    for issue in RowIssue.objects.filter(upload__in=uploads, record_number__in=numbers, severity=Severity.ERROR):
        found[issue.upload_id, issue.record_number].append(issue)
    return [found[row.upload_id, row.record_number] for row in rows]


@page
@refusing_to("submissions:records")
def record(request: HttpRequest, pk: int, sequence: int | None = None) -> HttpResponse:
    """Type a record, or change one."""
    of_return = my_open_return(request, pk, reads=("worker_ref",))
    initial: dict[str, str] = {}
    stored = None
    if sequence is not None:
        draft = of_return.versions.drafts().first()
        stored = get_object_or_404(draft.records, sequence=sequence) if draft else None
        if stored is None:
            raise Http404
        initial = values_of_record(stored, load_form(of_return.collection.form_version))
    form = RecordForm(
        request.POST if request.method == "POST" else None,
        collection=of_return.collection,
        initial=_for_fields(initial, of_return),
    )
    if request.method == "POST" and form.check():
        values = form.checked.record
        if stored is not None and values.registration is None:
            values.registration_key = stored.registration_key
        _save(request, of_return, form, sequence=sequence)
        messages.success(request, "The record is in the draft.")
        return redirect("submissions:records", pk)
    context = {"of_return": of_return, "form": form, "sequence": sequence}
    return render(request, "submissions/record.html", context, status=422 if form.is_bound else 200)


def _for_fields(values: dict[str, str], of_return: Return) -> dict[str, object]:
    """Lists of codes are tick boxes on the page."""
    version = load_form(of_return.collection.form_version)
    return {
        name: [part.strip() for part in value.split(";") if part.strip()]
        if version.by_name[name].type == "codes"
        else value
        for name, value in values.items()
        if name in version.by_name
    }


def _save(
    request: HttpRequest,
    of_return: Return,
    form: RecordForm,
    *,
    sequence: int | None = None,
    held_row: HeldRow | None = None,
) -> None:
    save_record(
        by=request.user,
        of_return=of_return,
        values=form.checked.record,
        findings=form.checked.findings,
        sequence=sequence,
        held=held_row,
        revision=revision_of(request),
    )


@page
@require_POST
@refusing_to("submissions:records")
def remove(request: HttpRequest, pk: int, sequence: int) -> HttpResponse:
    """Take a record out of the draft."""
    remove_record(by=request.user, of_return=my_return(request, pk), sequence=sequence, revision=revision_of(request))
    messages.success(request, "The record is out of the draft.")
    return redirect("submissions:records", pk)


@page
@refusing_to("submissions:records")
def held(request: HttpRequest, pk: int, row: int) -> HttpResponse:
    """Mend a row with errors on the page, or drop it."""
    of_return = my_return(request, pk, reads=("worker_ref",))
    waiting = get_object_or_404(HeldRow, pk=row, version__of_return=of_return, version__submitted_at=None)
    if request.POST.get("action") == "drop":
        with changing(of_return, revision=revision_of(request)):
            waiting.delete()
        messages.success(request, f"Line {waiting.line} is dropped.")
        return redirect("submissions:records", pk)
    form = RecordForm(
        request.POST if request.method == "POST" else None,
        collection=of_return.collection,
        initial=_for_fields(waiting.values, of_return),
    )
    if request.method == "POST" and form.check():
        _save(request, of_return, form, held_row=waiting)
        messages.success(request, f"Line {waiting.line} is mended and in the draft.")
        return redirect("submissions:records", pk)
    context = {"of_return": of_return, "form": form, "held": waiting, "issues": _errors_in([waiting])[0]}
    return render(request, "submissions/record.html", context, status=422 if form.is_bound else 200)


@page
@refusing_to("submissions:task_list")
def question(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """One question of one record: for somebody with a phone and a single record."""
    of_return = my_open_return(request, pk, reads=("worker_ref",))
    names = [
        item.name
        for item in load_form(of_return.collection.form_version).items
        if item.name != "confirmed_unchanged_on"
    ]
    if not 1 <= number <= len(names):
        raise Http404
    draft = of_return.versions.drafts().first()
    typed = draft.held_rows.filter(upload=None).first() if draft else None
    # Somebody alone has no staff numbers: any key will do, as long as it stays.
    answers = dict(typed.values) if typed else {"worker_key": ALONE}
    name = names[number - 1]
    form = RecordForm(
        request.POST if request.method == "POST" else None,
        collection=of_return.collection,
        names=[name],
        initial=_for_fields({name: answers.get(name, "")}, of_return),
    )
    if request.method == "POST" and (form.check(answers) or not _concerns(form, name)):
        answers |= form.values()
        with changing(of_return) as locked:
            current = draft_of(locked)
            HeldRow.objects.update_or_create(version=current, upload=None, defaults={"values": answers})
        if number < len(names):
            return redirect("submissions:question", pk, number + 1)
        return redirect("submissions:typed_record", pk)
    context = {"of_return": of_return, "form": form, "number": number, "total": len(names)}
    return render(request, "submissions/question.html", context, status=422 if form.is_bound else 200)


def _concerns(form: RecordForm, name: str) -> bool:
    return name in form.errors


@page
@refusing_to("submissions:task_list")
def typed_record(request: HttpRequest, pk: int) -> HttpResponse:
    """Check the answers of one record, and put it into the draft."""
    of_return = my_open_return(request, pk, reads=("worker_ref",))
    draft = of_return.versions.drafts().first()
    typed = draft.held_rows.filter(upload=None).first() if draft else None
    if typed is None:
        return redirect("submissions:question", pk, 1)
    form = RecordForm(typed.values, collection=of_return.collection)
    is_whole = form.check()
    if request.method == "POST" and is_whole:
        _save(request, of_return, form, held_row=typed)
        return redirect("submissions:check_answers", pk)
    version, titles = load_form(of_return.collection.form_version), role_titles(of_return.collection.family)
    said = {name: version.in_words(name, text) for name, text in typed.values.items() if name in version.by_name}
    said["role"] = titles.get(said.get("role", ""), said.get("role", ""))
    lines = [
        {
            "label": field.label,
            "value": said.get(name, ""),
            "errors": form.errors.get(name, []),
            "number": number,
        }
        for number, (name, field) in enumerate(form.fields.items(), start=1)
    ]
    return render(
        request, "submissions/typed_record.html", {"of_return": of_return, "lines": lines, "is_whole": is_whole}
    )


@page
@refusing_to("submissions:absent")
def absent(request: HttpRequest, pk: int) -> HttpResponse:
    """Show who is not in the file, and take what became of them."""
    of_return = my_return(request, pk, reads=("worker_ref",))
    draft = of_return.versions.drafts().first()
    last = previous_version(of_return)
    if draft is None or last is None:
        return redirect("submissions:task_list", pk)
    workers = absent_workers(of_return, draft)
    if request.method == "POST":
        choices = {
            ref: request.POST.get(f"choice-{number}", "") or request.POST.get("choice-all", "")
            for number, ref in enumerate(workers, start=1)
        }
        typed = request.POST.get("typed_number", "")
        decide_removals(
            by=request.user,
            of_return=of_return,
            choices={ref: choice for ref, choice in choices.items() if choice},
            typed_number=int(typed) if typed.isdigit() else None,
            reason=request.POST.get("reason", ""),
            revision=revision_of(request),
        )
        return redirect("submissions:task_list", pk)
    before = people_of(last)
    context = {
        "of_return": of_return,
        "workers": workers,
        "choices": Removal.Choice.choices,
        "before": before,
        "needs_number": needs_typed_number(len(workers), before),
    }
    return render(request, "submissions/absent.html", context)
