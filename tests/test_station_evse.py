"""Currents that stations can be told to allow: never above what was asked, and the best of the allowed ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robosim.charging.station.posts import KINDS, SLACK, Evses, allowed_current, evses
from robosim.errors import BadInput

ALL = evses([f"E{kind}" for kind in KINDS], list(KINDS))
AMPERES = st.floats(-5, 60) | st.sampled_from([0.0, 6.0, 8.0, 16.0, 31.0, 32.0, np.inf, np.nan])


def allowed(kind: str, current: float) -> bool:
    """The definition of each kind: SAE J1772 for the dead band, the makers' pilot levels for the others."""
    levels = {"aerovironment": {0, *range(6, 33)}, "clippercreek": {0, 8, 16, 24, 32}}
    if kind in levels:
        return current in levels[kind]
    return 0 <= current <= 32 if kind == "continuous" else current == 0 or 6 <= current <= 32


@settings(deadline=None)
@given(st.lists(AMPERES, min_size=4, max_size=4))
def test_rounded_down_to_an_allowed_pilot(asked: list[float]) -> None:
    told = allowed_current(np.array(asked), ALL)
    for kind, wish, current in zip(KINDS, asked, told, strict=True):
        assert allowed(kind, current)
        assert current <= max(0.0, np.nan_to_num(wish, posinf=np.inf)) * SLACK


@settings(deadline=None)
@given(st.lists(st.floats(0, 60), min_size=4, max_size=4))
def test_no_higher_pilot_would_do(asked: list[float]) -> None:
    told = allowed_current(np.array(asked), ALL)
    grid = np.arange(0, 33.0)  # every level of every make
    for kind, wish, current in zip(KINDS, asked, told, strict=True):
        assert not [level for level in grid if current < level <= wish and allowed(kind, level)]


def test_by_hand() -> None:
    asked = np.array([[5.9, 5.9, 5.9, 5.9], [23.7, 23.7, 23.7, 23.7], [99.0, 99.0, 99.0, 99.0]])
    told = [[5.9, 0.0, 0.0, 0.0], [23.7, 23.7, 23.0, 16.0], [32.0, 32.0, 32.0, 32.0]]
    assert allowed_current(asked, ALL).tolist() == told


def test_kilowatts_turned_into_amperes_never_cost_a_level() -> None:
    volts, amperes = np.arange(200.0, 241)[:, None], np.arange(6.0, 33)
    back = (volts * amperes / 1000.0) * 1000.0 / volts
    assert (back < amperes).any()  # or there is nothing to test
    told = allowed_current(back[..., None], evses(["E"], "aerovironment"))[..., 0]
    assert np.array_equal(told, np.broadcast_to(amperes, told.shape))


def test_a_breaker_cuts_every_kind() -> None:
    stations: Evses = evses(list("abcd"), list(KINDS), max_a=20.0)
    assert stations.max_a.tolist() == [20.0, 20.0, 20.0, 16.0]
    assert allowed_current(np.full(4, 32.0), stations).tolist() == [20.0, 20.0, 20.0, 16.0]
    assert evses(["x"], "continuous").max_kw == pytest.approx(6.656)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(BadInput, match=r"""unknown kind "clipercreek" \(did you mean "clippercreek"\?\)"""):
        evses(["x"], "clipercreek")
    with pytest.raises(BadInput, match=r"a limit of 5 A \(kind 'deadband' needs 6 A or more\)"):
        evses(["x"], "deadband", max_a=5.0)
