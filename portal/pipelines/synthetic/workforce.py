"""The synthetic people and posts, and how they come and go between four collections.

Everything is an array with one entry for each post that ever existed, so that five million
posts take seconds. A post exists from collection ``first`` to collection ``last``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from portal.pipelines.synthetic.anchors import BASE_POSTS, ICBS_OF_REGION, PROVIDERS, ROLES
from portal.pipelines.synthetic.register import Organisation, make_register

#: The reference months of the four collections, oldest first.
PERIODS = ("2024-09", "2025-03", "2025-09", "2026-03")
CONTRACTS = ("permanent", "fixed_term", "bank", "agency", "self_employed", "sessional", "trainee")
CONTRACT_SHARES = (0.72, 0.07, 0.06, 0.04, 0.06, 0.04, 0.01)
ETHNIC_GROUPS = ("white", "mixed", "asian", "black", "other", "not_stated", "not_known")
ETHNIC_SHARES = (0.735, 0.02, 0.095, 0.07, 0.02, 0.03, 0.03)
DISABILITY = ("no", "yes", "prefer_not_to_say", "not_known")
DISABILITY_SHARES = (0.8, 0.075, 0.045, 0.08)
PART_TIME_FTE = (200_000_000, 400_000_000, 500_000_000, 533_333_333, 600_000_000, 666_666_667, 800_000_000, 906_666_667)
FULL_FTE = 1_000_000_000
NANO = 1_000_000_000
#: Share of posts that are a contracted service without a person, and of people with a second post.
SERVICE_SHARE = 0.012
SECOND_POST_SHARE = 0.045
#: Movement in half a year, and the growth it leaves.
LEAVING = 0.06
JOINING = 0.068
#: Share of organisations that miss a collection and answered another.
MISSED = 0.03
#: Share of posts whose place of work is not where the employer is.
ELSEWHERE = 0.04


@dataclass(frozen=True)
class Workforce:
    """Every post of the synthetic workforce; the arrays run in parallel."""

    seed: int
    organisations: list[Organisation]
    organisation: NDArray[np.int32]
    role: NDArray[np.int16]
    worker: NDArray[np.int64]
    "Number of the person; -1 for a contracted service."
    first: NDArray[np.int8]
    last: NDArray[np.int8]
    region: NDArray[np.int8]
    icb: NDArray[np.int8]
    fte_nano: NDArray[np.int64]
    oh_share_milli: NDArray[np.int32]
    contract: NDArray[np.int8]
    title: NDArray[np.int8]
    qualified: NDArray[np.bool_]
    function: NDArray[np.bool_]
    female: NDArray[np.bool_]
    birth_year: NDArray[np.int16]
    ethnic: NDArray[np.int8]
    disability: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.role)

    def posts_at(self, collection: int) -> NDArray[np.int64]:
        """Return the numbers of the posts that exist at a collection (0 is the oldest)."""
        return np.flatnonzero((self.first <= collection) & (self.last >= collection))

    def responding(self, collection: int) -> NDArray[np.bool_]:
        """Return which organisations send a return for a collection: more each time, by type."""
        rng = np.random.default_rng([self.seed, 17])
        willingness = rng.random(len(self.organisations))
        rates = {provider.code: provider.response for provider in PROVIDERS}
        respond = np.array([rates[organisation.provider_type] for organisation in self.organisations])
        missed = rng.random((len(PERIODS), len(self.organisations))) < MISSED
        # Response grows as the collection becomes known: from four fifths of its level to all of it.
        return (willingness < respond * (0.8, 0.87, 0.94, 1.0)[collection]) & ~missed[collection]

    def returned_at(self, collection: int) -> NDArray[np.int64]:
        """Return the numbers of the posts that are in the returns of a collection."""
        posts = self.posts_at(collection)
        return posts[self.responding(collection)[self.organisation[posts]]]


def icb_codes() -> list[str]:
    """Return the codes that ``Workforce.icb`` counts through."""
    return [icb for icbs in ICBS_OF_REGION.values() for icb in icbs]


def region_codes() -> list[str]:
    """Return the codes that ``Workforce.region`` counts through."""
    return list(ICBS_OF_REGION)


def make_workforce(*, posts: int = BASE_POSTS, seed: int = 20260331) -> Workforce:
    """Return a workforce with exactly ``posts`` posts at the last collection."""
    rng = np.random.default_rng(seed)
    organisations = make_register(rng, posts)
    first, last = _lives(rng, posts)
    number = len(first)
    role = _roles(rng, number)
    organisation = _employers(rng, organisations, role)
    worker, owner = _workers(rng, role)
    region, icb = _workplaces(rng, organisations, organisation)
    return Workforce(
        seed=seed,
        organisations=organisations,
        organisation=organisation,
        role=role,
        worker=worker,
        first=first,
        last=last,
        region=region,
        icb=icb,
        title=rng.integers(0, 12, size=number, dtype=np.int8),
        contract=rng.choice(len(CONTRACTS), size=number, p=CONTRACT_SHARES).astype(np.int8),
        **_hours(rng, role, worker),
        **_people(rng, role, owner),
    )


def _lives(rng: np.random.Generator, posts: int) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Return when each post begins and ends; ``posts`` of them exist at the last collection."""
    newest = len(PERIODS) - 1
    # Looking back from the last collection: who was there then joined in one of the half-years.
    joined = rng.random(posts)
    first = np.select(
        [joined < JOINING * k for k in range(1, newest + 1)], [newest - k + 1 for k in range(1, newest + 1)], 0
    )
    gone = round(posts * LEAVING * newest)
    gone_last = rng.integers(0, newest, size=gone)
    gone_first = np.minimum(gone_last, np.where(rng.random(gone) < 0.85, 0, gone_last))  # noqa: PLR2004 - most were there at the start
    return (
        np.concatenate([first, gone_first]).astype(np.int8),
        np.concatenate([np.full(posts, newest), gone_last]).astype(np.int8),
    )


def _roles(rng: np.random.Generator, number: int) -> NDArray[np.int16]:
    shares = np.array([role.posts for role in ROLES], dtype=float)
    return rng.choice(len(ROLES), size=number, p=shares / shares.sum()).astype(np.int16)


def _employers(
    rng: np.random.Generator,
    organisations: list[Organisation],
    role: NDArray[np.int16],
) -> NDArray[np.int32]:
    """Draw an employer for each post, by size and by what its type employs."""
    chosen = np.empty(len(role), dtype=np.int32)
    weights = np.array([organisation.weight for organisation in organisations])
    types = [organisation.provider_type for organisation in organisations]
    groups = {anchor.group for anchor in ROLES}
    group_of_role = np.array([anchor.group for anchor in ROLES])
    taste = {provider.code: provider.groups for provider in PROVIDERS}
    for group in sorted(groups):
        wanted = np.flatnonzero(np.isin(role, np.flatnonzero(group_of_role == group)))
        liking = np.array([taste[kind].get(group, 0.4) for kind in types]) * weights
        chosen[wanted] = rng.choice(len(organisations), size=len(wanted), p=liking / liking.sum())
    return chosen


def _workers(rng: np.random.Generator, role: NDArray[np.int16]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each post's person (-1: a service) and the post whose draw describes that person."""
    number = len(role)
    worker = np.arange(number, dtype=np.int64)
    # Second posts go to somebody of the same role: sorted by role, the neighbour is one.
    by_role = np.argsort(role, kind="stable")
    second = np.flatnonzero(rng.random(number - 1) < SECOND_POST_SHARE) + 1
    second = second[role[by_role[second]] == role[by_role[second - 1]]]
    worker[by_role[second]] = worker[by_role[second - 1]]
    owner = worker.copy()
    worker[rng.random(number) < SERVICE_SHARE] = -1
    return worker, owner


def _workplaces(
    rng: np.random.Generator,
    organisations: list[Organisation],
    organisation: NDArray[np.int32],
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Return region and ICB of work: the employer's own, or anywhere for a national one."""
    icbs, regions = icb_codes(), region_codes()
    region_of_icb = np.array([regions.index(r) for r, members in ICBS_OF_REGION.items() for _ in members])
    home = np.array([icbs.index(o.icb) for o in organisations])[organisation]
    anywhere = np.array([o.national for o in organisations])[organisation] | (rng.random(len(organisation)) < ELSEWHERE)
    icb = np.where(anywhere, rng.integers(0, len(icbs), size=len(organisation)), home)
    return region_of_icb[icb].astype(np.int8), icb.astype(np.int8)


def _hours(
    rng: np.random.Generator,
    role: NDArray[np.int16],
    worker: NDArray[np.int64],
) -> dict[str, NDArray[np.int64] | NDArray[np.int32]]:
    full_time = np.array([anchor.full_time for anchor in ROLES])[role]
    whole_share = np.array([anchor.oh_share for anchor in ROLES])[role]
    number = len(role)
    part = np.array(PART_TIME_FTE)[rng.integers(0, len(PART_TIME_FTE), size=number)]
    fte = np.where(rng.random(number) < full_time, FULL_FTE, part)
    # A contracted service stands for hours bought, often more than one person's.
    fte = np.where(worker < 0, rng.integers(1, 45, size=number) * 100_000_000, fte)
    some = rng.choice([50, 100, 150, 200, 250, 400, 500, 600, 800], size=number)
    return {
        "fte_nano": fte.astype(np.int64),
        "oh_share_milli": np.where(rng.random(number) < whole_share, 1000, some).astype(np.int32),
    }


def _people(rng: np.random.Generator, role: NDArray[np.int16], owner: NDArray[np.int64]) -> dict[str, NDArray]:
    """Draw what describes a person once, and give it to all of the person's posts."""
    number = len(role)
    mean, spread = (np.array([anchor.age[k] for anchor in ROLES])[role] for k in (0, 1))
    age = np.clip(rng.normal(mean, spread), 19, 74)
    drawn = {
        "qualified": rng.random(number) < np.array([anchor.qualified_share for anchor in ROLES])[role],
        "function": rng.random(number) < 0.35,  # noqa: PLR2004 - of those whose role can be appointed
        "female": rng.random(number) < np.array([anchor.women for anchor in ROLES])[role],
        "birth_year": (2026 - age).astype(np.int16),
        "ethnic": rng.choice(len(ETHNIC_GROUPS), size=number, p=ETHNIC_SHARES).astype(np.int8),
        "disability": rng.choice(len(DISABILITY), size=number, p=DISABILITY_SHARES).astype(np.int8),
    }
    return {name: values[owner] for name, values in drawn.items()}
