"""Postcode to place, offline."""

import pytest

from portal.opportunities.places import UnknownPlaceError, find_place, local_authorities


def test_a_full_postcode_is_found_however_it_is_typed() -> None:
    place = find_place(" ls1  4ap ")
    assert (place.label, place.authority.name, place.is_district) == ("LS1 4AP", "Leeds", False)
    assert place == find_place("LS14AP")


def test_a_district_gives_a_point_but_no_deprivation() -> None:
    district = find_place("LS1")
    assert district.is_district
    assert district.authority is None
    assert find_place("LS1 4AP").miles_to(district.easting, district.northing) < 1


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "is not a postcode"),
        ("Leeds", "is not a postcode"),
        ("ZZ9 9ZZ", "do not know the postcode ZZ9 9ZZ"),
        ("EH1 1YZ", "not in England"),
        ("ZZ9", "do not know the postcode district"),
    ],
)
def test_what_is_not_a_place_is_refused_in_words(typed: str, message: str) -> None:
    with pytest.raises(UnknownPlaceError, match=message):
        find_place(typed)


def test_the_authorities_cover_england() -> None:
    authorities = local_authorities().values()
    assert len(authorities) == 296
    assert len({authority.icb_code for authority in authorities}) == 42
    assert len({authority.region_code for authority in authorities}) == 9
    assert {authority.deprivation_decile for authority in authorities} == set(range(1, 11))


def test_distance_agrees_with_a_known_pair() -> None:
    # Leeds to Westminster in a straight line is about 169 miles.
    leeds, london = find_place("LS1 4AP"), find_place("SW1A 1AA")
    assert leeds.miles_to(london.easting, london.northing) == pytest.approx(169, abs=3)
