"""check_controller accepts average consensus and catches each broken promise."""

import numpy as np
import pytest

from robosim.agent import Heard
from robosim.checks import check_controller
from robosim.controllers.consensus import Consensus
from robosim.errors import CheckFailed


def test_consensus_keeps_all_promises() -> None:
    check_controller(Consensus)


class Telepath(Consensus):
    """Steers by everybody's mean."""

    def step(self, state, heard: Heard):
        return state, {"z": heard.own["z"] - 0.1 * (heard.own["z"] - heard.voices["z"].mean(axis=1, keepdims=True))}


class Gossip(Consensus):
    """Says the mean of all types in round 0."""

    def start(self, own, rules, links):
        state, said = super().start(own, rules, links)
        return state, {"z": said["z"] + own["start"].mean(axis=1, keepdims=True)}


class Dice(Consensus):
    """Draws from a generator that is not an argument."""

    def step(self, state, heard: Heard):
        state, said = super().step(state, heard)
        return state, {"z": said["z"] + 1e-9 * np.random.default_rng().normal(size=said["z"].shape)}


class Echo(Consensus):
    """Says the array that it heard."""

    def step(self, state, heard: Heard):
        return state, {"z": heard.own["z"]}


@pytest.mark.parametrize(
    ("controller", "promise"),
    [
        (Telepath, "population of one"),
        (Gossip, "population of one"),
        (Dice, "replay"),
        (Echo, "fresh words"),
    ],
)
def test_broken_promises_are_named(controller, promise: str) -> None:
    with pytest.raises(CheckFailed, match=promise):
        check_controller(controller)


def test_a_type_that_leaks_into_another_row_is_caught() -> None:
    class Leaky(Consensus):
        def start(self, own, rules, links):
            state, said = super().start(own, rules, links)
            z = said["z"].copy()
            if z.shape[1] > 5:
                z[:, 0] += np.maximum(z[:, 5] - 1.0, 0)  # silent at the trial's types, which are below 1
            return state, {"z": z}

    own = {"start": np.full((1, 9, 2), 0.9)}
    with pytest.raises(CheckFailed, match=r"row independence: agent 5's type changed what \[0\] said"):
        check_controller(Leaky, own=own)
