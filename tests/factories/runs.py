"""A collection of made-up staff records, accepted and ready to be run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.definitions.models import Perspective, PerspectiveVersion, Role, RoleVersion
from portal.submissions.actions import accept_returns, import_returns
from portal.submissions.management.commands.import_returns import pcn_collection
from tests.factories.definitions import START
from tests.factories.staff_records import write_pcn_file

if TYPE_CHECKING:
    from pathlib import Path

    from portal.pipelines.demo import Team
    from portal.submissions.models import Collection

SERIES = "pcn-headcount"


ROLES = (
    ("pcn-clinical-director", "directors", "Clinical Director – Nurse"),
    ("pcn-manager", "admin-non-clinical", "Manager"),
    ("pcn-pharmacist", "direct-patient-care", "Pharmacist"),
    ("pcn-care-coordinator", "direct-patient-care", "Care Coordinator"),
    ("pcn-physiotherapist", "direct-patient-care", "Physiotherapist"),
)
CARE = "role_group = 'direct-patient-care'"
PERSPECTIVES = {"P1": "TRUE", "P2": CARE, "P3": f"{CARE} OR role_code = 'pcn-clinical-director'"}


def define_roles() -> None:
    """Publish the few roles and perspectives that the made-up file needs, straight into the tables."""
    if RoleVersion.objects.filter(family="pcn").exists():
        return
    shared = {"family": "pcn", "effective_from": START}
    for code, group, title in ROLES:
        role = Role.objects.create(code=code, group=group, title=title, live=True, **shared)
        RoleVersion.objects.create(
            role=role,
            number=1,
            code=code,
            group=group,
            title=title,
            change_class="new",
            approver_label="Test",
            **shared,
        )
    for code, predicate in PERSPECTIVES.items():
        perspective = Perspective.objects.create(code=code, title=code, live=True, **shared)
        PerspectiveVersion.objects.create(
            perspective=perspective, number=1, code=code, title=code, change_class="new", approver_label="Test",
            rule={}, resolved_rule={}, predicate_sql=predicate, **shared,
        )  # fmt: skip


def accepted_collection(folder: Path, *, period: str = "2022-03", rows: int = 600, seed: int = 1) -> Collection:
    """Import a made-up file of a month and accept its returns."""
    define_roles()
    collection = pcn_collection(f"pcn-{period}")
    path = write_pcn_file(folder / f"{period}-{seed}.csv", period=period, rows=rows, seed=seed)
    import_returns(by=None, collection=collection, path=path, reason="The file was corrected.")
    accept_returns(by=None, collection=collection)
    return collection


def collect_workforce(*, posts: int) -> Team:
    """Collect two periods of a small synthetic workforce: what the series of the family "oh" are made of."""
    from portal.definitions.starting_content import load_starting_content as load_definitions
    from portal.pipelines import demo
    from portal.pipelines.synthetic.workforce import make_workforce
    from portal.users.starting_content import load_starting_content as load_people

    load_people()
    load_definitions()
    team, workforce = demo.demo_team(), make_workforce(posts=posts)
    demo.register_synthetic(team, workforce)
    for number in (2, 3):
        demo.collect_synthetic(team, workforce, number)
    return team
