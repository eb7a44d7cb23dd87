"""The applicant's pages: apply, one thing a page; follow; answer an offer; withdraw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from portal.applications import actions, equality
from portal.applications.enums import ApplicationState
from portal.applications.forms import applicant as forms
from portal.applications.forms.host import ConcernForm
from portal.applications.models import Applicant, Application, Feedback
from portal.opportunities.models import Opportunity

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, QueryDict

STEPS = {
    "about-you": ("About you", forms.AboutYouForm),
    "guardian": ("Your parent or guardian", forms.GuardianForm),
    "school": ("Your school or college", forms.SchoolForm),
    "postcode": ("Where you live", forms.PostcodeForm),
    "statement": ("Why you are interested", forms.StatementForm),
    "relationship": ("Do you know anyone there?", forms.RelationshipForm),
}


def _posted(request: HttpRequest) -> QueryDict | None:
    """Return what was posted, also when it is nothing: an empty form is a form with errors."""
    return request.POST if request.method == "POST" else None


def _applicant(request: HttpRequest) -> Applicant | None:
    return Applicant.objects.filter(user_id=request.user.pk).first()


def _own_application(request: HttpRequest, code: str) -> Application:
    """Return an application of the person signed in; anybody else's does not exist for them."""
    return get_object_or_404(
        Application.objects.select_related("applicant"), entry_code=code, applicant__user_id=request.user.pk
    )


def _listing(reference: str) -> Opportunity:
    return get_object_or_404(Opportunity.objects.public().select_related("organisation"), reference=reference)


#: Steps about the person, kept for the next application; the others are of this one.
ABOUT_PERSON = frozenset({"about-you", "guardian", "school"})
ADULT = 18


def _steps_for(applicant: Applicant | None) -> list[str]:
    age = applicant.age_on(timezone.localdate()) if applicant else ADULT
    asked_below = {"guardian": actions.GUARDIAN_CONSENT_BELOW, "school": ADULT}
    return [step for step in STEPS if age < asked_below.get(step, age + 1)]


@login_required
@never_cache
def tracker(request: HttpRequest) -> HttpResponse:
    """List one's own applications with where each stands."""
    own = list(Application.objects.filter(applicant__user_id=request.user.pk).select_related("applicant"))
    listings = Opportunity.objects.select_related("organisation").in_bulk(
        [item.opportunity_reference for item in own],
        field_name="reference",
    )
    rows = [(item, listings.get(item.opportunity_reference)) for item in own]
    context = {
        "rows": rows,
        "open_count": sum(item.is_open for item in own),
        "limit": actions.OPEN_APPLICATIONS_LIMIT,
        "breadcrumbs": [("Home", "/")],
    }
    return render(request, "applications/tracker.html", context)


@login_required
@never_cache
def start(request: HttpRequest, reference: str) -> HttpResponse:
    """Go to the first question of an application."""
    listing = _listing(reference)
    return _instead(request, listing, _applicant(request)) or redirect(
        "applications:step", reference=reference, step="about-you"
    )


def _instead(request: HttpRequest, listing: Opportunity, applicant: Applicant | None) -> HttpResponse | None:
    """Return where to go when there is nothing to fill in: it is sent already (a second click), or closed."""
    mine = Application.objects.filter(applicant=applicant, opportunity_reference=listing.reference)
    sent = mine.exclude(state__in=[ApplicationState.DRAFT, ApplicationState.WITHDRAWN]).first() if applicant else None
    if sent:
        return redirect("applications:detail", code=sent.entry_code)
    return None if listing.is_open_for_applications else _not_open(request, listing)


def _not_open(request: HttpRequest, listing: Opportunity) -> HttpResponse:
    messages.error(request, actions.NOT_OPEN)
    return redirect(listing)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, reference: str, step: str) -> HttpResponse:
    """Show and save one question. What is saved stays when the browser is closed."""
    if step not in STEPS:
        raise Http404
    listing, applicant = _listing(reference), _applicant(request)
    if instead := _instead(request, listing, applicant):
        return instead
    if applicant is None and step != "about-you":
        return redirect("applications:step", reference=reference, step="about-you")
    title, form_class = STEPS[step]
    instance: Applicant | Application
    if step in ABOUT_PERSON:
        instance = applicant or Applicant(user_id=request.user.pk, email=request.user.email)
    else:
        instance = actions.start_application(by=request.user, applicant=applicant, opportunity=listing)
    form = form_class(_posted(request), instance=instance)
    if request.method == "POST" and form.is_valid():
        try:
            with actions.while_open(listing):
                saved = form.save()
        except ValidationError:
            return _not_open(request, listing)
        order = _steps_for(saved if isinstance(saved, Applicant) else applicant)
        # Who has turned 18 since the page was opened is not asked this any more.
        following = order[order.index(step) + 1 :] if step in order else []
        if following and "change" not in request.GET:
            return redirect("applications:step", reference=reference, step=following[0])
        return redirect("applications:check", reference=reference)
    order = _steps_for(applicant)
    position = order.index(step) if step in order else 0
    context = {
        "listing": listing,
        "title": title,
        "form": form,
        "position": position + 1,
        # How many questions there are depends on the age, which the first one asks for.
        "steps": len(order) if applicant else None,
        "back": _back(reference, order, position, is_change="change" in request.GET),
    }
    return render(request, "applications/step.html", context, status=422 if form.errors else 200)


def _back(reference: str, order: list[str], position: int, *, is_change: bool) -> tuple[str, str] | None:
    """Return where “back” leads: the answers that are being changed, else the question before, if there is one."""
    if is_change:
        return reverse("applications:check", args=[reference]), "Back to your answers"
    if position == 0:
        return None
    return reverse("applications:step", args=[reference, order[position - 1]]), "Back"


def _unanswered(applicant: Applicant, draft: Application) -> str | None:
    """Return the first question that is asked of this person and has no answer."""
    answers = {
        "guardian": applicant.guardian_name,
        "school": applicant.school_or_college,
        "postcode": draft.postcode,
        "relationship": draft.declared_relationship is not None,
    }
    return next((step for step in _steps_for(applicant) if step in answers and not answers[step]), None)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def check(request: HttpRequest, reference: str) -> HttpResponse:
    """Show every answer, and send the application."""
    listing, applicant = _listing(reference), _applicant(request)
    if applicant is None:
        return redirect("applications:step", reference=reference, step="about-you")
    if instead := _instead(request, listing, applicant):
        return instead
    draft = Application.objects.filter(
        applicant=applicant,
        opportunity_reference=reference,
        state=ApplicationState.DRAFT,
    ).first()
    if draft is None or (missing := _unanswered(applicant, draft)):
        return redirect("applications:step", reference=reference, step=missing if draft else "postcode")
    problem = ""
    if request.method == "POST":
        try:
            sent = actions.submit_application(
                by=request.user,
                applicant=applicant,
                opportunity=listing,
                postcode=draft.postcode,
                statement=draft.statement,
                declared_relationship=draft.declared_relationship,
                relationship_detail=draft.relationship_detail,
                guardian_consents=bool(applicant.guardian_name),
                draft=draft,
            )
        except ValidationError as fault:
            if instead := _instead(request, listing, applicant):
                return instead
            problem = " ".join(fault.messages)
        else:
            return redirect(f"{reverse('applications:equality', args=[sent.entry_code])}?sent")
    context = {"listing": listing, "applicant": applicant, "draft": draft, "problem": problem}
    return render(request, "applications/check.html", context, status=422 if problem else 200)


@login_required
@never_cache
def detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show where an application stands and everything that happened to it."""
    application = _own_application(request, code)
    listing = _listing(application.opportunity_reference)
    is_draft = application.state == ApplicationState.DRAFT
    history = list(application.transitions.all())
    context = {
        "application": application,
        "history": history,
        "reason": history[-1].get_reason_display() if history else "",
        "listing": listing,
        "asks_equality": not is_draft and not listing.has_ended,
        "has_answers": not is_draft and bool(equality.answers_of(application)),
        "ahead": application.ahead_in_line() if application.state == ApplicationState.WAITING_LIST else None,
        "breadcrumbs": [("Home", "/"), ("Your applications", "/applications/")],
    }
    return render(request, "applications/detail.html", context)


@login_required
@require_POST
def reply(request: HttpRequest, code: str) -> HttpResponse:
    """Answer an offer."""
    application = _own_application(request, code)
    try:
        actions.reply_to_offer(by=request.user, application=application, accepts=request.POST.get("answer") == "yes")
    except ValidationError as fault:
        messages.error(request, " ".join(fault.messages))
    return redirect("applications:detail", code=code)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Withdraw an application, with a reason."""
    application = _own_application(request, code)
    form = forms.WithdrawForm(_posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            actions.withdraw_application(by=request.user, application=application, reason=form.cleaned_data["reason"])
        except ValidationError as fault:
            messages.error(request, " ".join(fault.messages))
        return redirect("applications:detail", code=code)
    lead = "This cannot be undone. If you hold a place, it goes to the next person at once."
    return _ask(request, application, form, "Withdraw your application", lead=lead, is_last=True, button="Withdraw")


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def equality_questions(request: HttpRequest, code: str) -> HttpResponse:
    """Ask the optional questions, after the application has been sent, apart from it; they can be changed."""
    application = _own_application(request, code)
    listing = _listing(application.opportunity_reference)
    if application.state == ApplicationState.DRAFT or listing.has_ended:
        messages.error(request, "These questions are asked from sending an application until the round ends.")
        return redirect("applications:detail", code=code)
    given = equality.answers_of(application)
    form = forms.EqualityForm(_posted(request), initial=given)
    if request.method == "POST" and form.is_valid():
        try:
            actions.answer_equality_questions(application=application, answers=form.cleaned_data)
        except ValidationError as fault:
            messages.error(request, " ".join(fault.messages))
        return redirect("applications:detail", code=code)
    context = {
        "form": form,
        "application": application,
        "listing": listing,
        "is_new": "sent" in request.GET,
        "has_answers": bool(given),
    }
    return render(request, "applications/equality.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def feedback(request: HttpRequest, code: str) -> HttpResponse:
    """Ask somebody who took part how it was."""
    application = _own_application(request, code)
    given = Feedback.objects.filter(application=application).first()
    form = forms.FeedbackForm(_posted(request), instance=given)
    if request.method == "POST" and form.is_valid():
        try:
            actions.give_feedback(by=request.user, application=application, answers=form.cleaned_data)
            messages.success(request, "Thank you. The host sees it only together with what others say.")
        except ValidationError as fault:
            messages.error(request, " ".join(fault.messages))
        return redirect("applications:detail", code=code)
    return _ask(request, application, form, "How was it?", button="Send")


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def concern(request: HttpRequest, code: str) -> HttpResponse:
    """Take a worry about safety to the OH team, past the host."""
    application = _own_application(request, code)
    form = ConcernForm(_posted(request))
    if request.method == "POST" and form.is_valid():
        actions.raise_concern(
            by=request.user,
            role="applicant",
            opportunity_reference=application.opportunity_reference,
            text=form.cleaned_data["text"],
            application=application,
        )
        messages.success(request, "The OH team has it. The host does not see it.")
        return redirect("applications:detail", code=code)
    return _ask(request, application, form, "Tell us if you do not feel safe", button="Send to the OH team")


def _ask(request: HttpRequest, application: Application, form: Any, title: str, **context: Any) -> HttpResponse:
    context |= {
        "form": form,
        "listing": _listing(application.opportunity_reference),
        "title": title,
        "back": (reverse("applications:detail", args=[application.entry_code]), "Back to your application"),
    }
    return render(request, "applications/step.html", context, status=422 if form.errors else 200)
