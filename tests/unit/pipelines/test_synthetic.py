"""The synthetic workforce: the same every time, of the size asked for, near the published figures."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc
import pytest

from portal.pipelines.synthetic.anchors import BASE_POSTS, PROVIDERS, ROLES
from portal.pipelines.synthetic.register import size_band
from portal.pipelines.synthetic.tables import snapshot_table
from portal.pipelines.synthetic.workforce import PERIODS, make_workforce


@pytest.fixture(scope="module")
def workforce():
    return make_workforce()


def test_the_same_seed_gives_the_same_workforce_and_another_seed_another(workforce) -> None:
    again = make_workforce()
    other = make_workforce(seed=1)
    assert snapshot_table(again, 2).equals(snapshot_table(workforce, 2))
    assert not snapshot_table(other, 2).equals(snapshot_table(workforce, 2))


@pytest.mark.parametrize("posts", [50, 999, 40_000])
def test_the_last_collection_has_exactly_the_posts_asked_for(posts) -> None:
    assert len(make_workforce(posts=posts).posts_at(len(PERIODS) - 1)) == posts


def test_every_provider_type_and_every_role_is_there(workforce) -> None:
    types = {organisation.provider_type for organisation in workforce.organisations}
    assert types == {provider.code for provider in PROVIDERS}
    assert set(np.unique(workforce.role).tolist()) == set(range(len(ROLES)))


def test_sizes_follow_the_published_figures(workforce) -> None:
    table = snapshot_table(workforce, 3)
    people = {}
    for code in ("doctors", "nurses"):
        rows = table.filter(pc.equal(table["role_group"], code))
        people[code] = pc.count_distinct(rows["worker_key"]).as_py()
    specialists = pc.sum(pc.equal(table["role_code"], "doc-specialist")).as_py()
    # About 3,200 nurses were implied in 2016; occupational medicine has specialists in the hundreds.
    assert 2_800 < people["nurses"] < 3_600
    assert 300 < specialists < 500
    assert BASE_POSTS < 20_000


def test_somebody_has_two_posts_and_some_records_have_nobody(workforce) -> None:
    table = snapshot_table(workforce, 3)
    people = pc.count_distinct(table["worker_key"]).as_py()
    services = pc.sum(pc.equal(table["kind"], "service")).as_py()
    assert table["worker_key"].null_count == services > 0
    assert people < table.num_rows - services


def test_more_organisations_answer_each_time_and_never_all(workforce) -> None:
    answered = [int(workforce.responding(k).sum()) for k in range(len(PERIODS))]
    assert answered == sorted(answered)
    assert answered[0] < answered[-1] < len(workforce.organisations)


@pytest.mark.parametrize(
    ("posts", "band"),
    [(1, "1"), (2, "2-4"), (4, "2-4"), (5, "5-9"), (249, "100-249"), (250, "250+")],
)
def test_size_bands_at_their_boundaries(posts, band) -> None:
    assert size_band(posts) == band
