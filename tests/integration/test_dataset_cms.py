"""The OH team maps codes and withdraws versions on a screen, each with the right to."""

import pytest
from django.contrib.auth.models import Permission

from portal.datasets import actions
from portal.datasets.models import Dataset
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


def test_starting_content_is_loaded_once():
    load_starting_content()
    Dataset.objects.filter(slug="ohw-headcount").update(title="As people named it")
    load_starting_content()
    assert Dataset.objects.count() == len(DATASETS)
    assert Dataset.objects.get(slug="ohw-headcount").title == "As people named it"
