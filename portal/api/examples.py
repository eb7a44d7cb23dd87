"""Examples of API use, shown in the documentation and run by the tests."""

from __future__ import annotations

from portal.datasets.links import absolute
from portal.datasets.models import Dataset


def examples() -> list[dict[str, str]]:
    """Return examples with the addresses of a dataset that is really here."""
    dataset = Dataset.objects.public().with_latest().filter(latest__isnull=False).order_by("slug").first()
    slug = dataset.slug if dataset else "ohw-headcount"
    address = absolute(f"/api/v1/datasets/{slug}")
    return [
        {
            "title": "curl: observations as CSV",
            "code": f'curl "{address}/observations?measure=headcount&labels=true&format=csv"',
        },
        {"title": "Python", "code": PYTHON.format(address=address)},
        {"title": "R", "code": R.format(address=address)},
    ]


PYTHON = """import json
import urllib.request

query = {{"measures": ["headcount"], "page_size": 5, "labels": True}}
request = urllib.request.Request(
    "{address}/query",
    data=json.dumps(query).encode(),
    headers={{"Content-Type": "application/json"}},
)
with urllib.request.urlopen(request) as response:
    answer = json.load(response)
print(answer["citation"])
for row in answer["results"]:
    print(row["time_period"], row["value"], row["status"])
"""

R = """address <- "{address}/observations?measure=headcount&labels=true&format=csv"
data <- read.csv(address, na.strings = "", stringsAsFactors = FALSE)
print(nrow(data))
print(head(data[, c("time_period", "value", "status")]))
"""
