"""The public register of definitions."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from portal.definitions import comparison, exports, list_imports, lookup, pages, skos
from portal.definitions.enums import GROUPS_OF_FAMILY, ListSlug
from portal.definitions.forms import CrosswalkForm, RegisterForm
from portal.definitions.models import PerspectiveVersion, ReferenceEntry, ReferenceList, RoleVersion
from portal.methods.decomposition import split_change
from portal.methods.role_changes import RoleChanges, in_earlier_terms, in_later_terms

HOME = ("Home", "/")
PER_PAGE = 50


def _trail(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [HOME, ("Definitions", reverse("definitions:index")), *more]


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show the register: perspectives first, then roles, with search, filters and a date."""
    form = RegisterForm(request.GET)
    form.is_valid()
    on = form.value("on")
    perspectives = _standing(PerspectiveVersion, on).without_long_text()
    context = {
        **_roles_context(request, form),
        "perspectives": _filtered(perspectives, form, with_group=False) if not form.value("group") else [],
        "breadcrumbs": [HOME],
        "kind": "all",
    }
    return render(request, "definitions/index.html", context)


@require_safe
def roles(request: HttpRequest) -> HttpResponse:
    """Show the roles of the register."""
    form = RegisterForm(request.GET)
    form.is_valid()
    context = {**_roles_context(request, form), "breadcrumbs": _trail(), "kind": "roles"}
    return render(request, "definitions/index.html", context)


@require_safe
def perspectives(request: HttpRequest) -> HttpResponse:
    """Show the perspectives of the register."""
    form = RegisterForm(request.GET)
    form.is_valid()
    found = _filtered(_standing(PerspectiveVersion, form.value("on")).without_long_text(), form, with_group=False)
    context = {"form": form, "perspectives": found, "breadcrumbs": _trail(), "kind": "perspectives"}
    return render(request, "definitions/index.html", context)


def _roles_context(request: HttpRequest, form: RegisterForm) -> dict[str, Any]:
    found = _filtered(_standing(RoleVersion, form.value("on")).without_long_text(), form, with_group=True)
    page = Paginator(found.order_by("family", "group", "title"), PER_PAGE).get_page(request.GET.get("page"))
    on = form.value("on")
    return {"form": form, "page_obj": page, "on": on, "groups_of_family": GROUPS_OF_FAMILY}


def _standing(model: Any, on: dt.date | None) -> Any:
    """Return the register as it stands, with what is published but not yet in force; or as at a date."""
    return model.objects.as_at(on) if on else model.objects.published().newest_per_code()


def _filtered(versions: Any, form: RegisterForm, *, with_group: bool) -> Any:
    if words := form.value("q"):
        versions = versions.search(words)
    if family := form.value("family"):
        versions = versions.family(family)
    if with_group and (group := form.value("group")):
        versions = versions.filter(group=group)
    return versions


@require_safe
def role(request: HttpRequest, code: str) -> HttpResponse:
    """Show the version of a role that stands today, or on the date asked for."""
    return _definition(request, RoleVersion, code, None)


@require_safe
def role_version(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Show one version of a role for ever."""
    return _definition(request, RoleVersion, code, number)


@require_safe
def perspective(request: HttpRequest, code: str) -> HttpResponse:
    """Show the version of a perspective that stands today, or on the date asked for."""
    return _definition(request, PerspectiveVersion, code, None)


@require_safe
def perspective_version(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Show one version of a perspective for ever."""
    return _definition(request, PerspectiveVersion, code, number)


def _definition(request: HttpRequest, model: Any, code: str, number: int | None) -> HttpResponse:
    history = pages.history_of(model, code)
    if not history:
        return _other_case(request, model, code)
    on = parse_date_or_404(request.GET.get("on")) if number is None else None
    wanted = number or (_number_on(model, code, on) if on else pages.chosen(history, timezone.localdate()).number)
    if wanted not in {version.number for version in history}:
        raise Http404(f"“{code}” has no version {wanted}.")
    version = model.objects.select_related("withdrawal").get(code=code, number=wanted)
    is_role = model is RoleVersion
    build = pages.role_page if is_role else pages.perspective_page
    kind = ("Roles", reverse("definitions:roles")) if is_role else ("Perspectives", reverse("definitions:perspectives"))
    own = [(version.title, reverse(f"definitions:{'role' if is_role else 'perspective'}", args=[code]))]
    context = {
        **build(version, _with_content(model, version, history), on),
        "breadcrumbs": _trail(kind, *(own if number else [])),
        "is_permanent": number is not None,
        "on": on,
    }
    return render(request, f"definitions/{'role' if is_role else 'perspective'}.html", context)


def _number_on(model: Any, code: str, on: dt.date) -> int:
    """Return the version that the register gave on a date, as it stood then."""
    number = model.objects.as_at(on).filter(code=code).values_list("number", flat=True).first()
    if number is None:
        raise Http404(f"The register had no version of “{code}” in force on {on.day} {on:%B %Y}.")
    return int(number)


def _with_content(model: Any, version: Any, history: list[Any]) -> list[Any]:
    """Read the whole text of the version before, which the difference needs, in one query."""
    before = next((item for item in history if item.number < version.number and not hasattr(item, "withdrawal")), None)
    if before is None:
        return history
    whole = model.objects.get(pk=before.pk)
    whole.newest_number = before.newest_number
    return [whole if item.pk == before.pk else item for item in history]


def _other_case(request: HttpRequest, model: Any, code: str) -> HttpResponse:
    """Send a reader who typed a code in other letters to the right address."""
    found = model.objects.filter(code__iexact=code).without_long_text().first()
    if found is None:
        raise Http404(f"There is no definition “{code}”.")
    return HttpResponseRedirect(request.path.replace(code, found.code))


def parse_date_or_404(text: str | None) -> dt.date | None:
    """Return the date of a query parameter; None where there is none."""
    if not text:
        return None
    try:
        date = parse_date(text)
    except ValueError:
        date = None
    if date is None:
        raise Http404("Write the date as year-month-day.")
    return date


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Show any two roles, perspectives or versions of one side by side."""
    kind = "perspective" if request.GET.get("kind") == "perspective" else "role"
    model = PerspectiveVersion if kind == "perspective" else RoleVersion
    left, right = (_named(model, request.GET.get(side, "")) for side in ("a", "b"))
    missing = [request.GET[side] for side, found in (("a", left), ("b", right)) if request.GET.get(side) and not found]
    context = {
        "kind": kind,
        "left": left,
        "right": right,
        "left_reference": f"{left.code}:{left.number}" if left else "",
        "right_reference": f"{right.code}:{right.number}" if right else "",
        "missing": missing,
        "choices": _choices(model, left, right),
        "parts": comparison.compare(left, right) if left and right else [],
        "breadcrumbs": _trail(),
    }
    return render(request, "definitions/compare.html", context)


def _choices(model: Any, left: Any, right: Any) -> list[tuple[str, str]]:
    """Offer the newest version of each definition, and every version of the two that are shown."""
    shown = [version.code for version in (left, right) if version]
    newest = model.objects.published().newest_per_code().filter(~Q(code__in=shown))
    rows = [
        *model.objects.filter(code__in=shown).values_list("family", "code", "number", "title"),
        *newest.values_list("family", "code", "number", "title"),
    ]
    rows.sort(key=lambda row: (row[0], row[3], -row[2]))
    return [(f"{code}:{number}", f"{title} ({code}), version {number}") for _family, code, number, title in rows]


def _named(model: Any, reference: str) -> Any:
    """Return the version that “code:number” names, or the newest of “code”."""
    code, _colon, number = reference.strip().partition(":")
    rows = model.objects.filter(code=code).order_by("-number")
    if number:
        rows = rows.filter(number=int(number)) if number.isdigit() and len(number) < 6 else rows.none()  # noqa: PLR2004 - no register has 100,000 versions
    return rows.first() if code else None


@require_safe
def crosswalk(request: HttpRequest) -> HttpResponse:
    """Answer: what is role X of one date in the terms of another?"""
    asked = any(name in request.GET for name in ("role", "from_date", "to_date"))
    form = CrosswalkForm(request.GET if asked else None)
    translation = None
    if asked and form.is_valid():
        translation = lookup.translate(
            form.cleaned_data["role"],
            from_date=form.cleaned_data["from_date"],
            to_date=form.cleaned_data["to_date"],
        )
        if translation is None:
            form.add_error("role", "No role with this code was in force on the first date.")
    roles_ = RoleVersion.objects.published().newest_per_code().values_list("code", "title")
    context = {
        "form": form,
        "translation": translation,
        "shares": [
            {"version": part.version, "share": lookup.share_words(part.share)} for part in translation.destinations
        ]
        if translation
        else [],
        "roles": roles_,
        "breadcrumbs": _trail(),
    }
    return render(request, "definitions/crosswalk.html", context)


@require_safe
def why_counts_differ(request: HttpRequest) -> HttpResponse:
    """Explain why counts of one workforce differ, with the index of occupations as the example."""
    entries = list(ReferenceEntry.objects.newest(ListSlug.SOC2010_INDEX, ListSlug.SOC2020, ListSlug.NHS_JOB_ROLES))
    context = {
        "index_entries": [entry for entry in entries if entry.list.slug == ListSlug.SOC2010_INDEX],
        "nurse_groups": [
            entry for entry in entries if entry.list.slug == ListSlug.SOC2020 and entry.code in {"2232", "2233", "2237"}
        ],
        "nhs_entries": [entry for entry in entries if entry.list.slug == ListSlug.NHS_JOB_ROLES],
        "perspectives": PerspectiveVersion.objects.current("oh").without_long_text(),
        "breadcrumbs": _trail(),
    }
    return render(request, "definitions/why_counts_differ.html", context)


@require_safe
def lists(request: HttpRequest) -> HttpResponse:
    """Show the reference lists that definitions draw on."""
    context = {"lists": ReferenceList.objects.order_by("title", "-edition"), "breadcrumbs": _trail()}
    return render(request, "definitions/lists.html", context)


@require_safe
def reference_list(request: HttpRequest, slug: str, edition: int | None = None) -> HttpResponse:
    """Show one edition of a reference list, the newest unless said otherwise."""
    rows = ReferenceList.objects.filter(slug=slug).order_by("-edition")
    found = get_object_or_404(rows, edition=edition) if edition else rows.first()
    if found is None:
        raise Http404(f"There is no list “{slug}”.")
    context = {
        "list": found,
        "entries": found.entries.order_by("order", "code"),
        "editions": rows,
        "newest": rows[0],
        "breadcrumbs": _trail(("Reference lists", reverse("definitions:lists"))),
    }
    return render(request, "definitions/reference_list.html", context)


@require_safe
def reference_list_csv(request: HttpRequest, slug: str, edition: int) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Download one edition of a reference list."""
    found = get_object_or_404(ReferenceList, slug=slug, edition=edition)
    return _file(list_imports.as_csv(found), "text/csv; charset=utf-8", f"{slug}-{found.version}.csv")


@require_safe
def changes_in_figures(request: HttpRequest) -> HttpResponse:
    """Explain how a change is split into definition and real change, with an example worked by hand."""
    context = {"breadcrumbs": _trail(), "example": worked_example()}
    return render(request, "definitions/changes_in_figures.html", context)


def worked_example() -> dict[str, Any]:
    """Return the example of the page, computed by the method itself."""
    changes = RoleChanges(becomes={"tech": {"tech": Fraction(1)}}, counted_before={"tech": Fraction(4, 5)})
    counts = {"nurse": "always", "tech": "always"}
    before, after = {"nurse": 20, "tech": 80}, {"nurse": 20, "tech": 130}
    before_new = in_later_terms(100, before, {}, counts, changes)
    after_old = in_earlier_terms(150, after, counts, changes)
    split = split_change(before_old=100, before_new=before_new, after_old=after_old, after_new=150)
    return {"before_new": before_new, "after_old": after_old, "split": split}


# --- Downloads -------------------------------------------------------------------------------------


def _date(request: HttpRequest) -> dt.date:
    return parse_date_or_404(request.GET.get("on")) or timezone.localdate()


def _file(content: str | bytes, media_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_safe
def register_csv(request: HttpRequest) -> HttpResponse:
    """Download the roles as CSV, with a byte order mark so that spreadsheets read it as UTF-8."""
    date = _date(request)
    return _file("\ufeff" + exports.as_csv(date), "text/csv; charset=utf-8", f"definitions-{date}.csv")


@require_safe
def register_json(request: HttpRequest) -> HttpResponse:
    """Download the register as JSON."""
    date = _date(request)
    response = JsonResponse(exports.as_json(date), json_dumps_params={"ensure_ascii": False, "indent": 1})
    response["Content-Disposition"] = f'attachment; filename="definitions-{date}.json"'
    return response


@require_safe
def register_turtle(request: HttpRequest) -> HttpResponse:
    """Download the register as SKOS in Turtle."""
    date = _date(request)
    text = skos.register_graph(date).serialize(format="turtle")
    return _file(text, "text/turtle; charset=utf-8", f"definitions-{date}.ttl")


@require_safe
def register_jsonld(request: HttpRequest) -> HttpResponse:
    """Download the register as SKOS in JSON-LD."""
    date = _date(request)
    text = skos.register_graph(date).serialize(format="json-ld")
    return _file(text, "application/ld+json", f"definitions-{date}.jsonld")
