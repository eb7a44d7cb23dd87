"""The demo: a synthetic workforce returned, run, approved and published by the same actions as real ones.

Nothing is put into a table by the back door. Every part can be run again, also after it was
killed half-way: what is there is left alone.
"""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Group
from django.utils import timezone

from portal.organisations.actions import RegisterEntry, add_to_register
from portal.organisations.enums import size_of
from portal.organisations.models import Organisation
from portal.pipelines.actions import request_run
from portal.pipelines.definitions_used import group_of_role
from portal.pipelines.enums import RunState, Trigger
from portal.pipelines.errors import PipelineError
from portal.pipelines.metadata import period_label
from portal.pipelines.runner import execute_run
from portal.pipelines.sources import SOURCES
from portal.pipelines.specification import specification_of
from portal.pipelines.synthetic.flows import flows_of
from portal.pipelines.synthetic.returns import returns_of
from portal.pipelines.synthetic.workforce import PERIODS, Workforce
from portal.publications.actions import (
    accept_text,
    approve_release,
    publish_release,
    submit_release,
)
from portal.publications.enums import ReleaseState
from portal.publications.models import PublicationSeriesPage, ReleaseVersion
from portal.submissions.actions import (
    FlowValues,
    accept_returns,
    close_collection,
    import_returns,
    load_return_records,
    seal_collection,
)
from portal.submissions.enums import CollectionState
from portal.submissions.management.commands.import_returns import pcn_collection
from portal.submissions.models import Collection
from portal.submissions.storing import RecordValues
from portal.users.enums import GroupName
from portal.users.models import User

if TYPE_CHECKING:
    from pathlib import Path

PCN_FILES = {
    "2020-03": "pcn_individual_level_2020_march.csv",
    "2020-09": "pcn_individual_level_2020_september.csv",
    "2021-03": "pcn_individual_level_2021_march.csv",
    "2021-09": "pcn_individual_level_2021_september.csv",
    "2022-03": "pcn_individual_level_2022_march.csv",
}
#: The series that are made of the synthetic returns.
SYNTHETIC_SERIES = ("oh-headcount", "oh-vacancies-turnover", "oh-response")
#: From the reference date to publication.
MONTHS_TO_PUBLICATION = 3
PUBLICATION_DAY = 14
DOMAIN = "demo.example"
#: What organisations return, by their code.
Returns = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Team:
    """The people of the demo: nobody approves what they wrote."""

    manager: User
    analyst: User
    editor: User
    approver: User
    publisher: User


def demo_team() -> Team:
    """Return the people of the demo, made without a password; ``create_demo_accounts`` gives them one."""
    return Team(
        *(
            _person(name)
            for name in (
                GroupName.COLLECTION_MANAGERS,
                GroupName.ANALYSTS,
                GroupName.EDITORS,
                GroupName.APPROVERS,
                GroupName.PUBLISHERS,
            )
        ),
    )


def _person(group: GroupName) -> User:
    role = group.value.lower().removesuffix("s")
    user, made = User.objects.get_or_create(
        email=f"{role.replace(' ', '.')}@{DOMAIN}", defaults={"first_name": "Demo", "last_name": role}
    )
    if made:
        user.set_unusable_password()
        user.save()
    user.groups.add(Group.objects.get_or_create(name=group.value)[0])
    return User.objects.get(pk=user.pk)


def register_synthetic(team: Team, workforce: Workforce) -> int:
    """Put the synthetic organisations into the register, with their groups and sizes."""
    added = add_to_register(
        by=team.manager,
        source="Synthetic workforce for the demo",
        entries=[
            RegisterEntry(item.code, item.name, "oh", item.provider_type, item.region, item.icb, is_synthetic=True)
            for item in workforce.organisations
        ],
    )
    known = Organisation.objects.in_bulk([item.code for item in workforce.organisations], field_name="code")
    posts = dict.fromkeys(range(len(workforce.organisations)), 0)
    for organisation in workforce.organisation[workforce.posts_at(len(PERIODS) - 1)].tolist():
        posts[organisation] += 1
    for number, item in enumerate(workforce.organisations):
        row = known[item.code]
        row.size = size_of(posts[number])
        row.parent = known[item.group] if item.group != item.code else None
    Organisation.objects.bulk_update(known.values(), ["size", "parent"], batch_size=500)
    return added


def collect_synthetic(team: Team, workforce: Workforce, number: int) -> Collection:
    """Load and accept the returns of one synthetic collection, then close and seal it."""
    collection = _collection(PERIODS[number])
    if collection.state == CollectionState.OPEN:
        _receive(team, workforce, number, collection)
        collection = close_collection(by=team.manager, collection=collection)
    if collection.state == CollectionState.CLOSED:
        collection = seal_collection(by=team.manager, collection=collection)
    return collection


def _receive(team: Team, workforce: Workforce, number: int, collection: Collection) -> None:
    """Load and accept what every organisation returns."""
    returns = values_of(dict(returns_of(workforce, number)))
    _expect_everybody(collection)
    load_return_records(
        by=team.manager,
        collection=collection,
        records={code: records for code, records in returns.items() if records},
        nil=[code for code, records in returns.items() if not records],
        flows={code: [FlowValues(*flow) for flow in flows] for code, flows in flows_of(workforce, number).items()},
    )
    accept_returns(by=team.manager, collection=collection)


def values_of(returns: Returns) -> dict[str, list[RecordValues]]:
    """Return records as a check would store them: each role in the group that the definitions give it."""
    groups = group_of_role("oh")
    return {
        code: [RecordValues(**record, role_group=groups.get(record["role_code"], "")) for record in records]
        for code, records in returns.items()
    }


def _collection(period: str) -> Collection:
    year, month = (int(word) for word in period.split("-"))
    reference = dt.date(year, month, calendar.monthrange(year, month)[1])
    opened = timezone.make_aware(dt.datetime.combine(reference, dt.time(9)))
    collection, _ = Collection.objects.get_or_create(
        code=f"oh-{period}",
        defaults={
            "title": f"Occupational health workforce, {period_label(period)} (synthetic)",
            "family": "oh",
            "reference_date": reference,
            "opens_at": opened,
            # The demo is loaded today, so today must lie before the end, or every return were late.
            "closes_at": max(opened + dt.timedelta(days=90), timezone.now() + dt.timedelta(days=30)),
            "state": CollectionState.OPEN,
            "is_synthetic": True,
        },
    )
    return collection


def _expect_everybody(collection: Collection) -> None:
    from portal.submissions.actions.collections import ensure_returns  # noqa: PLC0415 - only the demo starts open

    ensure_returns(collection)


def collect_pcn(team: Team, folder: Path, period: str) -> Collection:
    """Import and accept a real file of staff records."""
    collection = pcn_collection(f"pcn-{period}")
    if collection.state == CollectionState.OPEN:
        import_returns(by=team.manager, collection=collection, path=folder / PCN_FILES[period])
        accept_returns(by=team.manager, collection=collection)
    return collection


def publish_period(team: Team, *, series: str, period: str, collections: list[str]) -> ReleaseVersion:
    """Run a series on its collections so far and publish the release of the last of them."""
    specification = specification_of(series)
    published = _release_of(specification.publication, period)
    if published is not None and published.state == ReleaseState.PUBLISHED:
        return published
    if published is None or published.state == ReleaseState.DRAFT:
        run_for_demo(team, series, collections)
        published = _release_of(specification.publication, period)
    if published is None:
        raise PipelineError(f"The run of {series} drafted no release of {period}: is the publication's page there?")
    return _carry_through(team, published)


def publish_access(team: Team) -> int:
    """Run the series of access to opportunities quarter by quarter; publish what the audit lets pass, leave the rest."""
    series = "opportunities-access"
    quarters = SOURCES["opportunities"].collections("opportunities")
    published = 0
    for number, quarter in enumerate(quarters, start=1):
        period = quarter.removeprefix("opportunities-")
        release = _release_of(specification_of(series).publication, period)
        if release is None:
            run = run_for_demo(team, series, quarters[:number])
            if not run.lineage["audit"]["passed"]:
                continue  # a draft that nobody may approve: the desk says why
            release = _release_of(specification_of(series).publication, period)
            if release is not None:
                _carry_through(team, release)
                published += 1
    return published


def run_for_demo(team: Team, series: str, collections: list[str]) -> Any:
    """Run a series in this process and insist that it succeeds."""
    run = request_run(
        by=team.analyst, series=series, trigger=Trigger.COMMAND, parameters={"collections": collections}, send=False
    )
    if execute_run(run.pk) != RunState.SUCCEEDED:
        run.refresh_from_db()
        raise PipelineError(f"{run} {run.get_state_display().lower()}: {run.failure}")
    run.refresh_from_db()
    return run


def _release_of(publication: str, period: str) -> ReleaseVersion | None:
    page = PublicationSeriesPage.objects.filter(slug=publication).first()
    if page is None:
        raise PipelineError(f"There is no publication “{publication}”: load the starting content first.")
    versions = ReleaseVersion.objects.filter(series=page, period=period).with_everything()
    return versions.order_by("-number").first()


def _carry_through(team: Team, version: ReleaseVersion) -> ReleaseVersion:
    """Take a release from where it stands to publication, each step by the person whose step it is."""
    if version.state == ReleaseState.DRAFT:
        version = accept_text(by=team.editor, version=version)
        version = submit_release(by=team.editor, version=version)
    if version.state == ReleaseState.IN_REVIEW:
        version = approve_release(by=team.approver, version=version)
    return publish_release(by=team.publisher, version=version, at=_publication_moment(version.period))


def _publication_moment(period: str) -> dt.datetime:
    """Return 09:30 on a day three months on: what would have been the day of publication."""
    year, month = (int(word) for word in period.split("-"))
    years, month = divmod(month - 1 + MONTHS_TO_PUBLICATION, 12)
    moment = timezone.make_aware(dt.datetime(year + years, month + 1, PUBLICATION_DAY, 9, 30))  # noqa: DTZ001 - made aware here
    return min(moment, timezone.now())


__all__ = ["PCN_FILES", "collect_pcn", "collect_synthetic", "demo_team", "publish_period", "register_synthetic"]
