"""What each deviation says, against its one-line definition."""

import numpy as np
import pytest

from robosim.agent import Deviation, Strategy, View
from robosim.controllers.selfish.robots import (
    STRATEGIES,
    FootDragging,
    Freeze,
    InitialLie,
    LastRoundSnap,
    OverReport,
    Script,
    Stationary,
    Stubborn,
    UnderReport,
)

START, HEARD, FAITHFUL = np.array([[2.0, -1.0]]), np.array([[1.5, -0.5]]), np.array([[1.0, 0.0]])
RULES = {"rounds": 10, "alpha": 0.2, "lower": np.array([-4.0, -4.0]), "upper": np.array([4.0, 8.0])}


def says(strategy: Strategy, k: int) -> list[float]:
    heard = None if k == 0 else {"z": HEARD}
    _, said = strategy.say(k, None, View({"start": START}, heard, {"z": START if k == 0 else FAITHFUL}, RULES))
    return said["z"][0].tolist()


@pytest.mark.parametrize(
    ("strategy", "rounds"),
    [
        (Stationary(), {0: [2, -1], 5: [2, -1], 10: [2, -1]}),
        (Stubborn(), {0: [2, -1], 1: [0, 2]}),  # the centre of the type space
        (Stubborn(target_m=(3.0, 3.0)), {0: [2, -1], 7: [3, 3]}),
        (InitialLie(), {0: [4, -4], 1: [1, 0]}),  # centre + 2 (start - centre)
        (InitialLie(start_m=(0.5, 0.5)), {0: [0.5, 0.5], 1: [1, 0]}),
        (FootDragging(stride=0.25), {0: [2, -1], 1: [1.375, -0.375]}),  # (1-h) z^{k-1} + h F
        (Freeze(), {0: [2, -1], 5: [1, 0], 6: [1.5, -0.5]}),  # τ = n/2
        (Freeze(after_round=1), {1: [1, 0], 2: [1.5, -0.5]}),
        (LastRoundSnap(), {0: [2, -1], 9: [1, 0], 10: [2, -1]}),
        (OverReport(), {0: [2, -1], 5: [1, 0]}),
        (Script(positions=np.arange(22.0).reshape(11, 2)), {0: [0, 1], 10: [20, 21]}),
    ],
)
def test_words(strategy: Strategy, rounds: dict[int, list[float]]) -> None:
    assert {k: says(strategy, k) for k in rounds} == rounds


@pytest.mark.parametrize(
    ("strategy", "reported"),
    [
        (OverReport(), 3.0),
        (OverReport(factor=4.0), 8.0),
        (UnderReport(), 0.0),
        (Stationary(), 2.0),
    ],
)
def test_reports(strategy: Strategy, reported: float) -> None:
    view = View({"start": START}, None, {"cost": np.array([[2.0]])}, RULES)
    assert strategy.report(view, FAITHFUL, {"cost": np.array([[2.0]])})["cost"].tolist() == [[reported]]


def test_a_deviation_sees_its_own_rows_in_every_mission_of_a_batch() -> None:
    deviation = Deviation(strategy=Stationary(), missions=np.array([0, 2]), agents=np.array([1, 3]))
    shared, batched = np.arange(8.0).reshape(1, 4, 2), np.arange(24.0).reshape(3, 4, 2)
    rows = deviation.rows({"a": shared, "b": batched})
    assert rows["a"].tolist() == [shared[0, 1].tolist(), shared[0, 3].tolist()]
    assert rows["b"].tolist() == [batched[0, 1].tolist(), batched[2, 3].tolist()]


def test_names() -> None:
    for name, kind in STRATEGIES.items():
        if issubclass(kind, Strategy):
            assert kind.name == name
    assert Script.name == "best-response"
    assert Strategy.name == "strategy"
