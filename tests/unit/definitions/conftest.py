"""A small register: two people who write, one who approves, three roles, a perspective."""

import logging

import pytest

from tests.factories import definitions as make


@pytest.fixture(autouse=True)
def _quiet():
    logging.getLogger("wagtail").setLevel(logging.WARNING)


@pytest.fixture
def author(db):
    return make.person("author", "change_role", "change_perspective")


@pytest.fixture
def colleague(db):
    return make.person("colleague", "change_role", "publish_role")


@pytest.fixture
def approver(db):
    return make.approver()


@pytest.fixture
def tech(author, approver):
    return make.published_role(author, approver, "tech", title="Technician", other_titles="OHT\nSupport worker")


@pytest.fixture
def nurse(author, approver):
    return make.published_role(author, approver, "nurse", title="Nurse", group="nurses")


@pytest.fixture
def core(author, approver, nurse, tech):
    return make.published_perspective(author, approver, "D1", [{"type": "role", "value": ["nurse"]}])
