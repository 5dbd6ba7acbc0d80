"""Who stands where: nobody shares a station, everybody who can stands at his own, and only a full site refuses."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robosim.charging.station.sessions import Sessions, read_sessions
from robosim.charging.station.site import assign, caltech_site, plain_site
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
    assert assign(stays, SITE).tolist() == [1, 0, 2, 1]


def test_order_is_that_of_arrival_not_of_the_file() -> None:
    assert assign(day(("EVSE-1", 50, 90), ("EVSE-1", 10, 90)), SITE).tolist() == [1, 0]


def test_a_full_site_names_everybody_left_over() -> None:
    stays = day(*[("", 8 * 60 + 5, 600.0)] * 5)
    with pytest.raises(BadInput) as caught:
        assign(stays, SITE)
    lines = str(caught.value).splitlines()
    assert [line.split(": ")[0] for line in lines] == ["day.csv:5", "day.csv:6"]
    assert "no station is free at 08:05 for session \"s3\" (all 3 of site 'plain' are taken" in lines[0]


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
        found = assign(sessions, SITE)
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
    assert tuple(site.evses.ids[number] for number in assign(sessions, site)) == sessions.stations
