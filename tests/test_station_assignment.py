"""Who stands where: nobody shares a station, everybody who can stands at his own, and only a full site refuses."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robosim.charging.station.caltech import caltech_site
from robosim.charging.station.places import Move, assign
from robosim.charging.station.posts import KINDS, Post
from robosim.charging.station.sessions import Sessions, read_sessions
from robosim.charging.station.site import listed_site, plain_site
from robosim.errors import BadInput

DATA = Path(__file__).parents[1] / ".." / "shared" / "data" / "ev"
Stay = tuple[str, float, float]
SITE = plain_site(3, 20.0)


def day(*stays: Stay) -> Sessions:
    names, arrival, departure = zip(*stays, strict=True) if stays else ((), (), ())
    n, end = len(stays), np.array(departure, dtype=float)
    return Sessions(
        arrival_min=np.array(arrival, dtype=float),
        departure_min=end,
        stated_departure_min=end,
        asked_kwh=np.ones(n),
        delivered_kwh=np.ones(n),
        claimed=np.ones(n, dtype=bool),
        clipped=np.zeros(n, dtype=bool),
        stations=names,
        ids=tuple(f"s{i}" for i in range(n)),
        places=tuple(f"day.csv:{i + 2}" for i in range(n)),
        battery_kwh=np.full(n, np.nan),
        soc=np.full(n, np.nan),
        max_kw=np.full(n, np.nan),
        capped_kwh=np.zeros(n),
    )


def test_by_hand() -> None:
    """EVSE-2 is its own; an unknown one and a second car at EVSE-2 get the first free; from 60 on EVSE-2 is free."""
    stays = day(("EVSE-2", 0, 60), ("11900388", 5, 100), ("EVSE-2", 10, 90), ("EVSE-2", 60, 120))
    assert assign(stays, SITE).post.tolist() == [1, 0, 2, 1]


def test_order_is_that_of_arrival_not_of_the_file() -> None:
    assert assign(day(("EVSE-1", 50, 90), ("EVSE-1", 10, 90)), SITE).post.tolist() == [1, 0]


def test_a_full_site_names_everybody_left_over() -> None:
    stays = day(*[("", 8 * 60 + 5, 600.0)] * 5)
    with pytest.raises(BadInput) as caught:
        assign(stays, SITE)
    lines = str(caught.value).splitlines()
    assert [line.split(": ")[0] for line in lines] == ["day.csv:5", "day.csv:6"]
    assert "no station is free at 08:05 for session \"s3\" (all 3 of site 'plain' are taken" in lines[0]


MIXED = listed_site(
    [
        Post("A1", KINDS["continuous"].limited(32.0), 230.0),
        Post("A2", KINDS["continuous"].limited(32.0), 230.0),
        Post("B1", KINDS["deadband"].limited(32.0), 230.0),
        Post("D1", KINDS["continuous"].limited(32.0), 230.0, direct=True),
        Post("D2", KINDS["continuous"].limited(32.0), 230.0, direct=True),
    ],
    60.0,
)


def test_where_a_car_goes_whose_post_is_taken_or_unknown() -> None:
    """Any: the first by name; the same kind: AC or DC, with the same currents; unknown posts are like any."""
    stays = day(("D1", 0, 60), ("D1", 1, 50), ("B1", 2, 60), ("Z", 3, 60), ("", 4, 60), ("D2", 60, 90))
    free, alike = assign(stays, MIXED), assign(stays, MIXED, "same-kind")
    ids = MIXED.evses.ids
    assert [ids[one] for one in free.post] == ["D1", "A1", "B1", "A2", "D2", "D2"]
    assert [ids[one] for one in alike.post] == ["D1", "D2", "B1", "A1", "A2", "D2"]
    assert alike.moves == (Move("s1", "D1", True, "D2"), Move("s3", "Z", False, "A1"))
    assert free.moves == (Move("s1", "D1", True, "A1"), Move("s3", "Z", False, "A2"))


def test_who_may_not_stand_elsewhere_is_named() -> None:
    stays = day(("D1", 0, 60), ("D1", 1, 50), ("B1", 2, 60), ("B1", 2, 60), ("Z", 3, 60), ("", 4, 60))
    with pytest.raises(BadInput) as caught:
        assign(stays, MIXED, "forbidden")
    fix = '(correct it, or write station.elsewhere = "any": the first free post)'
    assert str(caught.value).splitlines() == [
        f'day.csv:3: station_id: post "D1" is taken at 00:01 for session "s1" {fix}',
        f'day.csv:5: station_id: post "B1" is taken at 00:02 for session "s3" {fix}',
        f'day.csv:6: station_id: site \'plain\' has no post "Z", named at 00:03 for session "s4" {fix}',
    ]
    with pytest.raises(BadInput, match=r'day.csv:5: station_id: no post like "B1" is free at 00:02 for session "s3"'):
        assign(stays, MIXED, "same-kind")


def test_of_equal_chargers_nobody_has_one_of_its_own() -> None:
    """Their names are made up: whatever the rule, nobody is moved."""
    stays = day(("CA-303", 0, 60), ("EVSE-2", 0, 60), ("EVSE-2", 0, 60))
    for rule in ("any", "same-kind", "forbidden"):
        assert assign(stays, SITE, rule).moves == ()


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["EVSE-1", "EVSE-2", "EVSE-3", "elsewhere"]), st.integers(0, 30), st.integers(0, 10)),
        max_size=25,
    )
)
def test_no_station_is_shared_and_only_a_full_site_refuses(stays: list[tuple[str, int, int]]) -> None:
    sessions = day(*((name, float(a), float(a + length)) for name, a, length in stays))
    begin, end = sessions.arrival_min, sessions.departure_min
    most = max((np.sum((begin <= t) & (t < end)) for t in begin), default=0)  # cars at once, whoever stands where
    try:
        found = assign(sessions, SITE).post
    except BadInput:
        assert most + np.sum(begin == end) > 3
        return
    assert most <= 3
    for i in range(len(stays)):
        for j in range(i):
            apart = end[i] <= begin[j] or end[j] <= begin[i]
            assert found[i] != found[j] or apart
    for i, (name, _, _) in enumerate(stays):
        taken = any(
            j != i and found[j] == SITE.evses.ids.index(name) and begin[j] <= begin[i] <= end[j]
            for j in range(len(stays))
            if name != "elsewhere"
        )
        assert name == "elsewhere" or SITE.evses.ids[found[i]] == name or taken


@pytest.mark.skipif(not DATA.is_dir(), reason="LOUD: ../shared/data/ev is not here, the real day is not assigned")
def test_on_the_real_day_everybody_stands_where_he_stood() -> None:
    sessions, site = read_sessions(DATA / "acn_caltech_2019-10-29.csv"), caltech_site()
    assert tuple(site.evses.ids[number] for number in assign(sessions, site).post) == sessions.stations
