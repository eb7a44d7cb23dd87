"""What can go wrong in a pipeline, in words for the person who reads the run page."""


class PipelineError(Exception):
    """A fault that trying again does not mend."""


class SpecificationError(PipelineError):
    """A specification that cannot be used; the message names the file and the line."""


class SnapshotError(PipelineError):
    """Records that cannot be sealed, or a sealed file that is not what its name says."""


class TransitionError(PipelineError):
    """A change of state that the table of transitions does not know."""


class RunCancelledError(PipelineError):
    """Somebody asked the run to stop."""


class DirtyCodeError(PipelineError):
    """The code differs from its commit, so that nobody could rebuild what it would publish."""
