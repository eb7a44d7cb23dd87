"""Sending a file, matching its columns, seeing what was found, keeping the good rows."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header

from portal.submissions.access import record_read_of_others
from portal.submissions.actions import choose_reading, discard_upload, give_reasons, keep_upload, receive_upload
from portal.submissions.checks import CHECKS
from portal.submissions.documents import error_file, error_workbook
from portal.submissions.enums import UNFINISHED_UPLOADS, Severity, UploadState
from portal.submissions.forms import load_form
from portal.submissions.models import RowIssue, Upload
from portal.submissions.processing import open_file
from portal.submissions.reading.content import MAX_BYTES
from portal.submissions.reading.encodings import ENCODINGS
from portal.submissions.vault import opened_file
from portal.submissions.views.common import my_open_return, my_return, my_upload, page, refusing_to, revision_of

if TYPE_CHECKING:
    from django.http import HttpRequest

PAGE = 50
#: Making a workbook of more rows takes longer than a person waits.
MOST_ROWS_OF_A_WORKBOOK = 50_000
DELIMITERS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Vertical bar"}


@page
@refusing_to("submissions:task_list")
def upload(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a file."""
    of_return = my_open_return(request, pk)
    error = ""
    if request.method == "POST":
        file = request.FILES.get("file")
        if file is None:
            error = "Choose a file: CSV, TSV, XLSX or ODS."
        elif file.size > MAX_BYTES:
            error = f"The file has {file.size / 1024 / 1024:,.1f} MB; at most 100 MB are taken. Send it in parts."
        else:
            with tempfile.NamedTemporaryFile() as saved:
                for chunk in file.chunks():
                    saved.write(chunk)
                saved.flush()
                made = receive_upload(
                    by=request.user,
                    of_return=of_return,
                    path=Path(saved.name),
                    file_name=file.name or "file",
                    is_partial=request.POST.get("is_partial") == "yes",
                )
            return redirect("submissions:upload_result", made.pk)
    return render(
        request, "submissions/upload.html", {"of_return": of_return, "error": error}, status=422 if error else 200
    )


@page
def upload_result(request: HttpRequest, pk: int) -> HttpResponse:
    """Show progress while a file is checked, then what was found; take the person's choice."""
    made = my_upload(request, pk)
    if request.method == "POST":
        return _choose(request, made)
    form = load_form(made.collection.form_version)
    waiting = made.state in UNFINISHED_UPLOADS or (
        made.state == UploadState.CHECKED and made.keep_requested_at is not None
    )
    context: dict[str, Any] = {"upload": made, "of_return": made.of_return, "waiting": waiting, "form_version": form}
    if made.state in {UploadState.MAPPING, UploadState.CHECKED, UploadState.REFUSED}:
        context |= {"encodings": ENCODINGS, "delimiters": DELIMITERS, "columns": _columns(made)}
    if made.state in {UploadState.CHECKED, UploadState.KEPT}:
        record_read_of_others(by=request.user, of_return=made.of_return, fields=("findings",))
        context |= _findings(request, made)
    if made.state == UploadState.CHECKED:
        context["newer"] = _kept_meanwhile(made)
    return render(request, "submissions/upload_result.html", context)


def _kept_meanwhile(made: Upload) -> Upload | None:
    """Return a file that was kept after this one was sent: keeping this one would take its place."""
    later = Upload.objects.filter(of_return=made.of_return_id, state=UploadState.KEPT, kept_at__gt=made.created_at)
    return None if made.is_partial else later.order_by("-kept_at").first()


def _columns(made: Upload) -> list[dict[str, str]]:
    """Return each heading with the item it is matched to, or the nearest guess."""
    reading = made.reading
    item_of = {heading: item for item, heading in reading.get("columns", {}).items()}
    return [
        {"heading": heading, "item": item_of.get(heading, ""), "guess": reading.get("unmatched", {}).get(heading, "")}
        for heading in reading.get("headings", [])
        if heading
    ]


def _findings(request: HttpRequest, made: Upload) -> dict[str, Any]:
    groups = [
        {"code": row["code"], "check": CHECKS[row["code"]], "count": row["count"]}
        for row in made.issues.values("code").annotate(count=Count("pk")).order_by("code")
    ]
    chosen = request.GET.get("code", "")
    issues = made.issues.filter(code=chosen) if chosen in CHECKS else made.issues.all()
    pages = Paginator(issues.order_by("severity", "line", "column"), PAGE)
    return {"groups": groups, "chosen": chosen, "page_obj": pages.get_page(request.GET.get("page"))}


def _choose(request: HttpRequest, made: Upload) -> HttpResponse:
    from portal.submissions.errors import ActionRefused  # noqa: PLC0415 - for this page only

    try:
        match request.POST.get("action"):
            case "keep":
                keep_upload(by=request.user, upload=made, revision=revision_of(request))
            case "discard":
                discard_upload(by=request.user, upload=made)
                messages.success(request, "The file is put aside. Nothing of it was kept.")
                return redirect("submissions:task_list", made.of_return_id)
            case "read_again":
                choose_reading(by=request.user, upload=made, choices=_choices(request, made))
    except ActionRefused as refused:
        messages.error(request, str(refused))
    return redirect("submissions:upload_result", made.pk)


def _choices(request: HttpRequest, made: Upload) -> dict[str, Any]:
    post = request.POST
    names = load_form(made.collection.form_version).by_name
    columns = {
        heading: post.get(f"column-{number}", "")
        for number, heading in enumerate((item["heading"] for item in _columns(made)), start=1)
        if f"column-{number}" in post and (post[f"column-{number}"] in names or not post[f"column-{number}"])
    }
    line = post.get("heading_line", "")
    choices: dict[str, Any] = {
        "encoding": post.get("encoding", "") if post.get("encoding") in ENCODINGS else "",
        "delimiter": post.get("delimiter", "") if post.get("delimiter") in DELIMITERS else "",
        "sheet": post.get("sheet", "") if post.get("sheet") in made.reading.get("sheets", []) else "",
        "heading_line": int(line) if line.isdigit() else 0,
    }
    return choices | ({"columns": columns} if columns else {})


@page
def upload_status(request: HttpRequest, pk: int) -> JsonResponse:
    """Tell how far the checking of a file is."""
    made = my_upload(request, pk)
    is_waiting = made.state in UNFINISHED_UPLOADS or (
        made.state == UploadState.CHECKED and made.keep_requested_at is not None
    )
    return JsonResponse({"state": made.state, "progress": made.progress, "rows": made.rows, "waiting": is_waiting})


@page
def upload_errors(request: HttpRequest, pk: int, kind: str) -> StreamingHttpResponse | HttpResponse:
    """Send the person's own file back with the errors marked, as CSV or as a workbook."""
    made = my_upload(request, pk, reads=("the file",))
    if made.state not in {UploadState.CHECKED, UploadState.KEPT} or not made.stored_as:
        messages.error(request, "There is no checked file to send back.")
        return redirect("submissions:upload_result", pk)

    name = f"{Path(made.file_name).stem[:80]}-checked.{kind}"
    if kind == "xlsx" and made.rows <= MOST_ROWS_OF_A_WORKBOOK:
        with opened_file(made.stored_as) as path, tempfile.NamedTemporaryFile(suffix=".xlsx") as book:
            table, _match = open_file(path, made.of_return, made.choices)
            error_workbook(made, table, Path(book.name))
            return HttpResponse(
                Path(book.name).read_bytes(),
                content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                headers={"Content-Disposition": content_disposition_header(as_attachment=True, filename=name)},
            )
    if kind == "xlsx":
        messages.error(request, f"A workbook is made of up to {MOST_ROWS_OF_A_WORKBOOK:,} rows. Take the CSV file.")
        return redirect("submissions:upload_result", pk)

    def blocks() -> Any:
        with opened_file(made.stored_as) as path:
            table, _match = open_file(path, made.of_return, made.choices)
            yield from error_file(made, table)

    answer = StreamingHttpResponse(blocks(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return answer


@page
@refusing_to("submissions:task_list")
def reasons(request: HttpRequest, pk: int) -> HttpResponse:
    """Show queries without a reason, and take reasons."""
    of_return = my_return(request, pk, reads=("worker_ref",))
    draft = of_return.versions.drafts().first()
    open_ones = (
        RowIssue.objects.filter(version=draft, severity=Severity.QUERY, reason="").order_by("code", "line")
        if draft
        else RowIssue.objects.none()
    )
    if request.method == "POST":
        given = {issue.pk: request.POST.get(f"reason-{issue.pk}", "").strip() for issue in open_ones}
        given = {pk: reason for pk, reason in given.items() if reason}
        if all_the_same := request.POST.get("reason-all", "").strip():
            code = request.POST.get("code", "")
            given |= {issue.pk: all_the_same for issue in open_ones if issue.code == code}
        give_reasons(by=request.user, of_return=of_return, reasons=given, revision=revision_of(request))
        messages.success(request, f"{len(given)} reasons are saved and remembered for next time.")
        return redirect("submissions:reasons" if open_ones.all().exists() else "submissions:task_list", pk)
    pages = Paginator(open_ones, PAGE)
    context = {
        "of_return": of_return,
        "page_obj": pages.get_page(request.GET.get("page")),
        "alike": [
            (row["code"], CHECKS[row["code"]].title, row["count"])
            for row in open_ones.order_by("code").values("code").annotate(count=Count("pk")).filter(count__gt=1)
        ],
    }
    return render(request, "submissions/reasons.html", context)
