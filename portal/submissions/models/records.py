"""Records: one post held by one worker in a return version."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from portal.submissions.enums import RecordKind
from portal.submissions.models.privacy import identifying, operational, quasi_identifying, sensitive
from portal.submissions.models.returns import ReturnVersion
from portal.submissions.querysets import RecordQuerySet

NOT_KNOWN = "not_known"
#: FTE is kept as an exact whole number of thousand-millionths: real files carry nine decimals.
NANO = 10**9


def _code(**options: Any) -> models.CharField:
    return models.CharField(max_length=40, default=NOT_KNOWN, **options)


class Record(models.Model):
    """One post held by one worker, or a total of several, or a contracted service without a person."""

    # One check for each COPY, by a trigger, and one index, that of the key: a check, a number and an
    # entry in each index for each of a hundred thousand rows take longer than writing them.
    pk = models.CompositePrimaryKey("version_id", "sequence")
    version = models.ForeignKey(
        ReturnVersion, on_delete=models.CASCADE, related_name="records", db_constraint=False, db_index=False
    )
    sequence = models.PositiveIntegerField(help_text="Order in the return version.")
    line = models.PositiveIntegerField(null=True, blank=True, help_text="Line of the file it came from.")
    kind = models.CharField(max_length=10, choices=RecordKind.choices, default=RecordKind.RECORD)
    weight_count = models.PositiveIntegerField(default=1)
    record_key = models.CharField(max_length=32)
    worker_key = models.CharField(max_length=32, null=True, blank=True)
    noise_key = models.SmallIntegerField()
    worker_ref = models.CharField(max_length=64, blank=True, help_text="The worker's key as the provider gave it.")
    registration_key = models.CharField(max_length=32, null=True, blank=True)
    role_code = models.CharField(max_length=60)
    role_group = models.CharField(max_length=60, blank=True)
    role_label = models.CharField(max_length=255, blank=True, help_text="The role as the provider wrote it.")
    job_title = models.CharField(max_length=255, blank=True)
    job_title_code = models.CharField(max_length=60, null=True, blank=True)
    oh_view = _code(help_text="Whether the provider regards the role as occupational health.")
    registration_body = _code()
    registration_part = _code()
    registration_status = _code()
    qualifications = models.CharField(max_length=400, blank=True, help_text="|a|b|")
    functions = models.CharField(max_length=400, blank=True, help_text="|a|b|")
    oh_share_milli = models.IntegerField(default=1000)
    fte_nano = models.BigIntegerField()
    weekly_hours_milli = models.IntegerField(null=True, blank=True)
    contract_type = _code()
    contract_basis = _code()
    region_code = _code()
    icb_code = _code()
    postcode_district = models.CharField(max_length=8, blank=True)
    delivery_mode = _code()
    age_band = _code()
    birth_year = models.SmallIntegerField(null=True, blank=True)
    sex = _code()
    gender = _code()
    ethnic_group = _code()
    disability = _code()
    equality_lists = models.CharField(max_length=120, blank=True, help_text="Form version whose code lists are meant.")
    start_date = models.DateField(null=True, blank=True)
    oh_start_year = models.SmallIntegerField(null=True, blank=True)
    leaving_intention = _code()
    confirmed_unchanged_on = models.DateField(null=True, blank=True)

    objects = RecordQuerySet.as_manager()

    privacy = (
        operational(
            "version", "sequence", "line", "kind", "weight_count", "record_key", "noise_key", "role_code",
            "role_group", "role_label", "job_title_code", "oh_view", "functions", "oh_share_milli", "fte_nano",
            "weekly_hours_milli", "contract_type", "contract_basis", "delivery_mode", "equality_lists",
            "confirmed_unchanged_on",
        )
        | identifying("worker_ref", "registration_key")
        | quasi_identifying(
            "worker_key", "job_title", "registration_body", "registration_part", "registration_status", "qualifications",
            "region_code", "icb_code", "postcode_district", "age_band", "birth_year", "start_date", "oh_start_year",
        )
        | sensitive("sex", "gender", "ethnic_group", "disability", "leaving_intention")
    )  # fmt: skip

    class Meta:
        ordering: ClassVar[list[str]] = ["version", "sequence"]

    def __str__(self) -> str:
        return f"Record {self.sequence} of version {self.version_id}"


class RegisteredWorker(models.Model):
    """A worker of a submitted version who is known by a register's number: who can be recognised in another return."""

    version = models.ForeignKey(ReturnVersion, on_delete=models.CASCADE, related_name="registered_workers")
    worker_key = models.CharField(max_length=32)
    fte_nano = models.BigIntegerField(help_text="Of all posts in this version together.")

    privacy = operational("id", "version", "fte_nano") | quasi_identifying("worker_key")

    class Meta:
        ordering: ClassVar[list[str]] = ["version", "worker_key"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["worker_key", "version"], name="registered_worker_once"),
        ]

    def __str__(self) -> str:
        return f"A registered worker of version {self.version_id}"


class Vacancy(models.Model):
    """Funded posts of one role that are unfilled on the reference date."""

    version = models.ForeignKey(ReturnVersion, on_delete=models.CASCADE, related_name="vacancies")
    role_code = models.CharField(max_length=60)
    posts = models.PositiveIntegerField()
    posts_over_three_months = models.PositiveIntegerField(default=0)
    reason = _code()

    privacy = operational("id", "version", "role_code", "posts", "posts_over_three_months", "reason")

    class Meta:
        ordering: ClassVar[list[str]] = ["version", "role_code"]
        verbose_name_plural = "vacancies"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["version", "role_code"], name="vacancy_one_per_role"),
            models.CheckConstraint(
                condition=models.Q(posts_over_three_months__lte=models.F("posts")),
                name="vacancy_long_ones_are_among_all",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.posts} of {self.role_code}"


class Movement(models.Model):
    """People who came and went in one role, in the twelve months to the reference date."""

    version = models.ForeignKey(ReturnVersion, on_delete=models.CASCADE, related_name="movements")
    role_code = models.CharField(max_length=60)
    starters = models.PositiveIntegerField(default=0)
    leavers = models.PositiveIntegerField(default=0)

    privacy = operational("id", "version", "role_code", "starters", "leavers")

    class Meta:
        ordering: ClassVar[list[str]] = ["version", "role_code"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["version", "role_code"], name="movement_one_per_role"),
        ]

    def __str__(self) -> str:
        return f"{self.starters} in, {self.leavers} out of {self.role_code}"


class Removal(models.Model):
    """What the provider said of a worker who is in the last return and not in this one."""

    class Choice(models.TextChoices):
        """Why somebody is not in the file."""

        LEFT = "left", "Left"
        MOVED = "moved", "Moved to another organisation"
        STILL_HERE = "still_here", "Still here: carry the record forward"

    version = models.ForeignKey(ReturnVersion, on_delete=models.CASCADE, related_name="removals")
    worker_ref = models.CharField(max_length=64)
    choice = models.CharField(max_length=12, choices=Choice.choices)
    decided_at = models.DateTimeField(auto_now_add=True)
    decided_by_id = models.BigIntegerField(null=True, blank=True)

    privacy = operational("id", "version", "choice", "decided_at", "decided_by_id") | identifying("worker_ref")

    class Meta:
        ordering: ClassVar[list[str]] = ["version", "worker_ref"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["version", "worker_ref"], name="removal_one_per_worker"),
        ]

    def __str__(self) -> str:
        return f"{self.get_choice_display()} in version {self.version_id}"
