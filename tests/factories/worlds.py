"""Small publications, and every world that would have led to the same figures.

A reader of few enough figures can write down each way in which people could be spread over the cells such that the
publication would say what it says. A group is given away when it holds few people in all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

from portal.methods.audit import (
    AuditOptions,
    audit_publication,
    facts_from_published,
    hierarchies_in,
    join_facts,
    with_shared_totals,
)
from portal.methods.audit.groups import kinds_of
from portal.methods.measures import compute_atoms, compute_cells
from portal.methods.protection import ProtectionRule, PTable, complete_cells, protect_cells, protect_counts

FEW = 2
"""Groups of one or two, with a threshold of three or four: small enough to list every world."""
MOST = 9
TOO_MANY = 10_000_000
WITHIN = [("area_code", "region_code")]


class Post(NamedTuple):
    """A post in an area such as E1a, of region E1; `members` has a 1 for each perspective that counts it."""

    area: str
    role: str
    members: str

    def code(self, column: str) -> str:
        """Return the post's code in a column."""
        return {"area_code": self.area, "region_code": self.area[:2], "role_code": self.role}[column]


class Cell(NamedTuple):
    """A cell of a table."""

    breakdown: tuple[str, ...]
    codes: tuple[str, ...]

    def holds(self, post: Post) -> bool:
        """Say whether a post stands in the cell."""
        return all(post.code(name) == code for name, code in zip(self.breakdown, self.codes, strict=True))


class Stated(NamedTuple):
    """Something said beside the tables, such as an estimate: of a perspective's cell, how far below and above the truth."""

    perspective: int
    cell: int
    below: int
    above: int


def rule(threshold: int, base: int) -> ProtectionRule:
    """Return a rule with small numbers; base 1 does not round."""
    return ProtectionRule(ptable=PTable.ten_five(threshold, base), threshold=threshold, base=base)


@dataclass(frozen=True)
class Publication:
    """People by the posts that they have, and what is published of them."""

    people: dict[tuple[Post, ...], int]
    breakdowns: list[tuple[str, ...]]
    rule: ProtectionRule
    stated: tuple[Stated, ...] = ()

    @cached_property
    def perspectives(self) -> dict[str, str]:
        return {f"P{bit}": f"p{bit}" for bit in range(len(next(iter(self.people))[0].members))}

    @cached_property
    def truth(self) -> np.ndarray:
        return np.array(list(self.people.values()))

    @cached_property
    def all_breakdowns(self) -> list[tuple[str, ...]]:
        return with_shared_totals(self.breakdowns, WITHIN)

    @cached_property
    def cells(self) -> list[Cell]:
        posts = [post for person in self.people for post in person]
        return sorted({Cell(names, tuple(map(post.code, names))) for names in self.all_breakdowns for post in posts})

    def membership(self, person: tuple[Post, ...], cell: Cell) -> int | None:
        """Return a person's perspectives within a cell as bits, or nothing where the person is not in it."""
        inside = [int(post.members[::-1], 2) for post in person if cell.holds(post)]
        return int(np.bitwise_or.reduce(inside)) if inside else None

    @cached_property
    def audited(self) -> tuple[set[str], list[int]]:
        """What the audit calls given away, and the memberships that it knows of."""
        connection = duckdb.connect(config={"threads": 1})
        connection.register("records", self._records())
        cells = compute_cells(connection, "records", breakdowns=self.breakdowns, perspectives=self.perspectives)
        codes = {
            name: sorted({post.code(name) for person in self.people for post in person})
            for name in ("area_code", "region_code", "role_code")
        }
        full = complete_cells(cells, code_lists=codes, perspectives=list(self.perspectives), breakdowns=self.breakdowns)
        protected = protect_cells(
            full.filter(pa.array([self._may_hold(row) for row in full.to_pylist()])),
            rule=self.rule, measures=("headcount",),
        )  # fmt: skip
        facts = facts_from_published(protected, rule=self.rule, where="Table")
        atoms = compute_atoms(connection, "records", breakdowns=self.all_breakdowns, perspectives=self.perspectives)
        report = audit_publication(
            atoms, join_facts(facts, *self._stated_facts(facts.schema)), perspectives=list(self.perspectives),
            hierarchies=hierarchies_in(connection, "records", WITHIN),
            options=AuditOptions(largest_small=FEW, remedy=False),
        )  # fmt: skip
        seen = sorted({int(text[::-1], 2) for text in atoms["members"].to_pylist()})
        return {failure.cell for failure in report.failures}, seen

    def _records(self) -> pa.Table:
        persons = [person for person, number in self.people.items() for _ in range(number)]
        return pa.Table.from_pylist(
            [
                {
                    "record_key": f"r{at}-{place}", "worker_key": f"w{at}", "noise_key": 0, "organisation_key": f"o{at}",
                    "organisation_group_key": f"g{at}", "fte_nano": 10**9, "weight_count": 1, "kind": "record",
                    **{name: post.code(name) for name in ("area_code", "region_code", "role_code")},
                    **{f"p{bit}": member == "1" for bit, member in enumerate(post.members)},
                }
                for at, person in enumerate(persons) for place, post in enumerate(person)
            ]
        )  # fmt: skip

    def _may_hold(self, row: dict[str, str]) -> bool:
        """Say whether a perspective counts anybody of these kinds in a cell; others are no part of the tables."""
        names = tuple(filter(None, row["breakdown"].split(",")))
        return bool(self.counts([int(row["perspective"][1:])], Cell(names, tuple(row[name] for name in names))).any())

    def _shown_cells(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.breakdown in self.breakdowns]

    def _said(self) -> list[tuple[int, Cell, int, int]]:
        """Perspective, cell, least and most of everything that is said beside the tables."""
        found = []
        for item in self.stated:
            cell = self._shown_cells()[item.cell % len(self._shown_cells())]
            true = int(self.counts([item.perspective], cell) @ self.truth)
            found.append((item.perspective, cell, max(0, true - item.below), true + item.above))
        return found

    def _stated_facts(self, schema: pa.Schema) -> list[pa.Table]:
        return [
            pa.Table.from_pylist(
                [
                    dict.fromkeys(schema.names, "all") | dict(zip(cell.breakdown, cell.codes, strict=True))
                    | {"perspective": f"P{bit}", "breakdown": ",".join(cell.breakdown), "measure": "headcount"}
                    | {"low": float(least), "high": float(most), "where": "Beside", "shown": f"{least} to {most}"}
                ],
                schema,
            )
            for bit, cell, least, most in self._said()
        ]  # fmt: skip

    def counts(self, bits: list[int], cell: Cell) -> np.ndarray:
        """Return, for each kind of person, whether one of the perspectives counts them in the cell."""
        wanted = sum(1 << bit for bit in bits)
        return np.array([int(bool((self.membership(person, cell) or 0) & wanted)) for person in self.people])


def given_away(publication: Publication) -> list[set[str]]:
    """Return the groups that hold few people in every world, each as the names it goes by.

    The reader is given what the audit gives: which groups are the same people, which are empty, which perspectives lie
    within others, and how many people of a perspective stand in several cells of a table.
    """
    cells, truth = publication.cells, publication.truth
    kinds = kinds_of(list(publication.perspectives), publication.audited[1])
    groups = [(cell, kind) for cell in cells for kind in range(len(kinds.sets))]
    of_group = np.array(
        [[int(publication.membership(person, cell) in kinds.sets[kind]) for person in publication.people]
         for cell, kind in groups]
    )  # fmt: skip
    rows = _facts(publication) + _several_cells(publication) + _memberships(publication)
    same: dict[tuple[int, ...], list[int]] = {}
    for at, row in enumerate(of_group):
        cell, kind = groups[at]
        inside = tuple(np.flatnonzero(row * truth).tolist())
        if inside:
            same.setdefault(inside, []).append(at)
        elif kind not in kinds.of_perspective or cell.breakdown not in publication.breakdowns:
            rows.append((row, 0, 0))
    rows += [(of_group[other] - of_group[first], 0, 0) for first, *others in same.values() for other in others]
    numbers = _worlds(rows, len(truth)) @ of_group.T
    least, most = numbers.min(axis=0), numbers.max(axis=0)
    names = [_name(kinds.names[kind], cell) for cell, kind in groups]
    return [
        {names[at] for at in members} for members in same.values() if least[members[0]] >= 1 and most[members[0]] <= FEW
    ]


def _name(kind: str, cell: Cell) -> str:
    codes = dict(zip(cell.breakdown, cell.codes, strict=True))
    return f"{kind}: {', '.join(codes[name] for name in sorted(codes)) or 'total'} (headcount)"


def _facts(publication: Publication) -> list[tuple[np.ndarray, int, int]]:
    """Every published value says: one of the counts that would be shown like this."""
    counts = np.arange(200)
    values, status = protect_counts(counts, np.zeros_like(counts), rule=publication.rule)
    rows = [(publication.counts([bit], cell), least, most) for bit, cell, least, most in publication._said()]
    for cell in publication._shown_cells():
        for bit in range(len(publication.perspectives)):
            row = publication.counts([bit], cell)
            true = int(row @ publication.truth)
            alike = counts[(status == status[true]) & ((values == values[true]) | (status == "c"))]
            rows.append((row, int(alike[0]), int(alike[-1])))
    return rows


def _several_cells(publication: Publication) -> list[tuple[np.ndarray, int, int]]:
    """How far the cells of a finer table exceed their whole, for each perspective."""
    rows = []
    for whole in publication.cells:
        for finer in publication.all_breakdowns:
            parts = [cell for cell in publication.cells if cell.breakdown == finer and _lies_in(cell, whole)]
            for bit in range(len(publication.perspectives) if parts else 0):
                row = publication.counts([bit], whole) - sum(publication.counts([bit], part) for part in parts)
                rows.append((row, int(row @ publication.truth), int(row @ publication.truth)))
    return [row for row in rows if row[0].any()]


def _memberships(publication: Publication) -> list[tuple[np.ndarray, int, int]]:
    """Nobody has a membership that nobody has in truth."""
    known = {None, *publication.audited[1]}
    return [
        (np.eye(len(publication.people))[at], 0, 0)
        for at, person in enumerate(publication.people)
        if any(publication.membership(person, cell) not in known for cell in publication.cells)
    ]


def _lies_in(cell: Cell, whole: Cell) -> bool:
    codes = dict(zip(cell.breakdown, cell.codes, strict=True))
    if "area_code" in codes:
        codes["region_code"] = codes["area_code"][:2]
    return cell.breakdown != whole.breakdown and all(
        codes.get(name) == code for name, code in zip(whole.breakdown, whole.codes, strict=True)
    )


def _worlds(rows: list[tuple[np.ndarray, int, int]], width: int) -> np.ndarray:
    """Return every vector of whole numbers that lies between the limits of every row, a column at a time."""
    system = np.unique(np.array([[*row, low, high] for row, low, high in rows], dtype=np.int16), axis=0)
    matrix, low, high = system[:, :-2], system[:, -2], system[:, -1]
    sums_of_none = (matrix >= 0).all(axis=1)
    most = np.array(
        [min([MOST, *high[sums_of_none & (matrix[:, at] > 0)].tolist()]) for at in range(width)], dtype=np.int16
    )
    worlds, sums = np.zeros((1, 0), dtype=np.int16), np.zeros((1, len(matrix)), dtype=np.int16)
    for at in range(width):
        rest = matrix[:, at + 1 :]
        numbers = np.arange(most[at] + 1, dtype=np.int16)
        longer = sums[:, None, :] + numbers[None, :, None] * matrix[None, None, :, at]
        room = (np.minimum(rest, 0) * most[at + 1 :]).sum(axis=1), (np.maximum(rest, 0) * most[at + 1 :]).sum(axis=1)
        world, number = np.nonzero(((longer <= high - room[0]) & (longer >= low - room[1])).all(axis=2))
        worlds = np.concatenate([worlds[world], numbers[number][:, None]], axis=1)
        sums = longer[world, number]
        assert sums.size < TOO_MANY, "too many worlds: make the publication smaller"
    return worlds
