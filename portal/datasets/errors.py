"""Reasons why an action on a dataset version is refused. The message is for people."""


class ActionRefused(Exception):  # noqa: N818 - reads as what it says
    """An action that the rules do not allow now; nothing was changed."""


class WrongState(ActionRefused):
    """The version is not in a state from which this move exists."""


class OwnWork(ActionRefused):
    """Nobody approves what they made themselves."""


class MappingOpen(ActionRefused):
    """Codes are gone and nobody has said where they went."""


class StaleBase(ActionRefused):
    """Another version was published since this one was drafted."""


class BadObservations(ActionRefused):
    """The observation table does not agree with its own description."""


class AuditMissing(ActionRefused):
    """The disclosure audit of a statistical series is missing or did not pass."""
