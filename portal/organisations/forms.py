"""Forms of the register."""

from __future__ import annotations

from typing import Any

from django import forms

from portal.organisations.enums import MemberRole, ProviderType
from portal.organisations.models import Organisation

MATCHES = 6
NONE = "none"


class RegistrationForm(forms.Form):
    """A request to act for an organisation."""

    code = forms.CharField(
        label="Code of your organisation, if you know it",
        help_text="For example an ODS code.",
        max_length=20,
        required=False,
    )
    organisation_name = forms.CharField(label="Name of your organisation", max_length=255, required=False)
    match = forms.ChoiceField(label="Is it one of these?", widget=forms.RadioSelect, required=False)
    provider_type = forms.ChoiceField(
        label="Kind of provider", choices=[("", "Choose one"), *ProviderType.choices], required=False
    )
    postcode = forms.CharField(label="Postcode of the head office", max_length=10, required=False)
    job_title = forms.CharField(label="Your job title", max_length=255)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        alike = Organisation.objects.named_like(str(self.data.get("organisation_name", "")))[:MATCHES]
        if self.data.get("code", "").strip() or not alike:
            del self.fields["match"]
        else:
            self.fields["match"].choices = [(item.code, str(item)) for item in alike] + [(NONE, "None of these")]

    def clean(self) -> dict[str, object]:
        """Find the organisation by its code or in the list of like names, or take its name."""
        data = super().clean() or {}
        code = str(data.get("code", "")).strip().upper()
        chosen = str(data.get("match", ""))
        if "match" in self.fields and not chosen and "match" not in self.errors:
            self.add_error("match", "Your organisation may be in the register already. Choose it, or “None of these”.")
        if chosen not in {"", NONE}:
            code = chosen
        data["organisation"] = Organisation.objects.active().filter(code=code).first() if code else None
        if code and data["organisation"] is None:
            self.add_error(
                "code", f"There is no organisation with the code “{code}”. Leave it blank and give the name."
            )
        elif not code and not str(data.get("organisation_name", "")).strip():
            self.add_error("organisation_name", "Give the code or the name of your organisation.")
        return data


class InvitationForm(forms.Form):
    """An invitation."""

    email = forms.EmailField(label="E-mail address", widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(label="What the person may do", choices=MemberRole.choices, widget=forms.RadioSelect)
