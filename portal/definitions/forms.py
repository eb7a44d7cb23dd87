"""Forms of the register's public pages."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms

from portal.definitions.enums import Family, RoleGroup


class RegisterForm(forms.Form):
    """Search and filters of the register. Everything is optional; what is wrong is said, not guessed."""

    q = forms.CharField(required=False, max_length=100)
    family = forms.ChoiceField(required=False, choices=[("", "All families"), *Family.choices])
    group = forms.ChoiceField(required=False, choices=[("", "All groups"), *RoleGroup.choices])
    on = forms.DateField(
        required=False,
        error_messages={"invalid": "Enter a real date, for example 2027-04-01."},
    )

    def value(self, name: str) -> Any:
        """Return a valid value, or None."""
        return self.cleaned_data.get(name) or None


class CrosswalkForm(forms.Form):
    """A role of one date in the terms of another."""

    role = forms.CharField(max_length=40)
    from_date = forms.DateField(error_messages={"invalid": "Enter a real date, for example 2026-04-01."})
    to_date = forms.DateField(error_messages={"invalid": "Enter a real date, for example 2027-04-01."})

    def clean(self) -> dict[str, Any]:
        """Refuse to go back in time: a crosswalk says what something became."""
        cleaned = super().clean() or {}
        before, after = cleaned.get("from_date"), cleaned.get("to_date")
        if isinstance(before, dt.date) and isinstance(after, dt.date) and after < before:
            self.add_error("to_date", "The second date must not be before the first.")
        return cleaned
