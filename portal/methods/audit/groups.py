"""The kinds of group that are looked at in every cell, and how they are made of each other.

With perspectives D1 and D2, the atoms of a cell are the people in D1 only, in D2 only and in both. A perspective
is a sum of atoms; so is the difference of two. Kinds are sets of atoms, so D2 minus D1 is the same kind as an atom
where D1 lies within D2.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Kinds:
    """Sets of atoms with a name each, and rows of coefficients that are zero in every cell.

    `add_up` says which kinds a reader may add up over cells although people have posts in several of them:
    perspectives, and what one holds beyond another that lies within it.
    """

    atoms: tuple[int, ...]
    sets: tuple[frozenset[int], ...]
    names: tuple[str, ...]
    add_up: tuple[bool, ...]
    rows: tuple[tuple[tuple[int, float], ...], ...]
    of_perspective: tuple[int, ...]


def kinds_of(perspectives: Sequence[str], atoms: Sequence[int]) -> Kinds:
    """Return the kinds for the membership patterns that occur."""
    named: dict[frozenset[int], str] = {}
    members = [frozenset(atom for atom in atoms if atom >> bit & 1) for bit in range(len(perspectives))]
    for name, held in zip(perspectives, members, strict=True):
        named.setdefault(held, name)
    for first, second in permutations(range(len(perspectives)), 2):
        difference = members[second] - members[first]
        if difference:
            named.setdefault(difference, f"{perspectives[second]} but not {perspectives[first]}")
    for atom in atoms:
        inside = [name for bit, name in enumerate(perspectives) if atom >> bit & 1]
        outside = [name for bit, name in enumerate(perspectives) if not atom >> bit & 1]
        text = " and ".join(inside) + (f" but not {' or '.join(outside)}" if outside else "")
        named.setdefault(frozenset([atom]), text)
    sets = tuple(named)
    place = {held: at for at, held in enumerate(sets)}
    rows = dict.fromkeys(_rows(members, atoms, place))
    nested = {second - first for first, second in permutations(members, 2) if first <= second}
    add_up = tuple(held in nested or held in members for held in sets)
    return Kinds(tuple(atoms), sets, tuple(named.values()), add_up, tuple(rows), tuple(place[held] for held in members))


def _rows(
    members: Sequence[frozenset[int]], atoms: Sequence[int], place: dict[frozenset[int], int]
) -> list[tuple[tuple[int, float], ...]]:
    """Pairs of perspectives first, then every larger kind as the sum of its atoms."""
    rows = []
    for first, second in permutations(members, 2):
        only_first, only_second = first - second, second - first
        terms: dict[int, float] = {}
        for held, sign in ((second, 1.0), (only_first, 1.0), (first, -1.0), (only_second, -1.0)):
            if held:
                terms[place[held]] = terms.get(place[held], 0.0) + sign
        terms = {kind: sign for kind, sign in terms.items() if sign}
        if terms and min(terms) in terms and terms[min(terms)] > 0:
            rows.append(tuple(sorted(terms.items())))
    for held, kind in place.items():
        if len(held) > 1:
            rows.append(((kind, 1.0), *((place[frozenset([atom])], -1.0) for atom in atoms if atom in held)))
    return rows
