"""Charts and tables that the specification gains reach later drafts; what an editor took out stays out."""

from __future__ import annotations

import pytest
from django.urls import reverse

from portal.publications import actions, planned
from portal.publications.checklist import checklist
from portal.publications.errors import NotAllowedError, ReleaseError, WrongStateError
from portal.publications.models import ReleasePage
from tests.factories import publications as make
from tests.factories.datasets import make_dataset, make_draft

pytestmark = [pytest.mark.django_db(databases=["default", "submissions"]), pytest.mark.slow]
NEW = {
    "id": "groups-by-region",
    "title": "Groups by region",
    "kind": "stacked",
    "measure": "headcount",
    "x": "geography_code",
    "series": "role_code",
    "filters": {"geography_level": "region", "role_level": "group"},
}


@pytest.fixture
def people():
    return make.make_people(in_cms=True)


def data_with(folder, dataset, chart, last="2022-09"):
    """Return a draft of the dataset whose specification has one chart more than the first had."""
    metadata = make.make_metadata(last)
    metadata["charts"].append(chart)
    dataset.refresh_from_db()
    return make_draft(dataset, folder, metadata=metadata, rows=make.make_rows(metadata))


def text_of(version):
    """Return the text as it is now, whatever was read before."""
    return ReleasePage.objects.get(pk=version.release_id).get_latest_revision_as_object()


def headings(page) -> list[str]:
    return [section.value["heading"] for section in page.sections]


def without(version, heading, user):
    """Save the page of a version without one section, as an editor would."""
    page = text_of(version)
    kept = [one for one in page.sections.get_prep_value() if one["value"]["heading"] != heading]
    page.sections = kept
    page.save_revision(user=user)
    return kept


def test_the_next_draft_has_what_the_specification_gained_and_not_what_was_taken_out(tmp_path, people):
    dataset = make_dataset(spatial="England")
    first = make.make_release(tmp_path, make.make_series(), data=make.make_data(tmp_path, dataset))
    without(first, "People over time", people["Editors"])
    first = make.publish(first, people)
    data = data_with(tmp_path, dataset, NEW)
    page = actions.draft_release(by=None, series=first.series, dataset_version=data)
    assert headings(page) == ["People by region", "Region and role group", "Groups by region"]
    assert [section.value["machine_written"] for section in page.sections] == [False, False, True]
    version = page.versions.open().with_everything().get()
    assert [one.heading for one in actions.lacking_figures(version)] == ["People over time"]


def test_an_editor_adds_what_the_draft_lacks_and_someone_stands_behind_it(client, tmp_path, people):
    version = make.make_release(tmp_path, make.make_series())
    editor = people["Editors"]
    without(version, "People over time", editor)
    version = actions.accept_text(by=editor, version=version)
    (offered,) = actions.lacking_figures(version)
    client.force_login(editor)
    desk = reverse("release_desk_version", args=[version.pk])
    assert f'value="{offered.name}"' in client.get(desk).content.decode()
    client.post(reverse("release_desk_figures", args=[version.pk]), {"figures": [offered.name]})
    page = text_of(version)
    assert headings(page)[-1] == "People over time"
    assert "not in this draft" not in client.get(desk).content.decode()
    assert "machine_text" in {finding.code for finding in checklist(version)}
    assert "written by machine" in client.get(reverse("release_desk_preview", args=[version.pk])).content.decode()
    actions.accept_text(by=editor, version=version)
    assert not [finding for finding in checklist(version) if finding.code == "machine_text"]
    assert not any(section.value["machine_written"] for section in text_of(version).sections)


def test_nothing_is_added_without_the_right_a_choice_or_a_draft(client, tmp_path, people):
    version = make.make_release(tmp_path, make.make_series())
    without(version, "People over time", people["Editors"])
    names = [one.name for one in actions.lacking_figures(version)]
    with pytest.raises(NotAllowedError):
        actions.add_planned_figures(by=people["Approvers"], version=version, names=names)
    for nothing in ([], ["no-such-figure"]):
        with pytest.raises(ReleaseError, match="at least one"):
            actions.add_planned_figures(by=people["Editors"], version=version, names=nothing)
    client.force_login(people["Approvers"])
    assert "not in this draft" not in client.get(reverse("release_desk_version", args=[version.pk])).content.decode()
    version = actions.accept_text(by=people["Editors"], version=version)
    version = actions.submit_release(by=people["Editors"], version=version)
    with pytest.raises(WrongStateError, match="while it is a draft"):
        actions.add_planned_figures(by=people["Editors"], version=version, names=names)


def test_a_planned_figure_is_known_by_its_cells(tmp_path):
    version = make.make_release(tmp_path, make.make_series())
    page = text_of(version)
    chart = page.sections[0].value["body"][0].value
    chart["kind"], chart["title"] = "tile_map", "Another form, in other words"
    table = page.sections[2].value["body"][0].value
    table["rows"], table["columns"] = table["columns"], table["rows"]
    plan = planned.figures(make.make_metadata())
    assert planned.lacking(plan, page.sections) == []
    chart["cells"]["measure"] = "posts"
    assert [one.heading for one in planned.lacking(plan, page.sections)] == ["People by region"]
    # Bars and a map of the same cells are two figures: one of them does not stand for both.
    both = make.make_metadata()
    both["charts"].append({**both["charts"][0], "title": "On the map", "kind": "tile_map"})
    fresh = text_of(version)
    assert [one.heading for one in planned.lacking(planned.figures(both), fresh.sections)] == ["On the map"]
