"""Where the embedded servers keep their data."""

from pathlib import Path

import pytest

from portal.embedded import PostgresAddress, data_directory


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, "/srv/default"), ("", "/srv/default"), ("/srv/other", "/srv/other")],
)
def test_an_empty_variable_means_the_default(monkeypatch, value: str | None, expected: str) -> None:
    monkeypatch.delenv("PORTAL_DATA_DIR", raising=False)
    if value is not None:
        monkeypatch.setenv("PORTAL_DATA_DIR", value)
    assert data_directory(Path("/srv/default")) == Path(expected)


def test_the_address_survives_odd_folder_names() -> None:
    url = PostgresAddress("/srv/a folder/é").url(database="portal", role="public")
    assert url == "postgresql://portal_public@/portal?host=%2Fsrv%2Fa%20folder%2F%C3%A9&port=5432"
