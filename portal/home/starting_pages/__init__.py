"""The words that a new site starts with. Editors own them afterwards: loading never overwrites a page."""

from __future__ import annotations

from portal.home.starting_pages.data_use import DATA_USE
from portal.home.starting_pages.figures import FIGURES
from portal.home.starting_pages.parts import StartingPage
from portal.home.starting_pages.policies import POLICIES
from portal.home.starting_pages.providers import PROVIDERS
from portal.home.starting_pages.standard import STANDARD
from portal.home.starting_pages.topics import NEWS, TOPICS

GUIDANCE: tuple[StartingPage, ...] = (*FIGURES, *DATA_USE, *PROVIDERS)

__all__ = ["GUIDANCE", "NEWS", "POLICIES", "STANDARD", "TOPICS", "StartingPage"]
