"""What a return says of the organisation: headcount, vacancies, starters and leavers by role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms as django_forms
from django.shortcuts import redirect, render

from portal.definitions.models import RoleVersion
from portal.submissions.actions import FlowValues, save_details
from portal.submissions.flows import MOVEMENTS_KNOWN, VACANCIES_KNOWN
from portal.submissions.views.common import my_open_return, page, refusing_to, revision_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from portal.submissions.models import ReturnVersion

MOST = 10_000
_ANSWERS = (("yes", "Yes"), ("no", "No"), ("not_known", "Not known"))
REASONS = (
    ("not_known", "Not known"),
    ("no_applicants", "No applicants"),
    ("not_qualified", "No applicant with the qualifications"),
    ("pay", "Pay or terms"),
    ("place", "The place or the hours"),
    ("not_advertised", "Not advertised yet"),
    ("other", "Another reason"),
)
DESTINATIONS = (
    ("oh_provider", "Another occupational health provider"),
    ("nhs", "The NHS, outside occupational health"),
    ("other_employer", "Another employer, outside occupational health"),
    ("self_employed", "Self-employment"),
    ("abroad", "Abroad"),
    ("retired", "Retirement"),
    ("other", "Elsewhere"),
    ("not_known", "Not known"),
)


class DetailsForm(django_forms.Form):
    """Totals of an organisation."""

    declared_headcount = django_forms.IntegerField(
        label="How many people work in occupational health for you?",
        help_text="On the reference date, from your payroll or rota: it is compared with the records.",
        min_value=0,
        max_value=100_000,
        required=False,
        widget=django_forms.NumberInput({"inputmode": "numeric"}),
    )
    has_vacancies = django_forms.ChoiceField(
        label="Were any funded posts vacant on the reference date?",
        help_text="If yes, say how many in the table, role by role.",
        choices=_ANSWERS,
        widget=django_forms.RadioSelect,
        required=False,
    )
    has_movements = django_forms.ChoiceField(
        label="Did anybody start or leave in the 12 months before the reference date?",
        help_text="If yes, say how many in the table, role by role.",
        choices=_ANSWERS,
        widget=django_forms.RadioSelect,
        required=False,
    )


@page
@refusing_to("submissions:task_list")
def details(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for headcount, vacancies, starters and leavers."""
    of_return = my_open_return(request, pk)
    draft = of_return.versions.drafts().first()
    roles = list(RoleVersion.objects.latest_per_role(of_return.collection.family).values_list("code", "title"))
    form = DetailsForm(request.POST if request.method == "POST" else None, initial=_said(draft))
    if request.method == "POST" and form.is_valid():
        read = _Table(request.POST, roles)
        items = read.items(form)
        for fault in read.faults:
            form.add_error(None, fault)
        if not read.faults:
            save_details(
                by=request.user,
                of_return=of_return,
                declared_headcount=form.cleaned_data["declared_headcount"],
                items=items,
                flows=read.flows,
                revision=revision_of(request),
            )
            return redirect("submissions:task_list", pk)
    context = {"of_return": of_return, "form": form, "reasons": REASONS}
    context |= _cells(roles, draft, request.POST if request.method == "POST" else None)
    return render(request, "submissions/details.html", context, status=422 if form.is_bound else 200)


def _said(draft: ReturnVersion | None) -> dict[str, Any]:
    """Return what the draft says already, as the form asks it."""
    if draft is None:
        return {}
    said: dict[str, Any] = {"declared_headcount": draft.declared_headcount}
    for name, key, rows in (
        ("has_vacancies", VACANCIES_KNOWN, draft.vacancies),
        ("has_movements", MOVEMENTS_KNOWN, draft.movements),
    ):
        if key in draft.items:
            said[name] = ("yes" if rows.exists() else "no") if draft.items[key] else "not_known"
    return said


def _cells(roles: list[tuple[str, str]], draft: ReturnVersion | None, typed: Any) -> dict[str, Any]:
    """Return the lines of the two tables, as typed or as stored."""
    vacancies = {row.role_code: row for row in draft.vacancies.all()} if draft else {}
    movements = {row.role_code: row for row in draft.movements.all()} if draft else {}
    leavers_to = draft.items.get("leavers_to", {}) if draft else {}

    def cell(name: str, code: str, stored: Any) -> Any:
        return typed.get(f"{name}-{code}", "") if typed is not None else ("" if stored is None else stored)

    lines = []
    for code, title in roles:
        vacancy, movement = vacancies.get(code), movements.get(code)
        lines.append(
            {
                "code": code,
                "title": title,
                "posts": cell("posts", code, vacancy and vacancy.posts),
                "long": cell("long", code, vacancy and vacancy.posts_over_three_months),
                "reason": cell("reason", code, vacancy and vacancy.reason),
                "starters": cell("starters", code, movement and movement.starters),
                "leavers": cell("leavers", code, movement and movement.leavers),
            },
        )
    places = [
        {"code": code, "title": title, "people": cell("to", code, leavers_to.get(code))} for code, title in DESTINATIONS
    ]
    return {"lines": lines, "destinations": places}


class _Table:
    """What was typed in the tables, and what is wrong with it."""

    def __init__(self, typed: Any, roles: list[tuple[str, str]]) -> None:
        self.typed = typed
        self.faults: list[str] = []
        self.flows = [flow for code, title in roles if (flow := self._flow(code, title)) is not None]
        self.leavers_to = {
            code: count
            for code, title in DESTINATIONS
            if (count := self._number(f"to-{code}", title, "leavers")) is not None
        }

    def _number(self, name: str, title: str, what: str) -> int | None:
        text = self.typed.get(name, "").strip()
        if not text:
            return None
        if not text.isascii() or not text.isdigit() or int(text) > MOST:
            self.faults.append(f"{title}: “{text[:20]}” {what} is not a whole number from 0 to {MOST:,}.")
            return None
        return int(text)

    def _flow(self, code: str, title: str) -> FlowValues | None:
        posts = self._number(f"posts-{code}", title, "vacant posts")
        long = self._number(f"long-{code}", title, "posts vacant over three months")
        starters = self._number(f"starters-{code}", title, "starters")
        leavers = self._number(f"leavers-{code}", title, "leavers")
        if (long or 0) > (posts or 0):
            self.faults.append(
                f"{title}: {long} posts vacant over three months are more than the {posts or 0} vacant posts."
            )
        if not any((posts, long, starters, leavers)):
            return None
        reason = self.typed.get(f"reason-{code}", "")
        return FlowValues(code, posts, long, starters, leavers, reason if reason in dict(REASONS) else "not_known")

    def items(self, form: DetailsForm) -> dict[str, Any]:
        """Return the items of the version; say where the questions and the tables disagree."""
        vacant = sum(flow.vacant_posts or 0 for flow in self.flows)
        starters = sum(flow.starters or 0 for flow in self.flows)
        leavers = sum(flow.leavers or 0 for flow in self.flows)
        items: dict[str, Any] = {}
        for question, key, count, noun in (
            ("has_vacancies", VACANCIES_KNOWN, vacant, "vacant posts"),
            ("has_movements", MOVEMENTS_KNOWN, starters + leavers, "starters or leavers"),
        ):
            said = form.cleaned_data[question]
            if said == "yes" and not count:
                self.faults.append(f"You said yes: give the number of {noun} of at least one role in the table.")
            elif said in {"no", "not_known"} and count:
                self.faults.append(f"The table has {count} {noun}, and the question above it says none or not known.")
            # Numbers in the table are an answer too.
            items[key] = said in {"yes", "no"} or bool(count)
        if items[MOVEMENTS_KNOWN]:
            items |= {"joiners": starters, "leavers": leavers}
        if self.leavers_to:
            told = sum(self.leavers_to.values())
            if told != leavers:
                self.faults.append(f"Where leavers went adds up to {told}; the table of roles has {leavers} leavers.")
            items["leavers_to"] = self.leavers_to
        return items
