"""A synthetic occupational health workforce: deterministic, plausible, and nobody's data.

No public file of real occupational health staff exists. The demo, the tests of scale and the
templates therefore use a made-up workforce whose size and make-up follow the few published
figures (:mod:`anchors`). Wherever it is shown it carries :data:`LABEL`. Pure: numpy and the
standard library, no Django, no clock; the same seed gives the same workforce on any machine.
"""

#: Shown beside everything that was made from this workforce.
LABEL = "Synthetic data: made up to show the portal at work. It describes no real person or organisation."

__all__ = ["LABEL"]
