"""The feedback form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.home.enums import FeedbackKind

LONGEST = 4000


class FeedbackForm(forms.Form):
    """What is it about, where, and what should we know. No name and no address."""

    kind = forms.ChoiceField(
        label=_("What is it about?"),
        choices=FeedbackKind.choices,
        widget=forms.RadioSelect,
        initial=FeedbackKind.PAGE,
        error_messages={"required": _("Say what it is about")},
    )
    message = forms.CharField(
        label=_("What should we know?"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={
            "required": _("Write what we should know"),
            "max_length": _("Shorten what you wrote to 4,000 characters"),
        },
    )
    page = forms.CharField(required=False, max_length=300, widget=forms.HiddenInput)
    # People do not see this field; programs that fill in every field give themselves away.
    website = forms.CharField(required=False, label=_("Leave this empty"))

    def clean_page(self) -> str:
        """Keep only an address of this site."""
        page: str = self.cleaned_data["page"]
        return page if page.startswith("/") and not page.startswith("//") else ""

    @property
    def is_from_a_program(self) -> bool:
        """Whether the field that people cannot see was filled in."""
        return bool(self.cleaned_data.get("website"))

    def as_task(self) -> dict[str, Any]:
        """Return what is handed to the worker."""
        return {name: self.cleaned_data[name] for name in ("kind", "message", "page")}
