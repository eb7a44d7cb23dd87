"""What people enter at the release desk."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone

from portal.publications.models import CalendarEntry
from portal.publications.models.calendar import LONDON

USUAL = dt.time(9, 30)


class Day(forms.DateInput):
    """The browser’s own field for a day; it takes no other way of writing than this."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class ReasonForm(forms.Form):
    """A reason, for what cannot be done without one."""

    reason = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), max_length=2000)


class ScheduleForm(forms.Form):
    """The moment of publication, in London."""

    date = forms.DateField(widget=Day())
    time = forms.TimeField(initial=USUAL, widget=forms.TimeInput(attrs={"type": "time", "step": "1"}))

    def clean(self) -> dict[str, Any]:
        """Refuse a moment that has passed."""
        cleaned = super().clean() or {}
        if "date" in cleaned and "time" in cleaned:
            cleaned["at"] = dt.datetime.combine(cleaned["date"], cleaned["time"], tzinfo=LONDON)
            if cleaned["at"] <= timezone.now():
                raise forms.ValidationError("Choose a moment in the future.")
        return cleaned


class NoticeForm(forms.Form):
    """What readers are told about a correction."""

    notice = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=5000,
        help_text="What was wrong, what changed and where. Readers see it, and it can never be reworded.",
    )


class CalendarEntryForm(forms.ModelForm):
    """A new entry of the calendar: provisional, known by its month."""

    class Meta:
        model = CalendarEntry
        fields = ("series", "title", "period", "date")
        widgets = {"date": Day()}
        help_texts = {"date": "Any day of the month: readers see the month until the date is confirmed."}


class CalendarDateForm(forms.Form):
    """A firm or changed date."""

    date = forms.DateField(widget=Day())
    time = forms.TimeField(initial=USUAL, widget=forms.TimeInput(attrs={"type": "time"}))
    reason = forms.CharField(required=False, max_length=2000, help_text="Public. Needed to change a confirmed date.")
