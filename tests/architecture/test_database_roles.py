"""What the database itself refuses, whoever asks."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from django.contrib.sessions.models import Session
from django.db import connections
from psycopg import sql
from wagtail.models import Page, Revision

from portal.core import grants
from portal.core.actions import record_event
from portal.users.models import User
from tests.factories.users import UserFactory
from tests.fixtures.worker import database_url

BOTH = pytest.mark.django_db(transaction=True, databases=["default", "submissions"])


@pytest.fixture
def rights() -> None:
    for alias in ("default", "submissions"):
        grants.apply(alias, force=True)


@pytest.fixture
def public(rights: None) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url("default", "public"), autocommit=True) as connection:
        yield connection


def _tables(alias: str) -> list[str]:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        return [name for (name,) in cursor.fetchall()]


def _refused(connection: psycopg.Connection, statement: sql.Composed | str) -> bool:
    try:
        connection.execute(statement)
    except psycopg.errors.InsufficientPrivilege:
        return True
    return False


@BOTH
def test_the_public_role_cannot_even_connect_to_submissions(rights: None) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(database_url("submissions", "public"))


@BOTH
def test_the_public_role_cannot_read_one_row_of_any_submissions_table(rights: None) -> None:
    """Even let into the database by mistake, it may read nothing there."""
    name = connections["submissions"].settings_dict["NAME"]
    with connections["submissions"].cursor() as cursor:
        cursor.execute(f'GRANT CONNECT ON DATABASE "{name}" TO portal_public')
    tables = _tables("submissions")
    assert "submissions_record" in tables
    try:
        with psycopg.connect(database_url("submissions", "public"), autocommit=True) as public:
            read = [
                table
                for table in tables
                if not _refused(public, sql.SQL("SELECT 1 FROM public.{} LIMIT 1").format(sql.Identifier(table)))
            ]
    finally:
        with connections["submissions"].cursor() as cursor:
            cursor.execute(f'REVOKE CONNECT ON DATABASE "{name}" FROM portal_public')
    assert read == []


@BOTH
def test_the_public_role_reads_public_tables_and_no_others(public: psycopg.Connection) -> None:
    readable = {
        table
        for table in _tables("default")
        if not _refused(public, sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(table)))
    }
    allowed = {model._meta.db_table for model in grants.models_of("default") if grants.is_public(model)}
    assert readable - {"django_migrations"} == allowed
    private = {User, Session, Revision}
    assert not readable & {model._meta.db_table for model in private}
    assert not readable & {"core_auditevent", "authtoken_token", "account_emailaddress", "mfa_authenticator"}


@BOTH
def test_the_public_role_writes_nothing(public: psycopg.Connection) -> None:
    written = [
        table
        for table in _tables("default")
        if not _refused(public, sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
    ]
    assert written == []


@BOTH
def test_the_public_role_sees_live_pages_and_no_drafts(public: psycopg.Connection) -> None:
    root = Page.objects.get(depth=1)
    live = root.add_child(title="For everybody", slug="live-page")
    draft = root.add_child(instance=Page(title="Not yet for anybody", slug="draft-page", live=False))
    seen = {slug for (slug,) in public.execute("SELECT slug FROM wagtailcore_page").fetchall()}
    assert live.slug in seen
    assert draft.slug not in seen
    words = public.execute("SELECT count(*) FROM wagtailsearch_indexentry WHERE title::text LIKE '%anybody%'")
    assert words.fetchone() == (0,)


@pytest.mark.parametrize("alias", ["default", "submissions"])
@BOTH
def test_the_service_role_cannot_change_tables_or_triggers(rights: None, alias: str) -> None:
    with (
        psycopg.connect(database_url(alias, "service"), autocommit=True) as service,
        connections[alias].cursor() as own,
    ):
        own.execute("SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'portal_protect' ORDER BY 2")
        protected = own.fetchall()
        assert protected
        for trigger, table in protected:
            assert _refused(service, sql.SQL("DROP TRIGGER {} ON {}").format(sql.Identifier(trigger), sql.SQL(table)))
            assert _refused(service, sql.SQL("ALTER TABLE {} DISABLE TRIGGER ALL").format(sql.SQL(table)))
        for table in _tables(alias):
            name = sql.Identifier(table)
            assert _refused(service, sql.SQL("TRUNCATE {}").format(name)), table
            assert _refused(service, sql.SQL("ALTER TABLE {} ADD COLUMN more int").format(name)), table
            assert _refused(service, sql.SQL("DROP TABLE {}").format(name)), table
        assert _refused(service, "CREATE TABLE public.another (id int)")
        assert _refused(service, "UPDATE django_migrations SET name = name")


@BOTH
def test_the_service_role_writes_the_audit_trail_and_never_changes_it(rights: None) -> None:
    record_event(by=UserFactory(), action="try_to_forget")
    with psycopg.connect(database_url("default", "service"), autocommit=True) as service:
        assert service.execute("SELECT count(*) FROM core_auditevent").fetchone() == (1,)
        assert _refused(service, "DELETE FROM core_auditevent")
        assert _refused(service, "UPDATE core_auditevent SET action = 'nothing'")


@BOTH
def test_giving_rights_again_changes_nothing_until_a_table_does() -> None:
    assert grants.apply("default", force=True)
    assert not grants.apply("default")
    with connections["default"].cursor() as cursor:
        cursor.execute("CREATE TABLE newcomer (id int)")
    try:
        assert grants.apply("default")
    finally:
        with connections["default"].cursor() as cursor:
            cursor.execute("DROP TABLE newcomer")
