"""The data API from outside: requests made from its description, and the examples of its documentation."""

from __future__ import annotations

import shutil
import urllib.request

import pytest

from portal.api.examples import examples
from tests.factories.datasets import PERIODS, make_dataset, make_metadata, make_published
from tests.interop.clients import needs_clients, run

pytestmark = [pytest.mark.interop, pytest.mark.django_db(transaction=True), needs_clients]


@pytest.fixture
def published(live_server, settings, tmp_path):
    """Publish two versions of a small dataset."""
    settings.BASE_URL = live_server.url
    settings.API_ANONYMOUS_PER_MINUTE = 0
    dataset = make_dataset("staff")
    make_published(dataset, tmp_path)
    version = make_published(dataset, tmp_path, metadata=make_metadata(periods={**PERIODS, "2023-03": "March 2023"}))
    return live_server.url, version


# Which columns, codes and cursors there are is data, which no description can know: refusing others is right.
CONFIG = """
[checks]
positive_data_acceptance.expected-statuses = ["2xx", "3xx", 400, 404, 410, 422, 429]
"""


def test_schemathesis_finds_nothing_with_all_its_checks(published, tmp_path):
    """Requests made from the description, right and wrong, never crash the API or leave its contract."""
    settings = tmp_path / "schemathesis.toml"
    settings.write_text(CONFIG)
    description = tmp_path / "openapi.json"
    urllib.request.urlretrieve(published[0] + "/api/v1/openapi.json", description)  # noqa: S310 - our own server
    run(
        "schemathesis", "--config-file", str(settings), "run", str(description), "--url", published[0], "--checks", "all", "--max-examples", "10",
        "--include-path-regex", "^/api/v1/(datasets|files)", "--workers", "1", "--seed", "1", "--request-timeout", "60",
    )  # fmt: skip


def test_the_examples_of_the_documentation_run(published, tmp_path, live_server):
    """Exactly what the documentation shows, run by the programs it is meant for."""
    shown = {example["title"].partition(":")[0]: example["code"] for example in examples()}
    assert live_server.url in shown["Python"]
    assert "version 1.1.0 [dataset]" in run("python", code=shown["Python"])
    script = tmp_path / "example.sh"
    script.write_text(shown["curl"])
    assert "geography_code_label" in run("sh", str(script), folder=type(script)("/bin"))
    rscript = shutil.which("Rscript")
    assert rscript, "R is not on this machine; .ci/run installs it"
    script.write_text(shown["R"])
    assert "[1] 27" in run(rscript, str(script), folder=script.parent)
