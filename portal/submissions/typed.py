"""Typed records: the same items, the same checks and the same messages as in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms as django_forms

from portal.definitions.models import RoleVersion
from portal.submissions.checks import CheckedRow, RowChecker
from portal.submissions.enums import Severity
from portal.submissions.forms import FormVersion, Item, ItemType, load_form
from portal.submissions.models.records import NANO
from portal.submissions.processing import context_of
from portal.submissions.reading import Row

if TYPE_CHECKING:
    from portal.submissions.models import Collection, Record

FEW = 8
#: Of these one is enough, and their guidance says so.
_EITHER = {"contracted_hours", "fte"}
#: How a cell of a file holds several values; on a page they are ticked.
_IN_A_CELL = ", with a semicolon between them."
_NUMERIC = {ItemType.COUNT, ItemType.FTE, ItemType.TOTAL_FTE, ItemType.HOURS, ItemType.PERCENT, ItemType.YEAR}


def check_values(collection: Collection, values: dict[str, str]) -> CheckedRow:
    """Check one typed record exactly as a row of a file."""
    form = load_form(collection.form_version)
    names = [item.name for item in form.items]
    checker = RowChecker(
        context_of(collection),
        {name: (index, 0) for index, name in enumerate(names)},
        [item.label for item in form.items],
    )
    row = Row(0, [values.get(name, "") for name in names])
    return next(iter(checker.check([row])))


def values_of_record(record: Record, form: FormVersion) -> dict[str, str]:
    """Return a stored record as it would be typed. The registration number is not kept, so it is not here."""
    part = record.registration_part
    values = {
        "worker_key": record.worker_ref,
        "role": record.role_code,
        "oh_share": f"{record.oh_share_milli / 10:g}",
        "fte": f"{record.fte_nano / NANO:.9f}".rstrip("0").rstrip("."),
        "contracted_hours": "" if record.weekly_hours_milli is None else f"{record.weekly_hours_milli / 1000:g}",
        "region": record.region_code,
        "icb": record.icb_code,
        "registration_part": f"{record.registration_body}/{part}"
        if f"{record.registration_body}/{part}" in form.lists["register_parts"].codes
        else "",
        "qualifications": "; ".join(code for code in record.qualifications.split("|") if code),
        "functions": "; ".join(code for code in record.functions.split("|") if code),
    }
    for item in form.items:
        if item.name not in values and hasattr(record, item.name):
            value = getattr(record, item.name)
            values[item.name] = "" if value is None else str(value)
    return values


class RecordForm(django_forms.Form):
    """The form of a typed record, or of one question of it, made from the form version."""

    def __init__(
        self,
        data: dict[str, str] | None,
        *,
        collection: Collection,
        names: list[str] | None = None,
        initial: dict[str, str] | None = None,
    ) -> None:
        super().__init__(data, initial=initial)
        self.collection = collection
        self.version = load_form(collection.form_version)
        self.checked: CheckedRow | None = None
        for item in self.version.items:
            if (names is None or item.name in names) and item.name != "confirmed_unchanged_on":
                self.fields[item.name] = field_of(item, self.version, collection)

    def values(self) -> dict[str, str]:
        """Return what was typed, item to text."""
        typed = {}
        for name in self.fields:
            value = self.data.getlist(name) if hasattr(self.data, "getlist") else self.data.get(name, "")
            typed[name] = "; ".join(value) if isinstance(value, list) else value
        return typed

    def check(self, others: dict[str, str] | None = None) -> bool:
        """Run the record's checks over what was typed, and put the errors beside their fields."""
        self.full_clean()
        self.checked = check_values(self.collection, (others or {}) | self.values())
        for finding in self.checked.findings:
            if finding.severity == Severity.ERROR and finding.item in self.fields:
                self.add_error(finding.item, finding.message)
        return not self.errors


def field_of(item: Item, version: FormVersion, collection: Collection) -> django_forms.Field:
    """Return the field of an item of a form version."""
    # The record's own checks say what is wrong with a choice; Django's would say it a second time.
    label = item.label if item.required or item.name in _EITHER else f"{item.label} (optional)"
    guidance = item.guidance
    if item.type is ItemType.CODES:
        guidance = f"{guidance.removesuffix(_IN_A_CELL).removesuffix('.')}. Tick all that apply."
    shared = {"label": label, "help_text": guidance, "required": False}
    if item.type is ItemType.ROLE:
        roles = RoleVersion.objects.latest_per_role(collection.family).values_list("code", "title")
        return django_forms.CharField(widget=django_forms.Select(choices=[("", "Choose a role"), *roles]), **shared)
    if item.type is ItemType.CODES:
        return django_forms.MultipleChoiceField(
            choices=list(version.list_of(item).codes.items()),
            widget=django_forms.CheckboxSelectMultiple,
            **shared,
        )
    if item.type is ItemType.CODE:
        codes = list(version.list_of(item).codes.items())
        if len(codes) <= FEW:
            return django_forms.CharField(widget=django_forms.RadioSelect(choices=codes), **shared)
        return django_forms.CharField(widget=django_forms.Select(choices=[("", "Choose one"), *codes]), **shared)
    attributes = {"inputmode": "decimal"} if item.type in _NUMERIC else {}
    return django_forms.CharField(max_length=400, widget=django_forms.TextInput(attrs=attributes), **shared)
