"""The OH team maps codes and withdraws versions on a screen, each with the right to."""

import datetime as dt
import re

import pytest
from django.contrib.auth.models import Permission
from django.db import DatabaseError, transaction
from django.utils import timezone

from portal.datasets import actions
from portal.datasets.models import AdvanceNotice, Dataset
from portal.datasets.starting_content import DATASETS, load_starting_content
from tests.factories.datasets import make_dataset, make_draft, make_metadata, make_published, make_user

pytestmark = pytest.mark.django_db
ROLES = {"all": "All roles", "ohn": "OH nurses", "phy": "Physiotherapists"}


def person(*rights: str):
    user = make_user()
    for right in ("access_admin", *rights):
        user.user_permissions.add(Permission.objects.get(codename=right))
    return user


@pytest.fixture
def draft(tmp_path):
    dataset = make_dataset("staff")
    make_published(dataset, tmp_path)
    dataset.refresh_from_db()
    return make_draft(dataset, tmp_path, metadata=make_metadata(roles=ROLES))


def test_a_code_is_mapped_on_the_screen(client, draft):
    client.force_login(person("view_datasetversion", "change_datasetversion"))
    page = client.get(f"/cms/dataset-versions/{draft.pk}/").content.decode()
    assert "Codes that are gone" in page
    assert "OH nurses (ohn)" in page
    client.post(f"/cms/dataset-versions/{draft.pk}/map/", {"role_code:nur": "ohn", "role_code:phy": "all"})
    draft.refresh_from_db()
    assert (draft.number, draft.mapping) == ("1.1.0", {"role_code": {"nur": "ohn"}})
    assert actions.unmapped(draft) == {}


def test_a_choice_that_is_not_offered_is_refused(client, draft):
    client.force_login(person("view_datasetversion", "change_datasetversion"))
    page = client.post(f"/cms/dataset-versions/{draft.pk}/map/", {"role_code:nur": "phy"}, follow=True).content.decode()
    assert "is not a new code of this version" in page
    draft.refresh_from_db()
    assert draft.mapping == {}


def test_without_the_right_nothing_is_shown_or_changed(client, draft):
    client.force_login(person())
    assert client.get("/cms/dataset-versions/").status_code in {302, 403}
    client.force_login(person("view_datasetversion"))
    assert client.get("/cms/dataset-versions/").status_code == 200
    client.post(f"/cms/dataset-versions/{draft.pk}/map/", {"role_code:nur": "ohn"})
    client.post(f"/cms/dataset-versions/{draft.base_id}/withdraw/", {"reason": "No."})
    draft.refresh_from_db()
    draft.base.refresh_from_db()
    assert (draft.mapping, draft.base.state) == ({}, "published")


def test_withdrawal_needs_a_reason(client, draft):
    client.force_login(person("view_datasetversion", "delete_datasetversion"))
    client.post(f"/cms/dataset-versions/{draft.base_id}/withdraw/", {"reason": " "})
    draft.base.refresh_from_db()
    assert draft.base.state == "published"
    client.post(f"/cms/dataset-versions/{draft.base_id}/withdraw/", {"reason": "Another year."})
    assert "Another year." in client.get("/datasets/staff/v/1.0.0/").content.decode()


def test_a_number_is_raised_with_a_reason_that_readers_see(client, draft):
    address = f"/cms/dataset-versions/{draft.pk}/raise/"
    client.force_login(person("view_datasetversion"))
    client.post(address, {"level": "major", "reason": "Another method."})
    client.force_login(person("view_datasetversion", "change_datasetversion"))
    client.post(f"/cms/dataset-versions/{draft.pk}/map/", {"role_code:nur": "ohn"})
    assert "Say why" in client.post(address, {"level": "major", "reason": " "}, follow=True).content.decode()
    draft.refresh_from_db()
    assert draft.number == "1.1.0"
    client.post(address, {"level": "major", "reason": "Another method."})
    draft.refresh_from_db()
    assert (draft.number, draft.reasons[-1]["text"]) == ("2.0.0", "Another method.")
    assert "already numbered" in client.post(address, {"level": "minor", "reason": "No."}, follow=True).content.decode()
    client.post(f"/cms/dataset-versions/{draft.pk}/map/", {"role_code:nur": "ohn"})  # numbered again, the reason stays
    draft.refresh_from_db()
    assert [reason["text"] for reason in draft.reasons if reason["kind"] == "raised"] == ["Another method."]


def test_a_preview_token_is_given_out_and_ended_on_the_screen(client, draft):
    address = f"/cms/dataset-versions/{draft.pk}/preview/"
    client.force_login(person("view_datasetversion"))
    client.post(address, {"holder": "The registrar", "days": "3"})
    assert draft.preview_tokens.count() == 0
    client.force_login(person("view_datasetversion", "change_datasetversion"))
    page = client.post(address, {"holder": "The registrar", "days": "3"}, follow=True).content.decode()
    secret = re.search(r"shown only now: (\S+)", page).group(1)
    read = client.get("/api/v1/datasets/staff/observations", headers={"X-Preview-Token": secret})
    assert read.json()["is_draft"] is True
    assert (
        "A preview lasts 1 to 7 days"
        in client.post(address, {"holder": "x", "days": "30"}, follow=True).content.decode()
    )
    client.post(address, {"revoke": str(draft.preview_tokens.get().pk)})
    assert client.get("/api/v1/datasets/staff/observations", headers={"X-Preview-Token": secret}).status_code == 404


def test_a_breaking_change_is_announced_before_it_happens(client, draft):
    day = timezone.localdate() + dt.timedelta(days=90)
    given = {
        "dataset": "staff",
        "title": "Roles are renumbered",
        "text": "Use the crosswalk.",
        "expected_on": day.isoformat(),
    }
    client.force_login(person("view_datasetversion", "change_datasetversion"))
    client.post("/cms/dataset-versions/announce/", given)
    assert AdvanceNotice.objects.count() == 0
    client.force_login(person("view_datasetversion", "delete_datasetversion"))
    for wrong in ({"expected_on": "soon"}, {"expected_on": "2020-01-01"}, {"text": " "}):
        client.post("/cms/dataset-versions/announce/", given | wrong)
    assert AdvanceNotice.objects.count() == 0
    client.post("/cms/dataset-versions/announce/", given)
    notice = AdvanceNotice.objects.get()
    feed = client.get("/feeds/advance-notice.atom").content.decode()
    assert "Staff: Roles are renumbered" in feed
    assert "Use the crosswalk." in feed
    for page in ("/datasets/staff/", "/datasets/staff/v/1.0.0/"):
        assert "Advance notice: Roles are renumbered" in client.get(page).content.decode()
    notice.title = "Nothing happens"
    with pytest.raises(DatabaseError), transaction.atomic():
        notice.save()


def test_starting_content_is_loaded_once():
    load_starting_content()
    Dataset.objects.filter(slug="ohw-headcount").update(title="As people named it")
    load_starting_content()
    assert Dataset.objects.count() == len(DATASETS)
    assert Dataset.objects.get(slug="ohw-headcount").title == "As people named it"
