"""Named choices of the pages of this app."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Audience(models.TextChoices):
    """For whom a guidance page is written; the guidance index groups by it."""

    EVERYONE = "everyone", _("Understanding the figures")
    RESEARCHERS = "researchers", _("Using the data")
    PROVIDERS = "providers", _("For providers")
    POLICIES = "policies", _("Policies")


class CalloutKind(models.TextChoices):
    """How a callout looks and what it says to a screen reader."""

    INFORMATION = "information", _("Information")
    WARNING = "warning", _("Warning")


class FeedbackKind(models.TextChoices):
    """What a reader's feedback is about."""

    PAGE = "page", _("Something on a page")
    FIGURE = "figure", _("A figure that looks wrong")
    MISSING = "missing", _("Something I could not find")
    OTHER = "other", _("Something else")
