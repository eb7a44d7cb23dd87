"""The search form of listings. Nothing that is typed here is stored."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from django import forms

from portal.opportunities.boards import BOARDS
from portal.opportunities.enums import Mode, OpportunityKind
from portal.opportunities.places import Place, UnknownPlaceError, find_place

RADII = (5, 10, 15, 20, 30, 50)


class SearchForm(forms.Form):
    """Words, place, distance, kind, mode, age and dates; every field may be empty."""

    q = forms.CharField(label="Words", required=False, max_length=200)
    place = forms.CharField(
        label="Postcode",
        required=False,
        max_length=10,
        help_text="A full postcode, like LS1 4AP, or its first part, like LS1. We do not keep it.",
    )
    miles = forms.TypedChoiceField(
        label="Within",
        required=False,
        coerce=int,
        empty_value=15,
        initial=15,
        choices=[(miles, f"{miles} miles") for miles in RADII],
    )
    kind = forms.ChoiceField(label="Kind", required=False, choices=[("", "Any kind"), *OpportunityKind.choices])
    mode = forms.ChoiceField(label="Where", required=False, choices=[("", "Anywhere"), *Mode.choices])
    board = forms.ChoiceField(
        label="Area",
        required=False,
        choices=[
            ("", "All of England"),
            *sorted(((code, name) for code, (_, _, name) in BOARDS.items()), key=itemgetter(1)),
        ],
    )
    age = forms.IntegerField(
        label="Your age",
        required=False,
        min_value=11,
        max_value=99,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), "Type your age in years, from 11 to 99, like 16."
        ),
    )
    starts_after = forms.DateField(
        label="Starting on or after",
        required=False,
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        error_messages={"invalid": "Type a real day, like 31/3/2027."},
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    starts_before = forms.DateField(
        label="Starting on or before",
        required=False,
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        error_messages={"invalid": "Type a real day, like 31/3/2027."},
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def clean(self) -> dict[str, Any]:
        """Refuse days in the wrong order."""
        cleaned = super().clean() or {}
        first, last = cleaned.get("starts_after"), cleaned.get("starts_before")
        if first and last and last < first:
            self.add_error("starts_before", "This day is before the other; change one of the two.")
        return cleaned

    def clean_place(self) -> Place | None:
        """Return the place, or say what is wrong with what was typed."""
        typed = self.cleaned_data["place"]
        if not typed:
            return None
        try:
            return find_place(typed)
        except UnknownPlaceError as fault:
            raise forms.ValidationError(str(fault)) from fault

    def query(self) -> dict[str, Any]:
        """Return what was asked for, with defaults, also where a field was in error."""
        cleaned = getattr(self, "cleaned_data", {})
        return {name: cleaned.get(name) or field.initial for name, field in self.fields.items()}

    def said(self) -> list[str]:
        """Return what was asked for in words, for the heading above what was found."""
        query = self.query()
        choices = {name: dict(field.choices) for name, field in self.fields.items() if hasattr(field, "choices")}
        said = [choices[name][query[name]] for name in ("kind", "mode") if query[name]]
        if query["board"]:
            said.append(choices["board"][query["board"]])
        if query["q"]:
            said.insert(0, f"“{query['q']}”")
        if query["place"]:
            said.append(f"within {query['miles']} miles of {query['place'].label}, and online")
        if query["age"]:
            said.append(f"age {query['age']}")
        return said
