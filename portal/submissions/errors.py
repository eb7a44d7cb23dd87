"""What an action refuses, in words for the person who asked."""

from __future__ import annotations


class ActionRefused(Exception):  # noqa: N818 - it is an answer to a person, not a fault
    """The action cannot be done now. The message says why and what can be done instead."""


class ChangedMeanwhile(ActionRefused):
    """Somebody else changed the return since this person last looked at it."""

    def __init__(self) -> None:
        super().__init__(
            "Somebody else changed this return while you worked on it. Look at it again, then repeat your change."
        )


class CollectionClosed(ActionRefused):
    """The collection takes no more returns from providers."""

    def __init__(self, title: str) -> None:
        super().__init__(f"{title} is not open for returns. Ask the OH team to reopen your return.")
