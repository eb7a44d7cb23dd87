"""Vacancies, joiners and leavers of the synthetic providers, by role: drawn, and of nobody's data."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from portal.pipelines.synthetic.anchors import ROLES

if TYPE_CHECKING:
    from portal.pipelines.synthetic.workforce import Workforce

#: Share of posts that are vacant, by group of roles, and for the rest.
VACANT = {"nurses": 0.11, "doctors": 0.13}
VACANT_ELSEWHERE = 0.07
LONG = 0.45
JOINING, LEAVING = 0.12, 0.10
#: Providers that leave the question out.
SILENT_ON_VACANCIES, SILENT_ON_MOVEMENTS = 0.05, 0.08

Flow = tuple[str, int | None, int | None, int | None, int | None]


def flows_of(workforce: Workforce, collection: int) -> dict[str, list[Flow]]:
    """Return, for each organisation that answers, its roles with vacancies, long ones, joiners and leavers."""
    rng = np.random.default_rng([workforce.seed, collection, 37])
    posts = workforce.returned_at(collection)
    held = Counter(zip(workforce.organisation[posts].tolist(), workforce.role[posts].tolist(), strict=True))
    silent = rng.random((len(workforce.organisations), 2))
    found: dict[str, list[Flow]] = {}
    for (organisation, role), number in sorted(held.items()):
        vacant = int(rng.binomial(number + 1, VACANT.get(ROLES[role].group, VACANT_ELSEWHERE)))
        drawn = (vacant, int(rng.binomial(vacant, LONG)), *(int(rng.binomial(number, p)) for p in (JOINING, LEAVING)))
        about_vacancies = silent[organisation, 0] >= SILENT_ON_VACANCIES
        about_movements = silent[organisation, 1] >= SILENT_ON_MOVEMENTS
        found.setdefault(workforce.organisations[organisation].code, []).append(
            (
                ROLES[role].code,
                *(drawn[:2] if about_vacancies else (None, None)),
                *(drawn[2:] if about_movements else (None, None)),
            )
        )
    return found
