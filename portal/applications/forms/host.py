"""What hosts are asked: a listing, a review, a draw, checks, places filled elsewhere."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.utils import timezone

from portal.applications.enums import CancellationReason, DbsOutcome, RejectionReason
from portal.opportunities.enums import AllocationRule, OpportunityKind
from portal.opportunities.models import Opportunity, PlacesFilledElsewhere
from portal.opportunities.places import UnknownPlaceError, find_full_postcode
from portal.opportunities.validators import validate_criteria, validate_requirements

if TYPE_CHECKING:
    from collections.abc import Mapping

DATE = {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), "required": False}
SHARES = [("", "No share"), *[(str(percent), f"{percent}% of the places") for percent in (20, 30, 40, 50)]]
DECILES = [(str(last), f"Deciles 1 to {last}") for last in (2, 3, 4, 5)]
HIGHEST_SCORE = 5
#: The least and the most of what a listing counts, and the most letters of what it says.
BOUNDS = {
    "capacity": (1, 1_000), "minimum_age": (11, 99), "maximum_age": (11, 99), "must_live_within_miles": (1, 100),
    "reviews_needed": (1, 5), "reply_days": (1, 28),
}  # fmt: skip
LONGEST = {"summary": 500, "description": 5_000, "costs": 1_000, "support": 1_000, "accessibility": 1_000}
SCORES = [(str(score), str(score)) for score in range(HIGHEST_SCORE + 1)]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


class NamesWhatIsMissing:
    """A form whose summary of errors says which answer is missing or out of bounds: “this field” names none."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages |= {
                "min_value": f"“{field.label}”: the least is %(limit_value)s.",
                "max_value": f"“{field.label}”: the most is %(limit_value)s.",
                "max_length": f"“{field.label}” has %(show_value)s characters; the most is %(limit_value)s.",
            }
            if isinstance(field, forms.IntegerField):
                field.error_messages["invalid"] = f"“{field.label}”: type a whole number."
            if isinstance(field, forms.DateField):
                field.error_messages["invalid"] = f"“{field.label}”: type a real day, like 2027-03-31."
            if field.error_messages.get("required") == forms.Field.default_error_messages["required"]:
                field.error_messages["required"] = f"Fill in “{field.label}”."


class ListingForm(NamesWhatIsMissing, forms.ModelForm):
    """One listing. What is asked of young people comes with its reason; the rule with what it needs."""

    requirements_text = forms.CharField(
        label="What you ask of people, and why (optional)",
        help_text="One a line: what you ask, a colon, and the reason. For example: Flat shoes: floors are wet.",
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
    )
    criteria_text = forms.CharField(
        label="What reviewers score, 0 to 5 (blind review only)",
        help_text="One thing a line, at most 5. It is shown on the listing.",
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
    )
    share = forms.ChoiceField(label="Share of places drawn first for one group", choices=SHARES, required=False)
    share_deciles = forms.ChoiceField(
        label="Whom the share is for",
        help_text="Deciles of deprivation of the area people live in; 1 is the most deprived tenth of England.",
        choices=DECILES,
        required=False,
        initial="3",
    )
    starts_on = forms.DateField(label="First day", **DATE)
    ends_on = forms.DateField(label="Last day", **DATE)
    closes_on = forms.DateField(label="Last day to apply", help_text="Applications close at the end of it.", **DATE)
    decision_on = forms.DateField(label="Day by which everyone hears", **DATE)

    class Meta:
        model = Opportunity
        fields = (
            "title", "summary", "description", "kind", "role_family", "mode", "on_demand", "starts_on", "ends_on",
            "postcode", "capacity", "minimum_age", "maximum_age", "must_live_within_miles", "costs", "support",
            "accessibility", "safeguarding_contact", "allocation_rule", "first_timers_first", "review_line",
            "reviews_needed", "draw_source", "decision_on", "reply_days",
        )  # fmt: skip
        help_texts = {
            **dict.fromkeys(
                ("role_family", "on_demand", "support", "review_line", "reply_days", "first_timers_first"), ""
            ),
            "draw_source": "It must not exist before closing. It is named now, so that nobody can choose among values later.",
            "capacity": "Leave empty only for online activities open to everyone.",
        }
        labels = {
            "role_family": "Kind of work (for example nursing)",
            "on_demand": "It can be done at any time (online only)",
            "postcode": "Postcode of the place",
            "capacity": "Number of places",
            "minimum_age": "Youngest age",
            "maximum_age": "Oldest age (optional)",
            "must_live_within_miles": "Only people who live within so many miles (optional)",
            "costs": "What it costs people",
            "support": "Help you give: travel, meals, uniform",
            "accessibility": "Access for disabled people",
            "safeguarding_contact": "Whom to tell when somebody does not feel safe: name and telephone",
            "allocation_rule": "How places are given",
            "first_timers_first": "People who have had a place before wait until everyone else is drawn",
            "review_line": "Mean score from which an application enters the draw (blind review only)",
            "reviews_needed": "Reviews for each application (blind review only)",
            "draw_source": "Public value that completes the draw",
            "reply_days": "Days to answer an offer",
        }
        widgets = {
            "summary": forms.Textarea(attrs={"rows": 2}),
            "description": forms.Textarea(attrs={"rows": 5}),
            "costs": forms.Textarea(attrs={"rows": 2}),
            "support": forms.Textarea(attrs={"rows": 2}),
            "accessibility": forms.Textarea(attrs={"rows": 2}),
            "allocation_rule": forms.RadioSelect,
            "draw_source": forms.Textarea(attrs={"rows": 2}),
        }

    #: The form in parts, as the page shows it.
    PARTS = (
        ("What it is", ("title", "summary", "description", "kind", "role_family", "mode")),
        ("When and where", ("starts_on", "ends_on", "on_demand", "postcode", "capacity")),
        ("Who can come", ("minimum_age", "maximum_age", "requirements_text", "must_live_within_miles")),
        ("Costs, help and safety", ("costs", "support", "accessibility", "safeguarding_contact")),
        (
            "How places are given",
            (
                "allocation_rule", "share", "share_deciles", "first_timers_first", "criteria_text", "review_line",
                "reviews_needed", "draw_source",
            ),
        ),
        ("Dates of the round", ("closes_on", "decision_on", "reply_days")),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        listing = self.instance
        self.fields["allocation_rule"].choices = AllocationRule.choices
        self.fields["kind"].choices = [("", "Choose one"), *OpportunityKind.choices]
        self.fields["safeguarding_contact"].required = True
        self.fields["kind"].error_messages["required"] = "Choose a kind."
        for name, (least, most) in BOUNDS.items():
            self.fields[name].validators = [MinValueValidator(least), MaxValueValidator(most)]
        for name, letters in LONGEST.items():
            self.fields[name].validators.append(MaxLengthValidator(letters))
        self.initial.setdefault(
            "requirements_text", "\n".join(f"{item['requirement']}: {item['reason']}" for item in listing.requirements)
        )
        self.initial.setdefault("criteria_text", "\n".join(listing.review_criteria))
        if listing.shares:
            self.initial.setdefault("share", str(round(listing.shares[0]["share"] * 100)))
            self.initial.setdefault("share_deciles", str(max(listing.shares[0]["deciles"])))
        if listing.closes_at:
            self.initial.setdefault("closes_on", timezone.localtime(listing.closes_at).date())

    def parts(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return the fields under their headings."""
        return [(title, [self[name] for name in names]) for title, names in self.PARTS]

    def clean_postcode(self) -> str:
        """Return the postcode in its usual form, or say what is wrong with it."""
        typed = self.cleaned_data["postcode"]
        if not typed:
            return ""
        try:
            return find_full_postcode(typed).label
        except UnknownPlaceError as fault:
            raise forms.ValidationError(str(fault)) from fault

    def clean_requirements_text(self) -> list[dict[str, str]]:
        """Return the requirements, each with its reason."""
        found = []
        for number, line in enumerate(_lines(self.cleaned_data["requirements_text"]), start=1):
            requirement, colon, reason = line.partition(":")
            if not colon or not reason.strip():
                raise forms.ValidationError(f"Line {number} has no reason. Write it after a colon: {requirement}: why")
            found.append({"requirement": requirement.strip(), "reason": reason.strip()})
        validate_requirements(found)
        return found

    def clean_criteria_text(self) -> list[str]:
        """Return the criteria of review."""
        found = _lines(self.cleaned_data["criteria_text"])
        validate_criteria(found)
        return found

    def _post_clean(self) -> None:
        """Put what was typed in other forms on the listing before the listing checks itself."""
        cleaned, listing = self.cleaned_data, self.instance
        listing.requirements = cleaned.get("requirements_text") or []
        listing.review_criteria = cleaned.get("criteria_text") or []
        share, last = cleaned.get("share"), int(cleaned.get("share_deciles") or 3)
        with_share = cleaned.get("allocation_rule") == AllocationRule.DRAW_WITH_SHARES and share
        listing.shares = (
            [{"label": f"Deciles 1 to {last}", "deciles": list(range(1, last + 1)), "share": int(share) / 100}]
            if with_share
            else []
        )
        day = cleaned.get("closes_on")
        end = dt.datetime.combine(day, dt.time(23, 59)) if day else None
        listing.closes_at = timezone.make_aware(end) if end else None
        super()._post_clean()

    def _update_errors(self, errors: Any) -> None:
        """Show what the listing says of a field under the question that the page asks for it."""
        asked = {"shares": "share", "review_criteria": "criteria_text", "closes_at": "closes_on"}
        if hasattr(errors, "error_dict"):
            found = {asked.get(name, name): faults for name, faults in errors.error_dict.items()}
            # What was refused as it was typed is said once; that the listing now lacks it goes without saying.
            errors.error_dict = {name: faults for name, faults in found.items() if name not in self.errors}
        super()._update_errors(errors)


class RepeatForm(NamesWhatIsMissing, forms.Form):
    """How often and how many times a listing comes again."""

    every_days = forms.TypedChoiceField(
        label="How often", coerce=int, choices=[(7, "Every week"), (14, "Every two weeks"), (28, "Every four weeks")]
    )
    times = forms.IntegerField(label="How many more times", min_value=1, max_value=26)


def past_month(period: str) -> str:
    """Return a month as it is written; refuse what is not one, or has not begun."""
    if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", period):
        raise forms.ValidationError("Write the month like 2027-03.")
    if period > f"{timezone.localdate():%Y-%m}":
        raise forms.ValidationError("This month has not come yet.")
    return period


class AttendanceForm(NamesWhatIsMissing, forms.Form):
    """How many took part in a month in what is open to everyone."""

    period = forms.CharField(label="Month", max_length=7, help_text="For example 2027-03.")
    people = forms.IntegerField(label="People who took part", min_value=0, max_value=1_000_000)

    def clean_period(self) -> str:
        """Refuse what is not a month, or has not begun."""
        return past_month(self.cleaned_data["period"])


class TemplateForm(NamesWhatIsMissing, forms.Form):
    """The name of a template."""

    name = forms.CharField(label="Name of the template", max_length=100)


class CancelForm(forms.Form):
    """Why a listing or a place is taken back."""

    reason = forms.ChoiceField(
        label="Why?",
        help_text="Everyone concerned reads it.",
        choices=[item for item in CancellationReason.choices if item[0] != CancellationReason.TIME],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a reason."},
    )


class TurnDownForm(forms.Form):
    """Why an application under review is turned down before the line is applied."""

    STATED = (RejectionReason.REQUIREMENT, RejectionReason.DUPLICATE, RejectionReason.INCOMPLETE)
    reason = forms.ChoiceField(
        label="Reason",
        help_text="The applicant reads it.",
        choices=[(item.value, item.label) for item in STATED],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a reason."},
    )


class DrawForm(NamesWhatIsMissing, forms.Form):
    """The public value that completes the seed."""

    public_value = forms.CharField(label="The value", max_length=200)
    source = forms.CharField(
        label="Where anyone can look it up",
        help_text="For example: National Lottery, Lotto results of 13 March 2027.",
        max_length=300,
    )


class ReviewForm(forms.Form):
    """Scores on the declared criteria, or a conflict of interest and no score."""

    has_conflict = forms.BooleanField(
        label="I think I know who this is, or have another interest: I do not score it", required=False
    )

    def __init__(self, criteria: list[str], *args: Any, scores: Mapping[str, int] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.criteria = criteria
        for number, name in enumerate(criteria):
            self.fields[f"score_{number}"] = forms.TypedChoiceField(
                label=name,
                help_text="0: nothing of it, 5: all of it.",
                choices=SCORES,
                coerce=int,
                empty_value=None,
                widget=forms.RadioSelect,
                required=False,
                initial=(scores or {}).get(name),
            )
        self.order_fields([*(f"score_{number}" for number in range(len(criteria))), "has_conflict"])

    def clean(self) -> dict[str, Any]:
        """Ask for every score, unless there is a conflict."""
        cleaned = super().clean() or {}
        for number in range(len(self.criteria)):
            name = f"score_{number}"
            if not cleaned.get("has_conflict") and name not in self.errors and cleaned.get(name) is None:
                self.add_error(name, f"Give a score from 0 to {HIGHEST_SCORE} for “{self.fields[name].label}”.")
        return cleaned

    def scores(self) -> dict[str, int]:
        """Return the score of each criterion."""
        return {name: self.cleaned_data[f"score_{number}"] for number, name in enumerate(self.criteria)}


class ChecksForm(forms.Form):
    """What a host did before somebody comes."""

    risk_assessed_on = forms.DateField(label="Risk assessment made on", **DATE)
    dbs = forms.ChoiceField(
        label="Criminal record checks of the people they will be with",
        choices=DbsOutcome.choices,
        widget=forms.RadioSelect,
        required=False,
    )
    school_told = forms.BooleanField(label="The school or college has been told (where there is one)", required=False)

    def clean_risk_assessed_on(self) -> dt.date | None:
        """Refuse a day that has not come."""
        day = self.cleaned_data["risk_assessed_on"]
        if day and day > timezone.localdate():
            raise forms.ValidationError("This day has not come yet; give the day on which it was made.")
        return day


class ConcernForm(forms.Form):
    """What worries somebody."""

    text = forms.CharField(
        label="What worries you?",
        help_text="Only the OH team reads this. In an emergency call 999.",
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=4000,
        error_messages={"required": "Say what worries you."},
    )


class ElsewhereForm(NamesWhatIsMissing, forms.ModelForm):
    """Places given outside the service in a month."""

    class Meta:
        model = PlacesFilledElsewhere
        fields = ("period", "kind", "places", "how")
        labels = {
            "period": "Month",
            "kind": "Kind",
            "places": "Places",
            "how": "How they were given",
        }
        help_texts = {"period": "For example 2027-03."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", "Choose one"), *OpportunityKind.choices]

    def clean_period(self) -> str:
        """Refuse what is not a month, or has not begun."""
        return past_month(self.cleaned_data["period"])
