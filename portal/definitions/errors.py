"""What goes wrong with definitions, in words for the person who tried."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied


class DefinitionError(ValueError):
    """A definition cannot be saved, published or withdrawn, with every reason."""

    def __init__(self, *reasons: str) -> None:
        self.reasons: Sequence[str] = reasons
        super().__init__(" ".join(reasons))


class SecondPersonRequiredError(PermissionDenied):
    """The person who tried to approve is one of the authors, submitted the draft or has no right to."""
