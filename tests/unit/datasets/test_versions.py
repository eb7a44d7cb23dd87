"""A version is numbered by what changed, approved by someone else, and never changes once published."""

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import InternalError
from django.utils import timezone

from portal.datasets import actions
from portal.datasets.enums import ChangeLevel, VersionState
from portal.datasets.errors import (
    ActionRefused,
    AuditMissing,
    BadObservations,
    MappingOpen,
    OwnWork,
    StaleBase,
    WrongState,
)
from portal.datasets.models import Dataset, DatasetVersion
from portal.datasets.queries import UnknownColumnError, codes_in_use, observations, value_of
from tests.factories.datasets import (
    AREAS,
    MEASURES,
    PERIODS,
    ROLES,
    make_dataset,
    make_draft,
    make_metadata,
    make_published,
    make_rows,
    make_user,
)

pytestmark = pytest.mark.django_db


def test_first_version_is_1_0_0_and_latest_once_published(tmp_path):
    dataset = make_dataset()
    version = make_published(dataset, tmp_path)
    dataset.refresh_from_db()
    assert version.number == "1.0.0"
    assert dataset.latest == version
    assert dataset.published_at == version.published_at
    assert (version.first_period, version.last_period) == ("2021-03", "2022-03")


@pytest.mark.parametrize(
    ("changed", "number", "words"),
    [
        ({}, "1.0.1", "Only the description changed"),
        ({"periods": {**PERIODS, "2023-03": "March 2023"}}, "1.1.0", "is new"),
        ({"roles": {**ROLES, "nur": "OH nurses"}}, "1.1.0", "is now called"),
        ({"measures": {**MEASURES, "posts": "Posts"}}, "1.1.0", "Posts is new"),
        ({"periods": {"2022-03": "March 2022"}}, "2.0.0", "March 2021 (2021-03) is gone"),
        ({"measures": {"headcount": "Headcount"}}, "2.0.0", "Full-time equivalent is gone"),
        ({"perspectives": {"D1": 2}}, "2.0.0", "definition changed"),
        ({"perspectives": {"D1": 2}, "editorial": ["D1"]}, "1.1.0", "wording only"),
    ],
)
def test_number_follows_from_what_changed(tmp_path, changed, number, words):
    dataset = make_dataset()
    make_published(dataset, tmp_path)
    dataset.refresh_from_db()
    draft = make_draft(dataset, tmp_path, metadata=make_metadata(**changed))
    assert draft.number == number
    assert any(words in reason["text"] for reason in draft.reasons)


def test_changed_values_alone_are_a_patch(tmp_path):
    dataset = make_dataset()
    make_published(dataset, tmp_path)
    dataset.refresh_from_db()
    rows = make_rows(make_metadata())
    rows[0]["value"] += 5
    draft = make_draft(dataset, tmp_path, rows=rows, kind="correction")
    assert draft.number == "1.0.1"
    assert draft.reasons[0]["text"] == "Same structure and periods, values corrected"


def test_a_code_that_is_gone_blocks_approval_until_mapped_and_a_renaming_is_minor(tmp_path):
    dataset = make_dataset()
    make_published(dataset, tmp_path)
    dataset.refresh_from_db()
    roles = {"all": "All roles", "ohn": "OH nurses", "phy": "Physiotherapists"}
    draft = make_draft(dataset, tmp_path, metadata=make_metadata(roles=roles))
    assert draft.number == "2.0.0"
    assert actions.unmapped(draft) == {"role_code": ["nur"]}
    editor = make_user()
    with pytest.raises(ActionRefused, match="not a new code"):
        actions.map_codes(by=editor, version=draft, mapping={"role_code": {"nur": "phy"}})
    actions.submit_version(by=None, version=draft)
    with pytest.raises(MappingOpen, match="role_code: nur"):
        actions.approve_version(by=editor, version=draft)
    actions.return_to_draft(by=editor, version=draft, reason="map it")
    mapped = actions.map_codes(by=editor, version=draft, mapping={"role_code": {"nur": "ohn"}})
    assert mapped.number == "1.1.0"
    assert mapped.files.filter(name__endswith="-1.1.0.csv").exists()


def test_number_may_be_raised_but_not_lowered(tmp_path):
    dataset = make_dataset()
    make_published(dataset, tmp_path)
    dataset.refresh_from_db()
    draft = make_draft(dataset, tmp_path, metadata=make_metadata(periods={**PERIODS, "2023-03": "March 2023"}))
    with pytest.raises(ActionRefused, match="already numbered for a minor change"):
        actions.raise_number(by=make_user(), version=draft, level=ChangeLevel.PATCH, reason="no")
    assert (
        actions.raise_number(by=make_user(), version=draft, level=ChangeLevel.MAJOR, reason="method").number == "2.0.0"
    )


def test_nobody_approves_what_they_made_or_submitted(tmp_path):
    maker, sender, other = make_user(), make_user(), make_user()
    draft = make_draft(make_dataset(), tmp_path, by=maker)
    actions.submit_version(by=sender, version=draft)
    for person in (maker, sender, None):
        with pytest.raises(OwnWork):
            actions.approve_version(by=person, version=draft)
    assert actions.approve_version(by=other, version=draft).approved_by == other


def test_a_draft_is_not_published_without_approval(tmp_path):
    draft = make_draft(make_dataset(), tmp_path)
    with pytest.raises(WrongState, match="is draft: it cannot become published"):
        actions.publish_version(by=make_user(), version=draft)


def test_a_draft_made_before_another_publication_is_stale(tmp_path):
    dataset = make_dataset()
    early = make_draft(dataset, tmp_path)
    make_published(dataset, tmp_path)
    actions.submit_version(by=None, version=early)
    actions.approve_version(by=make_user(), version=early)
    with pytest.raises(StaleBase):
        actions.publish_version(by=None, version=early)
    early.refresh_from_db()
    assert early.state == VersionState.APPROVED


def test_published_rows_never_change(tmp_path):
    version = make_published(make_dataset(), tmp_path)
    for change in (
        lambda: DatasetVersion.objects.filter(pk=version.pk).update(digest="0" * 64),
        lambda: DatasetVersion.objects.filter(pk=version.pk).update(published_at=None),
        lambda: version.files.update(sha256="0" * 64),
        lambda: version.files.all().delete(),
    ):
        with pytest.raises((IntegrityError, InternalError), match=r"never change|violates"), transaction.atomic():
            change()


def test_publishing_supersedes_and_withdrawing_brings_the_one_before_back(tmp_path):
    dataset = make_dataset()
    first = make_published(dataset, tmp_path)
    second = make_published(dataset, tmp_path, kind="correction", change_note="Two regions were swapped.")
    first.refresh_from_db()
    assert first.state == VersionState.SUPERSEDED
    assert first.superseded_reason == "Correction: Two regions were swapped."
    with pytest.raises(ActionRefused, match="Say why"):
        actions.withdraw_version(by=make_user(), version=second, reason=" ")
    actions.withdraw_version(by=make_user(), version=second, reason="The file was of another year.")
    first.refresh_from_db()
    dataset.refresh_from_db()
    assert (first.state, dataset.latest) == (VersionState.PUBLISHED, first)
    again = make_published(dataset, tmp_path)
    assert again.number == "1.0.2"  # the withdrawn number is not used again


def test_draft_files_are_private_until_publication(tmp_path):
    from portal.core.storage import private_files, public_files

    dataset = make_dataset()
    draft = make_draft(dataset, tmp_path)
    assert private_files.exists(draft.digest)
    assert not public_files.exists(draft.digest)
    actions.submit_version(by=None, version=draft)
    actions.approve_version(by=make_user(), version=draft)
    published = actions.publish_version(by=None, version=draft)
    assert all(public_files.exists(file.sha256) for file in published.files.all())


def test_publication_that_fails_later_in_the_transaction_publishes_nothing(tmp_path):
    dataset = make_dataset()
    draft = make_draft(dataset, tmp_path)
    actions.submit_version(by=None, version=draft)
    actions.approve_version(by=make_user(), version=draft)

    def publish_with_a_page_that_fails():
        with transaction.atomic():
            actions.publish_version(by=None, version=draft)
            raise RuntimeError("the page could not be published")

    with pytest.raises(RuntimeError):
        publish_with_a_page_that_fails()
    assert Dataset.objects.get(pk=dataset.pk).latest is None
    assert DatasetVersion.objects.get(pk=draft.pk).state == VersionState.APPROVED


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda rows: rows[0].update(role_code="gone"), "role_code has values that are not in its list: 'gone'"),
        (lambda rows: rows.append(rows[0]), "the same cell stands twice"),
        (lambda rows: rows[0].update(value=None), "neither a value nor a status"),
        (lambda rows: rows[0].update(status="[c]"), "not shorthand"),
        (lambda rows: rows[0].update(value=float("inf")), "are not numbers"),
        (lambda rows: [row.pop("measure") for row in rows], "no column measure"),
        (lambda rows: rows[0].update(measure=None), "measure has values that are not in its list"),
    ],
)
def test_observations_that_disagree_with_their_description_are_refused(tmp_path, spoil, words):
    rows = make_rows(make_metadata())
    spoil(rows)
    with pytest.raises(BadObservations, match=words.replace("[", r"\[")):
        make_draft(make_dataset(), tmp_path, rows=rows)
    assert not DatasetVersion.objects.exists()


def test_same_inputs_give_the_same_bytes_whatever_the_order_of_rows(tmp_path):
    dataset = make_dataset()
    rows = make_rows(make_metadata())
    first, second = make_draft(dataset, tmp_path, rows=rows), make_draft(dataset, tmp_path, rows=rows[::-1])
    assert first.digest == second.digest
    assert list(first.files.values_list("name", "sha256")) == list(second.files.values_list("name", "sha256"))


def test_observations_are_read_by_filters(tmp_path):
    version = make_draft(make_dataset(), tmp_path)
    found = observations(version, measure="headcount", geography_code="E40000003", role_code=["all", "nur"])
    assert [(row["time_period"], row["role_code"], row.value, row.status) for row in found] == [
        ("2021-03", "all", 25.0, ""),
        ("2021-03", "nur", None, "c"),
        ("2022-03", "all", 70.0, ""),
        ("2022-03", "nur", 75.0, ""),
    ]
    assert found[0]["coverage_received"] == 43
    assert observations(version, role_code="nobody") == []
    assert codes_in_use(version, "geography_code") == list(AREAS)
    with pytest.raises(UnknownColumnError):
        observations(version, colour="red")
    with pytest.raises(ValueError, match="not fully named"):
        value_of(version, measure="fte", role_code="all")
    cell = {"time_period": "2022-03", "geography_code": "E92000001", "role_code": "all"}
    assert value_of(version, measure="fte", **cell).value == 55.25


@pytest.mark.parametrize("audit", [{}, {"audit": None}, {"audit": {"passed": False}}, {"audit": {"passed": "yes"}}])
def test_a_series_without_a_passed_audit_goes_no_further(tmp_path, audit):
    draft = make_draft(make_dataset(), tmp_path, lineage={"series": "oh-headcount", **audit})
    actions.submit_version(by=None, version=draft)
    with pytest.raises(AuditMissing):
        actions.approve_version(by=make_user(), version=draft)
    # Some other way is refused by the table itself.
    for state in (VersionState.APPROVED, VersionState.SCHEDULED, VersionState.PUBLISHED):
        with pytest.raises(IntegrityError, match="datasets_version_of_series_is_audited"), transaction.atomic():
            DatasetVersion.objects.filter(pk=draft.pk).update(state=state, published_at=timezone.now())


def test_a_series_with_a_passed_audit_is_approved(tmp_path):
    draft = make_draft(make_dataset(), tmp_path, lineage={"series": "oh-headcount", "audit": {"passed": True}})
    actions.submit_version(by=None, version=draft)
    assert actions.approve_version(by=make_user(), version=draft).state == VersionState.APPROVED
