"""Reference lists in the CMS: every edition, and a form that makes the next one from a file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from portal.definitions import list_imports
from portal.definitions.enums import ListSlug
from portal.definitions.errors import DefinitionError
from portal.definitions.models import ReferenceList

UPLOAD_LIMIT = 10 * 1024 * 1024


class EditionForm(forms.Form):
    """A new edition of a list."""

    slug = forms.ChoiceField(label="List", choices=ListSlug.choices)
    version = forms.CharField(
        label="Edition", max_length=20, help_text="As its publisher names it, for example 2020 or v3.6.0."
    )
    source = forms.CharField(
        label="Source", max_length=500, required=False, help_text="Public: who publishes it, and where it was read."
    )
    note = forms.CharField(
        label="Note",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Public: anything a reader should know.",
    )
    file = forms.FileField(
        label="File (CSV, UTF-8)",
        help_text="The first line names the columns: code, title, and if needed parent and note.",
    )

    def clean_file(self) -> Any:
        """Refuse a file that no list needs."""
        upload = self.cleaned_data["file"]
        if upload.size > UPLOAD_LIMIT:
            raise forms.ValidationError("The file is larger than 10 MB.")
        return upload


def lists(request: HttpRequest) -> HttpResponse:
    """Show every edition; check a file, and save it as a new edition when asked."""
    if not request.user.has_perm("definitions.change_role"):
        raise PermissionDenied
    form = EditionForm(request.POST or None, request.FILES or None)
    report = None
    if request.method == "POST" and form.is_valid():
        report = list_imports.check_list(form.cleaned_data["slug"], form.cleaned_data["file"].read())
        if request.POST.get("then") == "save" and (response := _saved(request, form, report)):
            return response
    context = {
        "form": form,
        "report": report,
        "lists": ReferenceList.objects.order_by("title", "-edition"),
    }
    return render(request, "definitions/cms/lists.html", context)


def _saved(request: HttpRequest, form: EditionForm, report: list_imports.ListReport) -> HttpResponse | None:
    fields = {name: form.cleaned_data[name] for name in ("slug", "version", "source", "note")}
    try:
        edition = list_imports.save_edition(by=request.user, report=report, **fields)
    except DefinitionError as error:
        messages.error(request, str(error))
        return None
    messages.success(
        request, f"“{edition}” is saved with {len(report.lines):,} entries. Earlier editions are as they were."
    )
    return HttpResponseRedirect(reverse("definitions_lists"))
