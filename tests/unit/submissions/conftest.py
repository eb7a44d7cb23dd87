import pytest

from portal.submissions import processing
from tests.factories.submissions import few_roles


@pytest.fixture(autouse=True)
def _few_roles(monkeypatch):
    monkeypatch.setattr(processing, "label_index", few_roles)
