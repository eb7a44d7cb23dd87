"""What can be refused, each with a sentence for the person who asked."""


class ReleaseError(Exception):
    """The base of every refusal; its text is shown to the person."""


class WrongStateError(ReleaseError):
    """The release version is not in a state that allows this."""


class OwnWorkError(ReleaseError):
    """A person tried to approve what they wrote or made."""


class NotAllowedError(ReleaseError):
    """The person does not have the right to do this."""


class ChecklistBlocksError(ReleaseError):
    """The checklist found something that must be mended first."""


class UnknownSeriesError(ReleaseError):
    """There is no such publication."""


class CalendarError(ReleaseError):
    """A change of the calendar that the rules forbid."""


class PutOffError(ReleaseError):
    """Nothing was changed because a server that publication needs is away: what is due is tried again by itself."""
