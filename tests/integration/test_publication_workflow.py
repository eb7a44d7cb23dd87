"""From a run's data to a public page: by different people, page and data together, or not at all."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from portal.core.models import AuditEvent
from portal.datasets import actions as dataset_actions
from portal.datasets.enums import ChangeLevel, VersionState
from portal.datasets.models import DatasetVersion
from portal.publications import actions
from portal.publications.checklist import checklist
from portal.publications.enums import ReleaseState
from portal.publications.errors import (
    CalendarError,
    ChecklistBlocksError,
    NotAllowedError,
    OwnWorkError,
    ReleaseError,
    WrongStateError,
)
from portal.publications.models import CalendarEntry, ReleasePage, ReleaseVersion
from tests.factories import publications as make

pytestmark = [pytest.mark.django_db(databases=["default"]), pytest.mark.slow]


@pytest.fixture
def series(db):
    return make.make_series()


@pytest.fixture
def version(tmp_path, series):
    return make.make_release(tmp_path, series)


def codes(version):
    return {finding.code for finding in checklist(version)}


def test_a_run_drafts_a_release_with_figures_and_marked_sentences(version):
    page = version.release
    assert page.title == "Occupational health workforce, England, March 2022"
    assert page.slug == "march-2022"
    assert not page.live
    assert [block.value["label"] for block in page.headlines] == ["People in occupational health", "Nurses"]
    assert all(block.value["machine_written"] for block in page.main_points)
    assert [section.value["heading"] for section in page.sections] == [
        "People by region",
        "People over time",
        "Region and role group",
    ]
    assert version.state == ReleaseState.DRAFT
    assert version.run_reference == "run 7"


def test_machine_text_and_unread_data_block_until_a_person_accepts_them(version, people):
    assert {"machine_text", "stale_text"} <= codes(version)
    with pytest.raises(ChecklistBlocksError, match="machine wrote"):
        actions.submit_release(by=people["Editors"], version=version)
    version = actions.accept_text(by=people["Editors"], version=version)
    assert not {"machine_text", "stale_text"} & codes(version)


def test_a_release_goes_public_by_four_people_together_with_its_data(version, people):
    version = make.publish(version, people)
    data = version.dataset_version
    data.refresh_from_db()
    page = ReleasePage.objects.get(pk=version.release_id)
    assert (version.state, data.state, page.live) == (ReleaseState.PUBLISHED, VersionState.PUBLISHED, True)
    assert data.published_at == version.published_at
    assert version.content["title"] == page.title
    entry = CalendarEntry.objects.get(release=page)
    assert entry.status == "published"
    done = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"draft_release", "accept_text", "submit_release", "approve_release", "publish_release"} <= done


@pytest.mark.parametrize(
    ("action", "person", "allowed"),
    [
        ("accept_text", "Reviewers", False),
        ("accept_text", "Publishers", False),
        ("submit_release", "Approvers", False),
        ("approve_release", "Editors", False),
        ("approve_release", "Publishers", False),
        ("approve_release", "Reviewers", False),
        ("approve_release", "Approvers", True),
        ("publish_release", "Editors", False),
        ("publish_release", "Approvers", False),
        ("return_release", "Editors", False),
        ("return_release", "Reviewers", True),
        ("withdraw_release", "Approvers", False),
        ("schedule_release", "Editors", False),
    ],
)
def test_each_step_needs_its_right(version, people, action, person, allowed):
    if action in {"approve_release", "return_release", "publish_release", "schedule_release"}:
        version = actions.accept_text(by=people["Editors"], version=version)
        version = actions.submit_release(by=people["Editors"], version=version)
    extra = {
        "return_release": {"reason": "The title is wrong."},
        "withdraw_release": {"reason": "Wrong file."},
        "schedule_release": {"at": timezone.now() + dt.timedelta(days=1)},
    }.get(action, {})
    run = getattr(actions, action)
    if allowed:
        assert run(by=people[person], version=version, **extra).pk == version.pk
    else:
        with pytest.raises(NotAllowedError):
            run(by=people[person], version=version, **extra)


def test_who_edited_the_page_or_made_the_data_may_not_approve(tmp_path, series, people):
    approver = people["Approvers"]
    version = make.make_release(tmp_path, series)
    page = version.release.get_latest_revision_as_object()
    page.summary = "Better words."
    page.save_revision(user=approver)
    version = actions.accept_text(by=people["Editors"], version=version)
    version = actions.submit_release(by=people["Editors"], version=version)
    with pytest.raises(OwnWorkError):
        actions.approve_release(by=approver, version=version)


def test_who_made_the_data_may_not_approve(tmp_path, series, people):
    data = make.make_data(tmp_path, by=people["Approvers"])
    version = make.make_release(tmp_path, series, data=data)
    version = actions.accept_text(by=people["Editors"], version=version)
    version = actions.submit_release(by=people["Editors"], version=version)
    with pytest.raises(OwnWorkError):
        actions.approve_release(by=people["Approvers"], version=version)


def test_who_changed_the_number_of_the_data_or_wrote_the_notice_may_not_approve(tmp_path, version, people):
    first = make.publish(version, people)
    for person in people.values():
        person.is_superuser = True
    approver, other = people["Approvers"], people["Publishers"]
    data = make.make_data(tmp_path, first.dataset_version.dataset, change=5, kind="correction", change_note="Mended.")
    dataset_actions.raise_number(by=approver, version=data, level=ChangeLevel.MINOR, reason="It changes the trend.")
    release = actions.draft_release(by=None, series=first.series, dataset_version=data)
    second = release.versions.open().with_everything().get()
    actions.write_notice(by=other, version=second, notice="Two returns were counted twice.")
    second = actions.accept_text(by=people["Editors"], version=second)
    second = actions.submit_release(by=people["Editors"], version=second)
    for person in (approver, other, people["Editors"]):
        with pytest.raises(OwnWorkError):
            actions.approve_release(by=person, version=second)
    assert actions.approve_release(by=people["Reviewers"], version=second).state == ReleaseState.APPROVED


def test_a_run_cannot_say_what_was_wrong_so_a_person_writes_it_while_it_is_a_draft(tmp_path, version, people):
    with pytest.raises(WrongStateError, match="correction or revision"):
        actions.write_notice(by=people["Editors"], version=version, notice="Words.")
    first = make.publish(version, people)
    data = make.make_data(tmp_path, first.dataset_version.dataset, change=5, kind="revision", change_note="Better.")
    release = actions.draft_release(by=None, series=first.series, dataset_version=data)
    second = release.versions.open().with_everything().get()
    assert second.reason == "revision"
    assert "no_notice" in codes(second)
    second = actions.write_notice(by=people["Editors"], version=second, notice="Late returns are in.")
    assert "no_notice" not in codes(second)
    second = make.approve(second, people)
    with pytest.raises(WrongStateError):
        actions.write_notice(by=people["Editors"], version=second, notice="Other words.")


def test_a_number_that_nobody_will_renew_is_a_warning_unless_the_specification_says_it(version, people):
    assert "bare_figure" not in codes(version)
    page = version.release.get_latest_revision_as_object()
    page.notes = "<p>In March 2022 there were 930 nurses.</p>"
    page.save_revision(user=people["Editors"])
    (found,) = [finding for finding in checklist(version) if finding.code == "bare_figure"]
    assert found.text.startswith("“930” in the notes.")
    assert found.severity == "warns"


def test_what_the_calendar_confirms_is_when_it_comes_out(version, people):
    version, publisher = make.approve(version, people), people["Publishers"]
    day = timezone.localdate() + dt.timedelta(days=9)
    entry = CalendarEntry.objects.create(series=version.series, title="Next", period=version.period, date=day)
    actions.confirm_entry(by=publisher, entry=entry, date=day)
    moment = actions.workflow.publication_moment(day)
    for wrong in (moment - dt.timedelta(days=1), moment + dt.timedelta(minutes=1)):
        with pytest.raises(CalendarError, match="The calendar announces"):
            actions.schedule_release(by=publisher, version=version, at=wrong)
    with pytest.raises(CalendarError, match="The calendar announces"):
        actions.publish_release(by=publisher, version=version)
    version.refresh_from_db()
    assert version.state == ReleaseState.APPROVED
    actions.schedule_release(by=publisher, version=version, at=moment)
    with pytest.raises(CalendarError, match="off the schedule"):
        actions.change_date(by=publisher, entry=entry, date=day + dt.timedelta(days=7), reason="Late returns.")
    with pytest.raises(CalendarError, match="off the schedule"):
        actions.cancel_entry(by=publisher, entry=entry, notice="Not this year.")
    assert actions.publish_release(by=publisher, version=version, at=moment).state == ReleaseState.PUBLISHED
    entry.refresh_from_db()
    assert (entry.status, entry.date) == ("published", day)


def test_an_administrator_may_not_approve_what_they_wrote(version, people):
    boss = people["Editors"]
    boss.is_superuser = True
    boss.save()
    version = actions.accept_text(by=boss, version=version)
    version = actions.submit_release(by=boss, version=version)
    with pytest.raises(OwnWorkError):
        actions.approve_release(by=boss, version=version)


def test_a_page_in_review_is_locked_and_wagtail_never_publishes_a_release(version, people):
    version = actions.accept_text(by=people["Editors"], version=version)
    actions.submit_release(by=people["Editors"], version=version)
    page = ReleasePage.objects.get(pk=version.release_id)
    boss = people["Publishers"]
    boss.is_superuser = True
    assert page.get_lock().for_user(boss)
    rights = page.permissions_for_user(boss)
    assert not rights.can_publish()
    assert not rights.can_unpublish()
    assert not rights.can_copy(), "a copy would have no data"
    assert not rights.can_set_view_restrictions(), "it would hide nothing"
    assert page.get_workflow() is None


def test_an_edit_after_approval_stops_publication(version, people):
    version = make.approve(version, people)
    page = version.release.get_latest_revision_as_object()
    page.title = "Something else"
    page.save_revision(user=people["Editors"])
    with pytest.raises(ReleaseError, match="edited after"):
        actions.publish_release(by=people["Publishers"], version=version)
    version.refresh_from_db()
    assert version.state == ReleaseState.APPROVED


def test_a_publication_that_fails_half_way_publishes_nothing(version, people, monkeypatch):
    version = make.approve(version, people)

    def fail(**_named: object):
        raise OSError("disk full")

    monkeypatch.setattr("portal.publications.actions.publishing.record_publication", fail)
    with pytest.raises(OSError, match="disk full"):
        actions.publish_release(by=people["Publishers"], version=version)
    version.refresh_from_db()
    version.dataset_version.refresh_from_db()
    assert version.state == ReleaseState.APPROVED
    assert version.dataset_version.state == VersionState.APPROVED
    assert not ReleasePage.objects.get(pk=version.release_id).live


def test_a_release_comes_out_at_its_moment_and_not_before(version, people):
    version = make.approve(version, people)
    moment = timezone.now() + dt.timedelta(hours=2)
    version = actions.schedule_release(by=people["Publishers"], version=version, at=moment)
    assert actions.publish_due(now=moment - dt.timedelta(seconds=1)) == []
    with pytest.raises(WrongStateError, match="not due"):
        actions.publish_release(by=None, version=version)


def test_the_machine_publishes_what_is_due(version, people, django_capture_on_commit_callbacks):
    version = make.approve(version, people)
    moment = timezone.now() + dt.timedelta(hours=2)
    actions.schedule_release(by=people["Publishers"], version=version, at=moment)
    past = timezone.now() - dt.timedelta(seconds=1)
    ReleaseVersion.objects.filter(pk=version.pk).update(scheduled_for=past)
    with django_capture_on_commit_callbacks():
        published = actions.publish_due()
    assert [one.pk for one in published] == [version.pk]
    assert published[0].published_at == past


def test_a_failed_scheduled_publication_says_why_and_waits(version, people, monkeypatch):
    version = make.approve(version, people)
    actions.schedule_release(by=people["Publishers"], version=version, at=timezone.now() + dt.timedelta(hours=2))
    ReleaseVersion.objects.filter(pk=version.pk).update(scheduled_for=timezone.now() - dt.timedelta(seconds=1))

    def fail(**_named: object):
        raise OSError("disk full")

    monkeypatch.setattr("portal.publications.actions.publishing.record_publication", fail)
    assert actions.publish_due() == []
    version.refresh_from_db()
    assert "disk full" in version.publish_failure
    assert version.state == ReleaseState.SCHEDULED
    monkeypatch.undo()
    assert actions.publish_due() == []


def test_a_published_version_cannot_be_reworded_nor_deleted(version, people):
    version = make.publish(version, people)
    # Nor by way of a draft: what was public stays public.
    for change in ({"notice": "No."}, {"content": {}}, {"digest": "0" * 64}, {"number": 9}, {"state": "draft"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            ReleaseVersion.objects.filter(pk=version.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        ReleaseVersion.objects.filter(pk=version.pk)._raw_delete("default")
    data = DatasetVersion.objects.filter(pk=version.dataset_version_id)
    for state in ("draft", "approved"):
        with pytest.raises(DatabaseError), transaction.atomic():
            data.update(state=state)


def test_a_correction_is_a_new_version_and_the_old_one_stays(tmp_path, version, people):
    first = make.publish(version, people)
    dataset = first.dataset_version.dataset
    data = make.make_data(tmp_path, dataset, change=5, kind="correction", change_note="Two returns were counted twice.")
    release = actions.draft_release(by=None, series=first.series, dataset_version=data)
    second = release.versions.open().with_everything().get()
    assert (second.number, second.reason) == (2, "correction")
    assert "no_notice" in codes(second)
    second.notice = "Two returns were counted twice. All figures fall."
    second.save()
    second = make.publish(second, people)
    first.refresh_from_db()
    assert (first.state, second.state) == (ReleaseState.SUPERSEDED, ReleaseState.PUBLISHED)
    assert CalendarEntry.objects.filter(release=release).count() == 1


def test_a_text_correction_keeps_the_data(version, people):
    first = make.publish(version, people)
    second = actions.start_correction(by=people["Editors"], release=first.release, notice="A word was wrong.")
    with pytest.raises(WrongStateError, match="on its way"):
        actions.start_correction(by=people["Editors"], release=first.release, notice="Again.")
    second = make.publish(second, people)
    assert second.dataset_version_id == first.dataset_version_id
    assert second.number == 2


def test_a_large_revision_that_nobody_explains_is_a_warning(tmp_path, version, people):
    first = make.publish(version, people)
    dataset = first.dataset_version.dataset
    small = make.make_data(tmp_path, dataset, last="2022-09", change=5)
    release = actions.draft_release(by=None, series=first.series, dataset_version=small)
    assert "large_revision" not in codes(release.versions.open().with_everything().get())
    large = make.make_data(tmp_path, dataset, last="2022-09", change=200)
    actions.draft_release(by=None, series=first.series, dataset_version=large)
    second = release.versions.open().with_everything().get()
    (found,) = [finding for finding in checklist(second) if finding.code == "large_revision"]
    assert "became" in found.text
    large.change_note = "Late returns were added."
    large.save()
    assert "large_revision" not in codes(release.versions.open().with_everything().get())


def test_new_data_makes_accepted_words_stale(tmp_path, version, people):
    version = actions.accept_text(by=people["Editors"], version=version)
    data = make.make_data(tmp_path, version.dataset_version.dataset, change=5)
    actions.draft_release(by=None, series=version.series, dataset_version=data)
    version.refresh_from_db()
    assert version.dataset_version_id == data.pk
    assert "stale_text" in codes(version)


def test_new_data_is_not_bound_to_a_release_in_review(tmp_path, version, people):
    version = actions.accept_text(by=people["Editors"], version=version)
    actions.submit_release(by=people["Editors"], version=version)
    data = make.make_data(tmp_path, version.dataset_version.dataset, change=5)
    with pytest.raises(WrongStateError, match="back to draft"):
        actions.draft_release(by=None, series=version.series, dataset_version=data)


def test_the_next_release_starts_from_the_last_with_figures_renewed(tmp_path, version, people):
    first = make.publish(version, people)
    data = make.make_data(tmp_path, first.dataset_version.dataset, last="2022-09")
    page = actions.draft_release(by=None, series=first.series, dataset_version=data)
    assert page.slug == "september-2022"
    assert [s.value["heading"] for s in page.sections] == [s.value["heading"] for s in first.release.sections]
    assert all(block.value["machine_written"] for block in page.main_points)


@pytest.mark.parametrize("audit", [{"audit": {"passed": False}}, {}])
def test_a_failed_or_missing_audit_and_missing_methodology_block(tmp_path, series, audit):
    series.get_children().delete()
    dataset = make.make_dataset(spatial="England")
    metadata = make.make_metadata()
    lineage = {"series": "oh-headcount", **audit}
    data = make.make_draft(dataset, tmp_path, metadata=metadata, rows=make.make_rows(metadata), lineage=lineage)
    version = make.make_release(tmp_path, series, data=data)
    assert {"audit_failed", "no_methodology"} <= codes(version)


@pytest.mark.parametrize("name", ["title", "summary"])
def test_a_figure_typed_into_title_or_summary_blocks(version, name):
    page = version.release.get_latest_revision_as_object()
    setattr(page, name, "There are 1,330 nurses")
    page.save_revision()
    assert "typed_figure" in codes(version)


def test_a_figure_without_its_cells_blocks(version):
    page = version.release.get_latest_revision_as_object()
    page.headlines[0].value["cells"]["measure"] = "vacancies"
    page.save_revision()
    findings = [finding for finding in checklist(version) if finding.code == "unbound_figure"]
    assert "no measure “vacancies”" in findings[0].text


def test_returning_unlocks_page_and_data(version, people):
    version = make.approve(version, people)
    version = actions.return_release(by=people["Reviewers"], version=version, reason="The title is wrong.")
    version.dataset_version.refresh_from_db()
    assert (version.state, version.dataset_version.state) == (ReleaseState.DRAFT, VersionState.DRAFT)
    assert version.approved_by is None
    assert dataset_actions.unmapped(version.dataset_version) == {}


def test_a_withdrawn_release_keeps_its_reason(version, people):
    version = make.publish(version, people)
    with pytest.raises(ReleaseError, match="Say why"):
        actions.withdraw_release(by=people["Publishers"], version=version, reason=" ")
    version = actions.withdraw_release(by=people["Publishers"], version=version, reason="The wrong file was used.")
    assert version.state == ReleaseState.WITHDRAWN


def test_releases_due_in_the_next_minute_are_handed_to_a_worker_for_their_second(version, people, monkeypatch):
    from portal.publications import tasks

    sent: list[dt.datetime] = []
    monkeypatch.setattr(tasks.publish_due_releases, "apply_async", lambda eta: sent.append(eta))  # noqa: PLW0108 - takes it by name
    make.approve(version, people)
    moment = timezone.now() + dt.timedelta(seconds=40)
    actions.schedule_release(by=people["Publishers"], version=version, at=moment)
    assert tasks.prepare_due_releases() == 1
    assert sent == [moment]
    version.refresh_from_db()
    assert version.state == ReleaseState.SCHEDULED
    later = timezone.now() + dt.timedelta(hours=1)
    ReleaseVersion.objects.filter(pk=version.pk).update(scheduled_for=later)
    assert tasks.prepare_due_releases() == 0


def test_starting_content_makes_publications_that_pass_the_checklist_and_changes_nothing_twice(tmp_path, series):
    from portal.publications.models import MethodologyPage, PublicationSeriesPage
    from portal.publications.starting_content import load_starting_content

    load_starting_content()
    load_starting_content()
    made = PublicationSeriesPage.objects.get(slug="occupational-health-workforce")
    assert PublicationSeriesPage.objects.filter(slug__in=[made.slug, "primary-care-network-workforce"]).count() == 2
    assert MethodologyPage.objects.child_of(made).live().count() == 3
    version = make.make_release(tmp_path, made)
    assert not {"no_methodology", "no_guidance", "no_summary"} & codes(version)
