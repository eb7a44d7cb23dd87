"""Rules for every model, which no import contract can see."""

from __future__ import annotations

import itertools

import pytest
from django.apps import apps
from django.db import models

from portal.core import grants
from portal.core.privacy import PrivacyClass
from portal.core.routers import database_of
from portal.users.models import User

OURS = [config for config in apps.get_app_configs() if config.name.startswith("portal.") or config.name == "search"]
LABELS = {config.label for config in OURS}
MODELS = [model for config in OURS for model in config.get_models(include_auto_created=True)]

#: Low to high; an app may have a foreign key only to its own level's app or below.
LEVELS = [
    {"core"},
    {"users"},
    {"media"},  # images and documents know who added them
    {"organisations", "definitions"},
    {"opportunities"},
    {"datasets", "submissions", "applications"},
    {"publications"},
    {"pipelines", "home"},
    {"api", "search"},
]
LEVEL = {label: number for number, level in enumerate(LEVELS) for label in level}


def _relations() -> list[tuple[type[models.Model], models.Field]]:
    return [
        (model, field)
        for model in MODELS
        for field in [*model._meta.local_fields, *model._meta.local_many_to_many]
        if field.is_relation and isinstance(field.related_model, type)
    ]


def test_every_app_has_a_level() -> None:
    assert set(LEVEL) == LABELS


def test_foreign_keys_point_down() -> None:
    wrong = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model, field in _relations()
        if (target := field.related_model._meta.app_label) in LABELS
        and target != model._meta.app_label
        and LEVEL[target] >= LEVEL[model._meta.app_label]
    ]
    assert not wrong


def test_no_foreign_key_crosses_the_databases() -> None:
    wrong = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model, field in _relations()
        if database_of(model._meta.app_label) != database_of(field.related_model._meta.app_label)
    ]
    assert not wrong


@pytest.mark.parametrize(
    "model", [model for model in MODELS if database_of(model._meta.app_label) == "submissions"], ids=str
)
def test_every_field_of_personal_data_has_a_privacy_class(model: type[models.Model]) -> None:
    if model._meta.auto_created:
        pytest.skip("a table that only joins two others holds keys alone")
    fields = {field.name for field in model._meta.local_concrete_fields if not field.primary_key}
    declared: dict[str, PrivacyClass] = {}
    for parent in reversed(model.__mro__):
        declared |= vars(parent).get("privacy", {})
    keys = {field.name for field in model._meta.local_concrete_fields if field.primary_key}
    assert set(declared) - keys == fields, f"privacy of {model._meta.label}"
    assert all(isinstance(value, PrivacyClass) for value in declared.values())


def _is_person(field: models.Field) -> bool:
    """Whether the field refers to a user: by foreign key, or by number where the user is in the other database."""
    return field.related_model is User if field.is_relation else isinstance(field, models.BigIntegerField)


def _pairs() -> list[tuple[type[models.Model], str, str]]:
    """Return the pairs of an event that may not have happened yet. Locks are Wagtail's own fields."""
    return [
        (model, field.name, other)
        for model in MODELS
        for field in model._meta.local_fields
        if field.name.endswith("_at") and field.null and field.name != "locked_at"
        for other in (field.name[:-3] + "_by", field.name[:-3] + "_by_id")
        if other in {one.name for one in model._meta.local_fields if _is_person(one)}
    ]


@pytest.mark.parametrize(("model", "at", "by"), _pairs(), ids=lambda value: getattr(value, "__name__", value))
def test_when_and_by_whom_are_held_together(model: type[models.Model], at: str, by: str) -> None:
    who = by.removesuffix("_id")  # the constraint may hold the person's number or the name kept beside it
    held = [
        constraint.name
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint)
        and at in str(constraint.condition)
        and who in str(constraint.condition)
    ]
    assert held, f"{model._meta.label}: no check constraint holds {at} and {by} together"


def test_every_table_of_the_public_database_is_decided() -> None:
    undecided = {
        grants.owner_label(model)
        for model in grants.models_of("default")
        if grants.classify(grants.owner_label(model)) == "unknown"
    }
    assert not undecided, "name them in portal/settings/public_tables.py"


def test_there_is_something_to_look_at() -> None:
    assert len(MODELS) > 30
    assert len(list(itertools.islice(_relations(), 10))) == 10
    assert _pairs()
