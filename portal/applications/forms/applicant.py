"""The questions of an application, one thing a page."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils import timezone

from portal.applications.enums import MoreLikely, WithdrawalReason
from portal.applications.models import Applicant, Application, EqualityAnswers, Feedback
from portal.opportunities.places import UnknownPlaceError, find_full_postcode

STATEMENT_WORDS = 150
YOUNGEST, OLDEST = 11, 100
SAY = {"prefer_not": "Prefer not to say"}
LONGEST_TEXT = 2_000
FEWEST_DIGITS = 7
ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
YES_NO = [("yes", "Yes"), ("no", "No"), ("not_known", "I do not know"), *SAY.items()]


def _has_number(text: str) -> bool:
    """Whether somebody can be called by what is written."""
    return sum(letter.isdecimal() for letter in text) >= FEWEST_DIGITS


def _refuse_if_too_long(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise forms.ValidationError(f"That is {len(text):,} characters; the most is {LONGEST_TEXT:,}. Shorten it.")
    return text


class AboutYouForm(forms.ModelForm):
    """Who applies. The host sees it only once you say yes to a place."""

    date_of_birth = forms.DateField(
        label="Date of birth",
        help_text="For example 27 3 2009.",
        input_formats=["%d %m %Y", "%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y"],
        widget=forms.DateInput(format="%-d %-m %Y", attrs={"size": 12, "autocomplete": "bday"}),
        error_messages={
            "invalid": "Type a real date of birth, like 27 3 2009.",
            "required": "Type your date of birth.",
        },
    )

    class Meta:
        model = Applicant
        fields = ("full_name", "date_of_birth", "telephone")
        labels = {"full_name": "Full name", "telephone": "Telephone (optional)"}
        widgets = {
            "full_name": forms.TextInput(attrs={"autocomplete": "name", "spellcheck": "false"}),
            "telephone": forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
        }
        error_messages = {"full_name": {"required": "Type your full name."}}

    def clean_telephone(self) -> str:
        """Refuse what nobody can call."""
        telephone = self.cleaned_data["telephone"].strip()
        if telephone and not _has_number(telephone):
            raise forms.ValidationError("Type a telephone number, like 07700 900461, or leave it empty.")
        return telephone

    def clean_date_of_birth(self) -> Any:
        """Refuse a date that cannot be an applicant's."""
        born = self.cleaned_data["date_of_birth"]
        age = Applicant(date_of_birth=born).age_on(timezone.localdate())
        if not YOUNGEST <= age <= OLDEST:
            raise forms.ValidationError(f"That date makes you {age}. Check the year of birth.")
        return born


class GuardianForm(forms.ModelForm):
    """Consent of a parent or guardian, for people under 16."""

    agrees = forms.BooleanField(
        label="My parent or guardian agrees that I apply and that you contact them",
        error_messages={"required": "A parent or guardian must agree before you can apply."},
    )

    class Meta:
        model = Applicant
        fields = ("guardian_name", "guardian_contact")
        labels = {"guardian_name": "Name of your parent or guardian", "guardian_contact": "Their e-mail or telephone"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        missing = {
            "guardian_name": "Type the name of your parent or guardian.",
            "guardian_contact": "Type an e-mail address or telephone number of your parent or guardian.",
        }
        for name, message in missing.items():
            self.fields[name].required, self.fields[name].error_messages["required"] = True, message

    def clean_guardian_contact(self) -> str:
        """Refuse what nobody can be reached by."""
        contact = self.cleaned_data["guardian_contact"].strip()
        if not (_has_number(contact) or ADDRESS.search(contact)):
            raise forms.ValidationError("Type an e-mail address, or a telephone number like 07700 900461.")
        return contact


class SchoolForm(forms.ModelForm):
    """Somebody at school or college who can be asked, for people under 18."""

    class Meta:
        model = Applicant
        fields = ("school_or_college", "school_contact")
        labels = {
            "school_or_college": "Name of your school or college",
            "school_contact": "A member of staff there whom the host may contact",
        }
        help_texts = {
            "school_or_college": "If you are at none, write “none”. The host sees it only once you say yes to a place.",
            "school_contact": "Name, and e-mail or telephone. Leave it empty if you are at no school or college.",
        }
        error_messages = {"school_or_college": {"required": "Type the name of your school or college, or “none”."}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["school_or_college"].required = True

    def clean(self) -> dict[str, Any]:
        """Ask for somebody to contact where there is a school or college."""
        cleaned = super().clean() or {}
        at_school = cleaned.get("school_or_college", "").strip().lower() not in {"", "none"}
        if at_school and not cleaned.get("school_contact", "").strip():
            self.add_error("school_contact", "Give somebody there whom the host may contact.")
        return cleaned


class PostcodeForm(forms.ModelForm):
    """Where the applicant lives. The postcode is purged once a place is confirmed."""

    class Meta:
        model = Application
        fields = ("postcode",)
        labels = {"postcode": "Your home postcode"}
        widgets = {
            "postcode": forms.TextInput(attrs={"autocomplete": "postal-code", "size": 10, "spellcheck": "false"})
        }
        help_texts = {
            "postcode": "We turn it into an area, a distance and a deprivation decile. The host never sees it, "
            "and it is deleted once a place is confirmed.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["postcode"].required = True
        self.fields["postcode"].error_messages["required"] = "Type your postcode."

    def clean_postcode(self) -> str:
        """Return the postcode in its usual form, or say what is wrong with it."""
        try:
            return find_full_postcode(self.cleaned_data["postcode"]).label
        except UnknownPlaceError as fault:
            raise forms.ValidationError(str(fault)) from fault


class StatementForm(forms.ModelForm):
    """Why the applicant is interested. Reviewers read it without a name."""

    class Meta:
        model = Application
        fields = ("statement",)
        labels = {"statement": "Why would you like to take part? (optional)"}
        help_texts = {"statement": f"Up to {STATEMENT_WORDS} words. Leave out your name and your school."}
        widgets = {"statement": forms.Textarea(attrs={"rows": 8})}

    def clean_statement(self) -> str:
        """Refuse more words than are asked for, saying how many there are."""
        statement = self.cleaned_data["statement"].strip()
        words = len(statement.split())
        if words > STATEMENT_WORDS:
            raise forms.ValidationError(f"That is {words} words; the most is {STATEMENT_WORDS}. Shorten it.")
        return _refuse_if_too_long(statement)


class RelationshipForm(forms.ModelForm):
    """Close relationships with the host, declared by everyone and counted in public."""

    declared_relationship = forms.TypedChoiceField(
        label="Are you related to, or a close friend of, somebody who works there?",
        choices=[("yes", "Yes"), ("no", "No")],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        help_text="It does not change your chance. We publish how often it happens.",
        error_messages={"required": "Say yes or no."},
    )

    class Meta:
        model = Application
        fields = ("declared_relationship", "relationship_detail")
        labels = {"relationship_detail": "If yes, who, and how are you related?"}
        widgets = {"relationship_detail": forms.TextInput}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = self.instance.declared_relationship
        self.initial["declared_relationship"] = {True: "yes", False: "no"}.get(given, "")

    def clean(self) -> dict[str, Any]:
        """Ask for the detail where there is a relationship."""
        cleaned = super().clean() or {}
        if cleaned.get("declared_relationship") and not cleaned.get("relationship_detail", "").strip():
            self.add_error("relationship_detail", "Say what the relationship is.")
        return cleaned


class WithdrawForm(forms.Form):
    """Why an applicant leaves."""

    reason = forms.ChoiceField(
        label="Why do you withdraw?",
        choices=WithdrawalReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a reason."},
    )


ONE_TO_FIVE = [(str(number), str(number)) for number in range(1, 6)]


class FeedbackForm(forms.ModelForm):
    """Three questions to those who took part."""

    as_described = forms.TypedChoiceField(
        label="Was it as the listing said?",
        help_text="1: not at all, 5: exactly.",
        choices=ONE_TO_FIVE,
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose 1 to 5 for whether it was as the listing said."},
    )
    felt_welcome = forms.TypedChoiceField(
        label="Did you feel welcome?",
        help_text="1: not at all, 5: very.",
        choices=ONE_TO_FIVE,
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose 1 to 5 for whether you felt welcome."},
    )
    more_likely = forms.ChoiceField(
        label="Has it changed what you want to do?",
        choices=MoreLikely.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Say whether it has changed what you want to do."},
    )

    class Meta:
        model = Feedback
        fields = ("as_described", "felt_welcome", "more_likely", "comment")
        labels = {"comment": "Anything else? (optional)"}
        help_texts = {"comment": "Leave out names. The OH team reads it."}

    def clean_comment(self) -> str:
        """Refuse a text that nobody would read to its end."""
        return _refuse_if_too_long(self.cleaned_data["comment"].strip())


class EqualityForm(forms.ModelForm):
    """Optional questions, stored apart from the application and purged when the round closes."""

    class Meta:
        model = EqualityAnswers
        fields = (
            "sex", "ethnic_group", "disability", "free_school_meals", "school_type", "main_earner", "care_experience",
        )  # fmt: skip

    QUESTIONS: dict[str, tuple[str, list[tuple[str, str]]]] = {
        "sex": ("What is your sex?", [("female", "Female"), ("male", "Male"), *SAY.items()]),
        "ethnic_group": (
            "What is your ethnic group?",
            [
                ("asian", "Asian or Asian British"),
                ("black", "Black, Black British, Caribbean or African"),
                ("mixed", "Mixed or multiple ethnic groups"),
                ("white", "White"),
                ("other", "Other ethnic group"),
                *SAY.items(),
            ],
        ),
        "disability": ("Do you have a disability or a long-term health condition?", YES_NO),
        "free_school_meals": ("Have you ever been able to get free school meals?", YES_NO),
        "school_type": (
            "What kind of school did you go to between 11 and 16?",
            [
                ("state", "State-run or funded"),
                ("independent", "Independent or fee-paying"),
                ("bursary", "Independent, with a bursary for most of the fees"),
                ("abroad", "Outside the UK"),
                ("not_known", "I do not know"),
                *SAY.items(),
            ],
        ),
        "main_earner": (
            "When you were about 14, what was the job of the main earner in your household?",
            [
                ("professional", "Professional or managerial"),
                ("intermediate", "Clerical or technical"),
                ("self_employed", "Own small business"),
                ("routine", "Routine or manual"),
                ("unemployed", "Out of work for a long time"),
                ("not_known", "I do not know"),
                *SAY.items(),
            ],
        ),
        "care_experience": ("Have you ever been in care?", YES_NO),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (question, answers) in self.QUESTIONS.items():
            self.fields[name] = forms.ChoiceField(
                label=question,
                choices=answers,
                required=False,
                widget=forms.RadioSelect,
            )
