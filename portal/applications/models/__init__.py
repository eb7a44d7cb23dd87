"""Applications, their history, draws and offers. Personal data: lives in the submissions database.

Listings are referred to by reference, organisations by code; no foreign key leaves this database.
"""

from portal.applications.models.applying import Applicant, Application, Transition, new_entry_code
from portal.applications.models.draws import Draw
from portal.applications.models.equality import EqualityAnswers, QuarterTally, TalliedRound
from portal.applications.models.hosting import Concern, Feedback, PlaceChecks, ReminderSent, Review

__all__ = [
    "Applicant",
    "Application",
    "Concern",
    "Draw",
    "EqualityAnswers",
    "Feedback",
    "PlaceChecks",
    "QuarterTally",
    "ReminderSent",
    "Review",
    "TalliedRound",
    "Transition",
    "new_entry_code",
]
