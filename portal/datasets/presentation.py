"""What the pages of a version show: values as people read them, previews, snippets, citations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from portal.datasets.enums import SHORTHAND
from portal.datasets.links import absolute
from portal.datasets.queries import columns_of, numbers_of, texts_of

if TYPE_CHECKING:
    from portal.datasets.metadata import VersionMetadata
    from portal.datasets.models import DatasetVersion

PREVIEW_ROWS = 12
MANY_CODES = 60


def shown(value: float | None, status: str, decimals: int = 0) -> str:
    """Return a value as a table shows it: ``1,330``, ``12.5 [e]``, ``[c]``."""
    symbols = " ".join(f"[{word}]" for word in status.split())
    number = "" if value is None else f"{value:,.{decimals}f}"
    return " ".join(part for part in (number, symbols) if part)


def decimals_of(metadata: VersionMetadata) -> dict[str, int]:
    """Return how many decimals each measure is shown with."""
    return {measure.id: measure.decimals for measure in metadata.measures}


def preview(version: DatasetVersion, sort: str = "") -> dict[str, Any]:
    """Return the first rows as a table, sorted by a column (``-value`` for largest first)."""
    table = columns_of(version)
    rows = sorted_rows(table, sort)[:PREVIEW_ROWS]
    meta = version.meta
    lists = {**{dimension.id: dimension.labels for dimension in meta.dimensions}, "measure": meta.measure_labels}
    titles = {**{dimension.id: dimension.label for dimension in meta.dimensions}, "measure": "Measure"}
    texts = {name: texts_of(table, name, rows) for name in [*lists, "status"]}
    values, decimals = numbers_of(table, "value", rows), decimals_of(meta)
    return {
        "columns": [_sortable(name, title, sort) for name, title in {**titles, "value": "Value"}.items()],
        "rows": [
            {
                "labels": [lists[name].get(texts[name][at], texts[name][at]) for name in lists],
                "value": shown(values[at], texts["status"][at], decimals[texts["measure"][at]]),
            }
            for at in range(len(rows))
        ],
        "total": table.rows,
    }


def _sortable(name: str, title: str, sort: str) -> dict[str, Any]:
    direction = {name: "ascending", f"-{name}": "descending"}.get(sort, "none")
    return {"name": name, "title": title, "direction": direction, "next": f"-{name}" if sort == name else name}


def sorted_rows(table: Any, sort: str) -> np.ndarray:
    """Return the row numbers in the order of one column; hidden values last; unknown columns change nothing."""
    name = sort.removeprefix("-")
    if name in table.codes:
        keys = table.codes[name].ids.astype(np.int64)
        return np.argsort(-keys if sort[0] == "-" else keys, kind="stable")
    if name in table.numbers:
        keys = table.numbers[name].astype(np.float64)
        return np.argsort(-keys if sort[0] == "-" else keys, kind="stable")
    return np.arange(table.rows)


def statuses_used(version: DatasetVersion) -> list[tuple[str, str]]:
    """Return the shorthand that occurs in the version with its meaning."""
    words = {word for value in columns_of(version).codes["status"].values for word in value.split()}
    return [(f"[{word}]", meaning) for word, meaning in SHORTHAND.items() if word in words]


def citation(version: DatasetVersion) -> str:
    """Return how to cite the version."""
    year = f" ({version.published_at.year})" if version.published_at else ""
    address = absolute(version.get_absolute_url())
    return f"{version.dataset.publisher}{year}. {version.dataset.title}, version {version.number} [dataset]. {address}"


def snippets(version: DatasetVersion) -> list[dict[str, str]]:
    """Return lines that read this version with common tools, as they stand; tests run them."""
    files = absolute(version.get_absolute_url()) + "files/"
    first = version.meta.dimensions[0]
    given = {
        "parquet": f"{files}{version.stem}.parquet",
        "csv": f"{files}{version.stem}.csv",
        "api": absolute(f"/api/v1/datasets/{version.dataset.slug}/versions/{version.number}/observations"),
        "column": first.id,
        "code": next(iter(first.labels), ""),
    }
    return [{"id": name, "title": title, "code": code.format(**given)} for name, title, code in SNIPPETS]


SNIPPETS = (
    ("python", "Python", 'import pandas as pd\n\ndata = pd.read_parquet("{parquet}")\nprint(data.head())'),
    ("r", "R", 'data <- read.csv("{csv}", na.strings = "", stringsAsFactors = FALSE)\nhead(data)'),
    (
        "excel",
        "Excel: Data, Get data, From other sources, Blank query, Advanced editor",
        """let
    Source = Csv.Document(Web.Contents("{csv}"), [Delimiter = ",", Encoding = 65001, QuoteStyle = QuoteStyle.Csv]),
    Headed = Table.PromoteHeaders(Source, [PromoteAllScalars = true]),
    Typed = Table.TransformColumnTypes(Headed, {{{{"value", type number}}}}, "en-GB")
in
    Typed""",
    ),
    ("sql", "SQL (DuckDB)", "SELECT * FROM '{parquet}'\nWHERE {column} = '{code}';"),
    ("curl", "curl", 'curl "{api}?{column}={code}"'),
)


def definitions(version: DatasetVersion) -> list[dict[str, str]]:
    """Return the perspectives that were used by name, with the address of the version that was used."""
    names = version.meta.by_id["perspective"].labels if "perspective" in version.meta.by_id else {}
    return [
        {
            "text": f"{names[code]} ({code}), version {number}"
            if code in names
            else f"Perspective {code}, version {number}",
            "address": f"/definitions/perspectives/{code}/v/{number}/",
        }
        for code, number in version.meta.perspectives.items()
    ]


def dictionary(version: DatasetVersion) -> dict[str, Any]:
    """Return the dimensions with their codes, the measures and the other columns."""
    meta = version.meta
    known = {*meta.by_id, "measure", "value", "status"}
    return {
        "dimensions": [
            {"dimension": dimension, "codes": dimension.codes, "is_long": len(dimension.codes) > MANY_CODES}
            for dimension in meta.dimensions
        ],
        "measures": meta.measures,
        "attributes": [name for name in columns_of(version).names if name not in known],
        "symbols": statuses_used(version),
    }


def quality(version: DatasetVersion) -> list[tuple[str, str]]:
    """Return what the version says of its coverage and quality, as pairs of a term and a text."""
    words = {
        "expected": "Organisations asked",
        "received": "Organisations that returned data",
        "organisations_expected": "Organisations asked",
        "organisations_received": "Organisations that returned data",
        "records": "Records counted",
    }
    pairs = [
        (words.get(key, key.replace("_", " ").capitalize()), f"{value:,}" if isinstance(value, int) else str(value))
        for key, value in version.meta.coverage.items()
        if isinstance(value, (int, float, str))
    ]
    table = columns_of(version)
    hidden = int(np.isnan(table.numbers["value"]).sum())
    share = f"{hidden / table.rows:.1%}" if table.rows else "none"
    return [*pairs, ("Observations", f"{table.rows:,}"), ("Values not shown", f"{hidden:,} ({share})")]
