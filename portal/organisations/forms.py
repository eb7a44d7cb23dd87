"""Forms of the register."""

from __future__ import annotations

from django import forms

from portal.organisations.enums import MemberRole, ProviderType
from portal.organisations.models import Organisation


class RegistrationForm(forms.Form):
    """A request to act for an organisation."""

    code = forms.CharField(
        label="Code of your organisation, if you know it",
        help_text="For example an ODS code.",
        max_length=20,
        required=False,
    )
    organisation_name = forms.CharField(label="Name of your organisation", max_length=255, required=False)
    provider_type = forms.ChoiceField(
        label="Kind of provider", choices=[("", "Choose one"), *ProviderType.choices], required=False
    )
    postcode = forms.CharField(label="Postcode of the head office", max_length=10, required=False)
    job_title = forms.CharField(label="Your job title", max_length=255)

    def clean(self) -> dict[str, object]:
        """Find the organisation by its code, or ask for a name."""
        data = super().clean() or {}
        code = str(data.get("code", "")).strip().upper()
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
