"""Listings of pre-employment opportunities. Everything here may be read by anyone once listed."""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone

from portal.methods.lottery import Rule, Share
from portal.opportunities.enums import (
    ENDED_STATES,
    PUBLIC_STATES,
    TRANSITIONS,
    AllocationRule,
    Mode,
    OpportunityKind,
    OpportunityState,
)
from portal.opportunities.places import local_authorities
from portal.opportunities.querysets import SEARCHED, OpportunityQuerySet
from portal.opportunities.validators import validate_criteria, validate_requirements, validate_shares

# No vowels (no accidental words), no look-alikes.
SMALLEST_CHANCE_SAID = 0.01
REFERENCE_ALPHABET = "BCDFGHJKMNPQRSTVWXZ23456789"
#: What completes a draw unless the host names something else: it exists only after closing.
DRAW_SOURCE = "The six main numbers of the first National Lottery Lotto draw held after closing, in ascending order"


def new_reference() -> str:
    """Return a short random reference that says nothing about who or when."""
    return "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(8))


class Opportunity(models.Model):
    """One listed chance: a host, a time, a place, a number of places and a stated rule."""

    reference = models.CharField(max_length=12, unique=True, default=new_reference, editable=False)
    organisation = models.ForeignKey(
        "organisations.Organisation",
        on_delete=models.PROTECT,
        related_name="opportunities",
    )
    title = models.CharField(max_length=200)
    summary = models.TextField(help_text="What a young person would do, in one or two sentences.")
    description = models.TextField(blank=True)
    kind = models.CharField(max_length=20, choices=OpportunityKind.choices)
    role_family = models.CharField(max_length=80, blank=True, help_text="The kind of work, for example nursing.")
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.IN_PERSON)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    on_demand = models.BooleanField(default=False, help_text="Can be taken at any time.")

    # Place. The postcode is the host's, not a person's.
    postcode = models.CharField(max_length=8, blank=True)
    easting = models.IntegerField(null=True, blank=True)
    northing = models.IntegerField(null=True, blank=True)
    local_authority_code = models.CharField(max_length=9, blank=True)
    icb_code = models.CharField(max_length=9, blank=True, db_index=True)
    region_code = models.CharField(max_length=9, blank=True, db_index=True)

    capacity = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Places. Leave empty only for online activities open to everyone.",
    )
    minimum_age = models.PositiveSmallIntegerField(default=14, validators=[MinValueValidator(11)])
    maximum_age = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(99)])
    requirements = models.JSONField(default=list, blank=True, validators=[validate_requirements])
    must_live_within_miles = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="Shown on the listing and counted in the published statistics.",
    )
    costs = models.TextField(blank=True)
    support = models.TextField(blank=True, help_text="Help with travel, meals, uniform, equipment.")
    accessibility = models.TextField(blank=True)
    safeguarding_contact = models.CharField(max_length=200, blank=True)

    allocation_rule = models.CharField(max_length=20, choices=AllocationRule.choices, default=AllocationRule.DRAW)
    shares = models.JSONField(
        default=list,
        blank=True,
        validators=[validate_shares],
        help_text='For example [{"label": "Deciles 1 to 3", "deciles": [1, 2, 3], "share": 0.4}].',
    )
    first_timers_first = models.BooleanField(
        default=False,
        help_text="People who have had a place before wait until everyone else has been drawn.",
    )
    draw_source = models.CharField(
        max_length=200,
        default=DRAW_SOURCE,
        help_text="The public value that will complete the draw. It is part of what is fixed at closing.",
    )
    # Blind review: what is scored, on which line, by how many. Public, like everything that decides.
    review_criteria = models.JSONField(default=list, blank=True, validators=[validate_criteria])
    review_line = models.DecimalField(
        max_digits=2,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(5)],
        help_text="Mean score, 0 to 5, from which an application enters the draw.",
    )
    reviews_needed = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    reply_days = models.PositiveSmallIntegerField(default=5, help_text="Days to answer an offer.")
    closes_at = models.DateTimeField(null=True, blank=True)
    decision_on = models.DateField(null=True, blank=True)

    # What the listing can say of last time.
    previous_applications = models.PositiveIntegerField(null=True, blank=True)
    previous_places = models.PositiveIntegerField(null=True, blank=True)
    copied_from = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="copies",
    )

    state = models.CharField(
        max_length=10,
        choices=OpportunityState.choices,
        default=OpportunityState.DRAFT,
        db_index=True,
    )
    listed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    is_synthetic = models.BooleanField(default=False)
    # Kept by the database: searching 25,000 listings leaves no time to work it out for each.
    words = models.GeneratedField(expression=SEARCHED, output_field=SearchVectorField(), db_persist=True)

    objects = OpportunityQuerySet.as_manager()

    #: What the public process's database role may read.
    public_rows = "state IN ('open', 'closed', 'decided', 'finished', 'cancelled')"

    class Meta:
        ordering: ClassVar[list[str]] = ["closes_at", "reference"]
        verbose_name_plural = "opportunities"
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["state", "closes_at"], name="opportunity_state_closes"),
            models.Index(fields=["easting", "northing"], name="opportunity_place"),
            GinIndex(fields=["words"], name="opportunity_words"),
            # Counting and sorting a search read this alone, never the wide rows.
            models.Index(
                fields=["closes_at", "reference"],
                include=[
                    "id",
                    "kind",
                    "mode",
                    "icb_code",
                    "easting",
                    "northing",
                    "minimum_age",
                    "maximum_age",
                    "starts_on",
                    "on_demand",
                    "state",
                ],
                condition=models.Q(state=OpportunityState.OPEN),
                name="opportunity_open",
            ),
        ]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=models.F("starts_on")),
                name="opportunity_dates_in_order",
            ),
            models.CheckConstraint(
                condition=models.Q(maximum_age__isnull=True) | models.Q(maximum_age__gte=models.F("minimum_age")),
                name="opportunity_ages_in_order",
            ),
            # Uncapped means open to all, and only online: a ward has walls.
            models.CheckConstraint(
                condition=models.Q(capacity__isnull=False)
                | models.Q(allocation_rule=AllocationRule.OPEN_TO_ALL, mode=Mode.ONLINE),
                name="opportunity_uncapped_only_online",
            ),
            models.CheckConstraint(
                condition=(models.Q(easting__isnull=True) & models.Q(northing__isnull=True))
                | (models.Q(easting__isnull=False) & models.Q(northing__isnull=False)),
                name="opportunity_place_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the public address of the listing."""
        return reverse("opportunities:detail", args=[self.reference])

    def clean(self) -> None:
        """Refuse a listing without what its rule needs, in words for the host."""
        faults = self._faults_of_rule()
        if self.mode != Mode.ONLINE and not self.postcode:
            faults["postcode"] = "Say where it is: give the full postcode, like LS1 4AP."
        if self.allocation_rule != AllocationRule.OPEN_TO_ALL and not self.capacity:
            faults["capacity"] = "Say how many places there are."
        if self.ends_on and self.starts_on and self.ends_on < self.starts_on:
            faults["ends_on"] = "It ends before it starts; check both dates."
        if self.maximum_age is not None and self.maximum_age < self.minimum_age:
            faults["maximum_age"] = "The oldest age is below the youngest; check both."
        if faults:
            raise ValidationError(faults)

    def _faults_of_rule(self) -> dict[str, str]:
        faults = {}
        if self.allocation_rule == AllocationRule.REVIEW_THEN_DRAW:
            if not self.review_criteria:
                faults["review_criteria"] = "Say what reviewers score, one thing a line."
            if self.review_line is None:
                faults["review_line"] = "Give the mean score, 0 to 5, from which an application enters the draw."
        elif self.allocation_rule == AllocationRule.DRAW_WITH_SHARES:
            if not self.shares:
                faults["shares"] = "Say which group has a share of the places, and how large."
            elif self.capacity and (empty := [label for label, places in self._reserved() if not places]):
                faults["shares"] = f"Of {self.capacity} places this is less than one for {empty[0]}; make it larger."
        elif self.allocation_rule == AllocationRule.OPEN_TO_ALL and self.mode != Mode.ONLINE:
            faults["allocation_rule"] = "Only online activities can be open to everyone; choose another rule."
        return faults

    def _reserved(self) -> list[tuple[str, int]]:
        shares = tuple(Share(item["label"], float(item["share"])) for item in self.shares)
        return Rule(shares).reserved(self.capacity or 0)

    @property
    def shares_said(self) -> list[str]:
        """Each share in words: “Deciles 1 to 3: 40% of the places, here 2 of 5”."""
        percent = {item["label"]: round(100 * item["share"]) for item in self.shares}
        return [
            f"{label}: {percent[label]}% of the places, here {places} of {self.capacity}"
            for label, places in self._reserved()
        ]

    @property
    def is_blind(self) -> bool:
        """Whether people read applications before places are given."""
        return self.allocation_rule == AllocationRule.REVIEW_THEN_DRAW

    @property
    def is_public(self) -> bool:
        """Whether anyone may read the listing."""
        return self.state in PUBLIC_STATES

    @property
    def has_ended(self) -> bool:
        """Whether the round is over: what was kept for it only is deleted."""
        return self.state in ENDED_STATES

    @property
    def is_open_for_applications(self) -> bool:
        """Whether an application may be sent now."""
        return (
            self.state == OpportunityState.OPEN
            and self.allocation_rule != AllocationRule.OPEN_TO_ALL
            and (self.closes_at is None or self.closes_at > timezone.now())
        )

    @property
    def chance_last_time(self) -> float | None:
        """Places ÷ applications of the last round, at most 1; None where there was none."""
        if not self.previous_applications or self.previous_places is None:
            return None
        return min(1.0, self.previous_places / self.previous_applications)

    @property
    def chance_said(self) -> str:
        """The chance of last time in words: “20 in 100”; empty where there was none."""
        chance = self.chance_last_time
        if chance is None:
            return ""
        return f"{round(100 * chance)} in 100" if chance >= SMALLEST_CHANCE_SAID else "less than 1 in 100"

    @property
    def area_name(self) -> str:
        """The local authority of the place, where people know it; empty for what is online only."""
        area = local_authorities().get(self.local_authority_code)
        return area.name if area else ""

    def can_become(self, state: OpportunityState) -> bool:
        """Whether the state table allows the step."""
        return state in TRANSITIONS[OpportunityState(self.state)]


class ListingTemplate(models.Model):
    """Answers that a host keeps to start a new listing from."""

    organisation = models.ForeignKey(
        "organisations.Organisation",
        on_delete=models.CASCADE,
        related_name="listing_templates",
    )
    name = models.CharField(max_length=100)
    answers = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["organisation", "name"], name="listing_template_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class PlacesFilledElsewhere(models.Model):
    """Places a host gave outside the service, so that openness can be measured."""

    organisation = models.ForeignKey(
        "organisations.Organisation",
        on_delete=models.PROTECT,
        related_name="places_filled_elsewhere",
    )
    period = models.CharField(max_length=7, help_text="Month, as 2027-03.")
    kind = models.CharField(max_length=20, choices=OpportunityKind.choices)
    places = models.PositiveIntegerField()
    how = models.CharField(max_length=200, blank=True, help_text="For example: through staff, through partner schools.")
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    is_synthetic = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["organisation", "period", "kind"], name="filled_elsewhere_once"),
        ]
        verbose_name_plural = "places filled elsewhere"

    def __str__(self) -> str:
        return f"{self.places} places at {self.organisation} in {self.period}"


class OnlineAttendance(models.Model):
    """How many took part in a month in what is open to everyone: there is no application to count."""

    opportunity = models.ForeignKey(Opportunity, on_delete=models.PROTECT, related_name="attendance")
    period = models.CharField(max_length=7, help_text="Month, as 2027-03.")
    people = models.PositiveIntegerField(help_text="Each person once in the month.")
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    is_synthetic = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["-period"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["opportunity", "period"], name="online_attendance_once"),
        ]
        verbose_name_plural = "online attendance"

    def __str__(self) -> str:
        return f"{self.people} people in {self.period}, {self.opportunity}"


class PublishedDraw(models.Model):
    """The public record of a draw: random codes, hashes and the result. It holds no person."""

    opportunity = models.OneToOneField(Opportunity, on_delete=models.PROTECT, related_name="draw")
    record = models.JSONField()
    committed_at = models.DateTimeField()
    drawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-committed_at"]

    def __str__(self) -> str:
        return f"Draw for {self.opportunity}"

    @property
    def waiting(self) -> int:
        """How many entries the draw left on the waiting list."""
        return sum(not row[3] for row in self.record["ranking"])
