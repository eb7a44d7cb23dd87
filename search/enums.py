"""Kinds of thing that search finds."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """The facets, in the order in which they are shown."""

    PUBLICATIONS = "publications", _("Publications")
    DATASETS = "datasets", _("Datasets")
    DEFINITIONS = "definitions", _("Definitions")
    OPPORTUNITIES = "opportunities", _("Opportunities")
    GUIDANCE = "guidance", _("Guidance and policies")
    NEWS = "news", _("News")
