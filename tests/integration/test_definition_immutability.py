"""A published definition cannot be changed: not in the admin, not by the API, not with the application's login."""

from __future__ import annotations

import psycopg
import pytest
from django.urls import reverse
from wagtail.snippets.models import get_snippet_models

from portal.core import grants
from portal.definitions import actions
from portal.definitions.models import (
    Crosswalk,
    CrosswalkShare,
    PerspectiveVersion,
    ReferenceEntry,
    ReferenceList,
    Role,
    RoleVersion,
    Withdrawal,
)
from tests.factories import definitions as make
from tests.fixtures.worker import database_url

PUBLISHED = (RoleVersion, PerspectiveVersion, Crosswalk, CrosswalkShare, Withdrawal, ReferenceList, ReferenceEntry)
STATEMENTS = (
    "UPDATE {table} SET id = id + 1000",
    "DELETE FROM {table}",
    "TRUNCATE {table} CASCADE",
    "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "DROP TRIGGER portal_protect ON {table}",
    "DROP TABLE {table} CASCADE",
)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, databases=["default", "submissions"])
def test_the_applications_login_is_refused_by_the_database() -> None:
    author, approver = make.person("author", "change_role"), make.approver()
    tech = make.published_role(author, approver, "tech")
    make.next_version(author, approver, tech.role)
    grants.apply("default", force=True)
    with psycopg.connect(database_url("default", "service"), autocommit=True) as shell:
        for model in PUBLISHED:
            for statement in STATEMENTS:
                if not model.objects.exists() and statement.startswith(("UPDATE", "DELETE")):
                    continue
                with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.RestrictViolation)):
                    shell.execute(statement.format(table=model._meta.db_table))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            shell.execute("SET session_replication_role = replica")
    assert RoleVersion.objects.get(number=1).title == "Tech"


@pytest.mark.slow
@pytest.mark.django_db(databases=["default", "submissions"])
def test_no_page_of_the_admin_and_no_method_of_the_api_changes_a_version(client) -> None:
    author, approver = make.person("author", "change_role"), make.approver()
    tech = make.published_role(author, approver, "tech")
    before = RoleVersion.objects.values().get()
    assert not set(PUBLISHED) & set(get_snippet_models())
    client.force_login(make.User.objects.create_superuser("boss@example.org", "a long password"))
    for method in ("post", "put", "patch", "delete"):
        answer = getattr(client, method)("/api/v1/roles/tech/", {"title": "x"}, content_type="application/json")
        assert answer.status_code in {403, 405}, method
    for name in ("unpublish", "delete"):
        answer = client.post(reverse(f"wagtailsnippets_definitions_role:{name}", args=[tech.role_id]), follow=True)
        assert "is published and stays" in answer.content.decode(), name
    draft = actions.create_role(by=author, **make.role_fields("draft"))
    client.post(reverse("wagtailsnippets_definitions_role:delete", args=[draft.pk]))
    assert not Role.objects.filter(pk=draft.pk).exists()
    assert RoleVersion.objects.values().get() == before
    assert client.get("/definitions/roles/tech/v/1/").status_code == 200
