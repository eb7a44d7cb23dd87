"""Forms about keys."""

from __future__ import annotations

from django import forms


class AddressForm(forms.Form):
    """Where the link to somebody's keys is sent."""

    email = forms.EmailField(
        label="Your e-mail address",
        error_messages={
            "required": "Enter your e-mail address",
            "invalid": "Enter an e-mail address like name@example.com",
        },
    )
    # People do not see this field; programs that fill in every field give themselves away.
    website = forms.CharField(required=False, label="Leave this empty")


class KeyForm(forms.Form):
    """What a new key is for."""

    label = forms.CharField(
        max_length=120,
        label="What will use the key?",
        help_text="For example “nightly load, county workforce model”. You see it here, and we do.",
        error_messages={
            "required": "Say what will use the key",
            "max_length": "Say what will use the key in at most 120 characters",
        },
    )
