"""What a host sees of an application: the one way from the table to a host's page, export or message.

Until somebody says yes to a place nobody at the host knows whose an application is: it has a code of its own
(not the public code of the draw, which would tell the group it was drawn in), and its text is shown
without the words that name somebody. From their yes on there is a person to expect. How an offer moves down the
waiting list is not told: the list is public with the group of each entry, so its order would tell a person's group.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import Http404
from django.utils import timezone

from portal.applications.enums import ApplicationState as S
from portal.applications.models import Applicant, Application

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CODE_LENGTH = 8
HIDDEN = "[removed]"
ADULT = 18
EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+")
NUMBER = re.compile(r"\+?\d[\d ()-]{6,}\d")
POSTCODE = re.compile(r"\b[A-Z]{1,2}[0-9][A-Z0-9]?\s*[0-9][A-Z]{2}\b", re.IGNORECASE)
SCHOOL = re.compile(
    r"\b(?:[A-Z][\w'’.-]*\s+){1,5}(?:School|College|Academy|Sixth Form|Grammar|High)\b(?:\s+(?:School|College))?"
)
ADDRESS = re.compile(r"\b\d+[a-z]?,?\s+(?:[A-Z][\w'’]*\s+){1,3}(?:Street|Road|Lane|Avenue|Close|Drive|Way|Place)\b")
LINK = re.compile(r"(?:https?://|www\.)\S+|(?<!\w)@\w{2,}")
SHORTEST_NAME, SHORTEST_PART = 2, 3
APOSTROPHES, HYPHENS, ACCENTS = "'’ʼ`", "-\u2010\u2011\u2013", "[\u0300-\u036f]*"


@dataclass(frozen=True)
class Person:
    """Who somebody is, once they have said yes to a place."""

    name: str
    age: int
    email: str
    telephone: str
    school: str
    school_contact: str
    guardian: str
    guardian_contact: str

    @property
    def is_young(self) -> bool:
        """Whether the checks for people under 18 apply."""
        return self.age < ADULT


@dataclass(frozen=True)
class SeenApplication:
    """An application as its host sees it."""

    code: str
    state: str
    state_label: str
    statement: str
    person: Person | None


#: What each state that a host sees is called to it; the applicant reads other words.
HOST_LABELS = {
    S.SUBMITTED: "Sent",
    S.ELIGIBLE: "Sealed until closing",
    S.INELIGIBLE: "Does not meet a requirement",
    S.IN_DRAW: "In the draw",
    S.UNDER_REVIEW: "To be reviewed",
    S.ACCEPTED: "Accepted: confirm the place",
    S.CONFIRMED: "Place confirmed",
    S.ATTENDED: "Took part",
    S.NOT_ATTENDED: "Did not come",
    S.WITHDRAWN: "Withdrawn",
    S.NOT_SELECTED: "Not selected",
    S.NO_DECISION: "No decision in time",
    S.CANCELLED_BY_HOST: "Cancelled by you",
}


def host_code(application: Application) -> str:
    """Return the code by which a host knows an application."""
    digest = hmac.digest(settings.PSEUDONYM_KEY.encode(), f"host\n{application.entry_code}".encode(), hashlib.sha256)
    return base64.b32encode(digest).decode()[:CODE_LENGTH]


def seen(application: Application) -> SeenApplication:
    """Return what the host may see of one application now."""
    state = application.state_seen_by_host
    return SeenApplication(
        code=host_code(application),
        state=state,
        state_label=HOST_LABELS[state],
        statement=without_names(application.statement, application.applicant, application.postcode),
        person=_person(application.applicant) if application.is_named else None,
    )


def seen_of(reference: str) -> list[SeenApplication]:
    """Return what the host may see of every application for a listing, in an order that tells nothing."""
    return sorted((seen(item) for item in _sent(reference)), key=lambda item: item.code)


def find(reference: str, code: str) -> Application:
    """Return the application that a host knows by ``code``, or say that there is none."""
    for application in _sent(reference):
        if hmac.compare_digest(host_code(application), code.upper()):
            return application
    raise Http404("There is no application with this code for this listing.")


def _sent(reference: str) -> Iterable[Application]:
    rows = Application.objects.for_opportunity(reference).exclude(state=S.DRAFT)
    return rows.select_related("applicant").prefetch_related("reviews")


def _person(applicant: Applicant) -> Person:
    age = applicant.age_on(timezone.localdate())
    # No message between a host and somebody under 18 outside the service: no address to send it to.
    own = (applicant.email, applicant.telephone) if age >= ADULT else ("", "")
    return Person(
        name=applicant.full_name,
        age=age,
        email=own[0],
        telephone=own[1],
        school=applicant.school_or_college,
        school_contact=applicant.school_contact,
        guardian=applicant.guardian_name,
        guardian_contact=applicant.guardian_contact,
    )


def without_names(text: str, applicant: Applicant, postcode: str = "") -> str:
    """Return a text without what would say whose it is: known words of the person, and what looks like a contact."""
    for pattern in (EMAIL, LINK, NUMBER, POSTCODE, ADDRESS, SCHOOL):
        text = pattern.sub(HIDDEN, text)
    known = (
        applicant.full_name,
        applicant.school_or_college,
        applicant.school_contact,
        applicant.guardian_name,
        applicant.guardian_contact,
        applicant.email,
        applicant.telephone,
        postcode,
    )
    words = {word for value in known for word in _words(value)} - COMMON_WORDS
    text = unicodedata.normalize("NFD", text)
    # As one word it is found inside others too, as in the name of an account: “annaoneil09”.
    joined = _spelled("".join(applicant.full_name.split()) or HIDDEN)
    for pattern in (rf"\w*{joined}\w*", *(rf"(?<!\w){_spelled(word)}s?(?!\w)" for word in _longest_first(words))):
        text = re.sub(pattern, HIDDEN, text, flags=re.IGNORECASE)
    return unicodedata.normalize("NFC", text)


def _words(value: str) -> Iterator[str]:
    """Yield the words of a name or an address, and the parts of double ones: Anna-Marie is also Anna."""
    for word in re.split(r"[\s,;@.]+", value):
        if len(word) >= SHORTEST_NAME:
            yield word
        yield from (part for part in re.split(rf"[{HYPHENS}{APOSTROPHES}]", word) if len(part) >= SHORTEST_PART)


def _longest_first(words: Iterable[str]) -> list[str]:
    return sorted(words, key=lambda word: (-len(word), word))


def _spelled(word: str) -> str:
    """Return a pattern of a word with and without its accents, for decomposed text, with any apostrophe and hyphen."""
    letters = [letter for letter in unicodedata.normalize("NFD", word) if not unicodedata.combining(letter)]
    one_of = {**dict.fromkeys(APOSTROPHES, f"[{APOSTROPHES}]?"), **dict.fromkeys(HYPHENS, rf"[{HYPHENS}\s]?")}
    return "".join(one_of.get(letter, rf"{re.escape(letter)}{ACCENTS}") for letter in letters)


#: Words of a school's name or an address that say nothing on their own; taking them out would spoil sentences.
COMMON_WORDS = frozenset(
    word
    for base in (
        "the", "of", "and", "school", "college", "high", "academy", "for", "in", "at", "st", "mr", "mrs", "ms", "miss",
        "dr", "com", "uk", "co", "org", "net", "sixth", "form", "work", "nhs",
    )
    for word in (base, base.capitalize(), base.upper())
)  # fmt: skip
