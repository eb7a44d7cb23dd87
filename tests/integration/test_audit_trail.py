"""The audit trail is written where the audited thing lives."""

import pytest

from portal.core.actions import record_event
from portal.users.models import User


@pytest.mark.django_db(databases=["default", "submissions"])
def test_events_go_to_the_database_of_their_object() -> None:
    user = User.objects.create_user("editor@example.org", "a long password")
    public = record_event(by=user, action="publish_role", obj=user)
    private = record_event(by=None, action="accept_return", using="submissions")
    assert public._state.db == "default"
    assert private._state.db == "submissions"
    assert private.actor_label == "system"
