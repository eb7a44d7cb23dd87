"""Datasets and versions for tests: small observation tables that are easy to check by eye."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from portal.datasets import actions
from portal.datasets.models import Dataset, DatasetVersion
from portal.users.models import User

if TYPE_CHECKING:
    from pathlib import Path

_numbers = itertools.count(1)
PERIODS = {"2021-03": "March 2021", "2022-03": "March 2022"}
AREAS = {"E92000001": "England", "E40000003": "London", "E40000005": "South East"}
ROLES = {"all": "All roles", "nur": "Nurses", "phy": "Physiotherapists"}
MEASURES = {"headcount": "Headcount", "fte": "Full-time equivalent"}


def make_user(name: str = "") -> User:
    """Return a new user."""
    return User.objects.create_user(f"{name or 'user'}{next(_numbers)}@example.org", "a long password")


def make_dataset(slug: str = "", **fields: Any) -> Dataset:
    """Return a new dataset."""
    slug = slug or f"dataset-{next(_numbers)}"
    return Dataset.objects.create(
        slug=slug,
        **{"title": slug.replace("-", " ").capitalize(), "summary": "Counts of made-up staff, for tests.", **fields},
    )


def make_metadata(
    *,
    periods: dict[str, str] = PERIODS,
    areas: dict[str, str] = AREAS,
    roles: dict[str, str] = ROLES,
    measures: dict[str, str] = MEASURES,
    **extra: Any,
) -> dict[str, Any]:
    """Return the metadata of a version."""

    def codes(labels: dict[str, str]) -> list[dict[str, str]]:
        return [{"code": code, "label": label} for code, label in labels.items()]

    units = {"headcount": "people", "fte": "full-time equivalents"}
    return {
        "dimensions": [
            {"id": "time_period", "label": "Period", "codes": codes(periods)},
            {"id": "geography_code", "label": "Area", "codes": codes(areas)},
            {"id": "role_code", "label": "Role", "codes": codes(roles)},
        ],
        "measures": [{"id": key, "label": label, "unit": units.get(key, key)} for key, label in measures.items()],
        "perspectives": {"D1": 1},
        **extra,
    }


def make_rows(metadata: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a full matrix of observations; the value says which cell it is, one cell is protected."""
    names = [dimension["id"] for dimension in metadata["dimensions"]]
    lists = [[code["code"] for code in dimension["codes"]] for dimension in metadata["dimensions"]]
    rows = []
    for number, cell in enumerate(itertools.product(*lists)):
        for measure in metadata["measures"]:
            hidden = number == 4
            value = None if hidden else float(5 * (number + 2)) + (0.25 if measure["id"] == "fte" else 0)
            rows.append(
                {
                    **dict(zip(names, cell, strict=True)),
                    "measure": measure["id"],
                    "value": value,
                    "status": "c" if hidden else "",
                    "source": "returned",
                    "coverage_received": 40 + number,
                    "coverage_expected": 60,
                }
            )
    return rows


def write_rows(rows: list[dict[str, Any]], path: Path) -> Path:
    """Write observations as the Parquet file a run hands over."""
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def make_draft(
    dataset: Dataset, folder: Path, *, metadata: Any = None, rows: Any = None, **fields: Any
) -> DatasetVersion:
    """Return a draft version of ``dataset``."""
    metadata = metadata or make_metadata()
    path = write_rows(make_rows(metadata) if rows is None else rows, folder / f"observations-{next(_numbers)}.parquet")
    fields = {"by": None, "lineage": {"run": 7, "snapshots": ["ab" * 32]}, **fields}
    return actions.create_draft_version(dataset=dataset, observations=path, metadata=metadata, **fields)


def make_published(dataset: Dataset, folder: Path, *, at: Any = None, **fields: Any) -> DatasetVersion:
    """Return a published version of ``dataset``."""
    dataset.refresh_from_db()
    version = make_draft(dataset, folder, **fields)
    approver = make_user("approver")
    if actions.unmapped(version):
        version = actions.mark_gone(by=make_user(), version=version)
    actions.submit_version(by=None, version=version)
    actions.approve_version(by=approver, version=version)
    return actions.publish_version(by=approver, version=version, at=at)
