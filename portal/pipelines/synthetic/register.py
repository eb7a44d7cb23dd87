"""The synthetic register of organisations: every type, every size, some in groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from portal.pipelines.synthetic.anchors import BASE_POSTS, ICBS_OF_REGION, LARGE_ICBS, PROVIDERS

#: Share of commercial providers that belong to a group with another.
GROUPED = 0.25
#: About as many providers as the demo's home page speaks of.
BASE_ORGANISATIONS = 520
SIZE_BANDS = ((1, "1"), (4, "2-4"), (9, "5-9"), (24, "10-24"), (49, "25-49"), (99, "50-99"), (249, "100-249"))
LARGEST_BAND = "250+"
FIRST_HALVES = (
    "Ash", "Beck", "Birch", "Brack", "Calder", "Clay", "Crag", "Dun", "East", "Elm", "Fal", "Fern", "Glen", "Hazel",
    "Heath", "Holm", "Kes", "Lark", "Lin", "Mere", "Moor", "North", "Oak", "Pen", "Ridge", "Rowan", "Sedge", "Sil",
    "South", "Stan", "Thorn", "Wend", "West", "Whin", "Wyck", "Yar",
)  # fmt: skip
SECOND_HALVES = (
    "barrow", "bourne", "bridge", "combe", "cote", "dale", "down", "field", "ford", "garth", "gate", "ham", "hurst",
    "ley", "mere", "mouth", "ness", "shaw", "stead", "stow", "thorpe", "ton", "wick", "worth",
)  # fmt: skip


@dataclass(frozen=True)
class Organisation:
    """One made-up provider."""

    code: str
    name: str
    provider_type: str
    group: str
    region: str
    icb: str
    national: bool
    weight: float


def number_of_organisations(posts: int) -> int:
    """Return how many providers a workforce of this size works for: more, and larger ones."""
    return max(12, round(BASE_ORGANISATIONS * (posts / BASE_POSTS) ** 0.7))


def make_register(rng: np.random.Generator, posts: int) -> list[Organisation]:
    """Return the providers of a workforce of ``posts`` posts."""
    number = number_of_organisations(posts)
    types = _types(rng, number)
    icbs, regions, weights = _icbs()
    homes = rng.choice(len(icbs), size=number, p=weights)
    sizes = np.exp(rng.normal([PROVIDERS[kind].size for kind in types], 0.9))
    names = _names(rng, number)
    groups = _groups(rng, types)
    return [
        Organisation(
            code=f"OHX{index + 1:05d}",
            name=f"{names[index]} {PROVIDERS[kind].names[index % len(PROVIDERS[kind].names)]} (synthetic)",
            provider_type=PROVIDERS[kind].code,
            group=groups[index],
            region=regions[homes[index]],
            icb=icbs[homes[index]],
            national=PROVIDERS[kind].national,
            weight=float(sizes[index]),
        )
        for index, kind in enumerate(types)
    ]


def size_band(posts: int) -> str:
    """Return the size band of an organisation with this many occupational health posts."""
    return next((band for most, band in SIZE_BANDS if posts <= most), LARGEST_BAND)


def _types(rng: np.random.Generator, number: int) -> NDArray[np.int64]:
    shares = np.array([provider.share for provider in PROVIDERS])
    one_of_each = np.arange(len(PROVIDERS))
    rest = rng.choice(len(PROVIDERS), size=number - len(PROVIDERS), p=shares / shares.sum())
    return np.concatenate([one_of_each, rest])


def _icbs() -> tuple[list[str], list[str], NDArray[np.float64]]:
    pairs = [(icb, region) for region, icbs in ICBS_OF_REGION.items() for icb in icbs]
    weights = np.array([2.5 if icb in LARGE_ICBS else 1.0 for icb, _ in pairs])
    return [icb for icb, _ in pairs], [region for _, region in pairs], weights / weights.sum()


def _names(rng: np.random.Generator, number: int) -> list[str]:
    pairs = len(FIRST_HALVES) * len(SECOND_HALVES)
    order = rng.permutation(pairs)
    names = []
    for index in range(number):
        first, second = divmod(int(order[index % pairs]), len(SECOND_HALVES))
        # Past the last pair of halves the names repeat with a number.
        turn = f" {index // pairs + 1}" if index >= pairs else ""
        names.append(f"{FIRST_HALVES[first]}{SECOND_HALVES[second]}{turn}")
    return names


def _groups(rng: np.random.Generator, types: NDArray[np.int64]) -> list[str]:
    """Put one commercial provider in eight under a parent company shared with another."""
    commercial = {index for index, provider in enumerate(PROVIDERS) if provider.code.startswith("commercial")}
    members = [i for i, kind in enumerate(types) if kind in commercial and rng.random() < GROUPED]
    groups = [f"OHX{index + 1:05d}" for index in range(len(types))]
    for first, second in zip(members[::2], members[1::2], strict=False):
        groups[second] = groups[first]
    return groups
