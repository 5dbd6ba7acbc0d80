"""Programs for networks that lose: ratio consensus keeps the mean to 1e-9 under 30 % loss, hold-last does not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import robosim
from robosim.controllers.hold_last import HoldLast
from robosim.controllers.ratio_consensus import RatioConsensus
from robosim.network import graphs
from robosim.network.delay import Delay
from robosim.network.directed import Directed
from robosim.network.loss import Burst, Loss
from robosim.network.network import Network
from robosim.network.presence import Outage, Presence
from robosim.network.radio import Radio

ONE_WAY = Directed(n=5, arcs=np.array([[0, 1], [1, 2], [2, 3], [3, 4], [4, 0], [0, 2], [3, 1]]))
GRAPHS = {
    "ring": Network(n=7, edges=graphs.ring(7), name="ring"),
    "star": Network(n=5, edges=graphs.star(5), name="star"),
    "one way": ONE_WAY,
}


def rules(radio: Radio) -> dict:
    return {"alpha": 1 / radio.lambda_max, "reach_m": np.inf}


def rounds(program, radio: Radio, start, count: int):
    """States and words after each round, bodies being where they want to be."""
    state, said = program.start({"start": start}, rules(radio), radio.links)
    memory = radio.start()
    for k in range(count):
        yield state, said
        memory, heard = radio.deliver(k, memory, said, {})
        state, said = program.step(state, heard)
    yield state, said


def in_all(state) -> np.ndarray:
    """Σ_i (y_i, x_i) and all that is under way, (missions, d + 1)."""
    under_way = state.summed[:, state.ids] - state.taken
    return state.mass.sum(axis=1) + under_way.sum(axis=1)


@settings(max_examples=25, deadline=None)
@given(
    graph=st.sampled_from(sorted(GRAPHS)),
    seed=st.integers(0, 2**31),
    late=st.integers(0, 3),
    burst=st.booleans(),
    d=st.integers(1, 3),
)
def test_masses_and_what_is_under_way_sum_to_the_starts_under_thirty_percent_loss(graph, seed, late, burst, d) -> None:
    bursts = Burst(p_bad=0.1, p_recover=0.3, loss_bad=0.8) if burst else None
    radio = Radio(graph=GRAPHS[graph], loss=Loss(share=0.3, burst=bursts), delay=Delay(most=late), seed=seed)
    start = np.random.default_rng(seed).uniform(-10, 10, (2, radio.n, d))
    wanted = np.concatenate([start.sum(axis=1), np.full((2, 1), radio.n)], axis=1)
    for state, _ in rounds(RatioConsensus(), radio, start, 40):
        assert np.abs(in_all(state) - wanted).max() < 1e-9
        assert (state.mass[..., -1] > 0).all()  # also where messages overtake each other


@pytest.mark.parametrize("graph", GRAPHS)
def test_ratio_consensus_ends_at_the_average_of_the_starts_and_hold_last_elsewhere(graph: str) -> None:
    radio = Radio(graph=GRAPHS[graph], loss=Loss(share=0.3), delay=Delay(most=1), seed=5)
    start = np.random.default_rng(2).uniform(-10, 10, (1, radio.n, 2))
    mean = start.mean(axis=1)
    *_, (_, said) = rounds(RatioConsensus(), radio, start, 450)
    assert np.abs(said["z"] - mean[:, None]).max() < 1e-9
    *_, (_, said) = rounds(HoldLast(), radio, start, 450)
    apart = np.abs(said["z"] - said["z"].mean(axis=1, keepdims=True)).max()
    assert apart < 1e-6  # they agree …
    assert np.linalg.norm(said["z"].mean(axis=1) - mean) > 0.01  # … elsewhere


def test_without_loss_hold_last_is_consensus_and_both_keep_the_mean() -> None:
    radio = Radio(graph=GRAPHS["ring"])
    start = np.random.default_rng(1).uniform(-1, 1, (2, 7, 2))
    from robosim.controllers.consensus import Consensus

    ours, theirs = ([said["z"] for _, said in rounds(one, radio, start, 20)] for one in (HoldLast(), Consensus()))
    assert all((a == b).all() for a, b in zip(ours, theirs, strict=True))
    weighted = Network(n=7, edges=graphs.ring(7), weights=np.linspace(0.5, 2, 7))
    ours, theirs = (
        [said["z"] for _, said in rounds(one, Radio(graph=weighted), start, 20)] for one in (HoldLast(), Consensus())
    )
    assert all((a == b).all() for a, b in zip(ours, theirs, strict=True))


def test_hold_last_holds_what_was_heard_last_on_each_link_with_its_weight() -> None:
    """Against a plain loop over links."""
    weighted = Network(n=6, edges=graphs.ring(6), weights=np.linspace(0.5, 1.5, 6))
    radio = Radio(graph=weighted, loss=Loss(share=0.5), seed=9)
    start = np.random.default_rng(1).uniform(-1, 1, (1, 6, 2))
    alpha, memory, z, last = 1 / radio.lambda_max, radio.start(), start[0].copy(), {}
    said = [words["z"][0] for _, words in rounds(HoldLast(), radio, start, 12)]
    adjacency = {(int(a), int(b)): w for (a, b), w in zip(weighted.edges, weighted.weights, strict=True)}
    for k in range(12):
        assert said[k] == pytest.approx(z, abs=1e-12)
        memory, heard = radio.deliver(k, memory, {"z": z[None]}, {})
        receiver = np.repeat(np.arange(6), np.diff(heard.links.indptr))
        for i, j in zip(receiver.tolist(), heard.links.ids.tolist(), strict=True):
            last[i, j] = z[j]
        z = np.array([
            z[i] + alpha * sum(adjacency[min(i, j), max(i, j)] * (x - z[i]) for (r, j), x in last.items() if r == i)
            for i in range(6)
        ])  # fmt: skip


@pytest.mark.parametrize("program", [HoldLast, RatioConsensus])
def test_they_keep_the_promises_of_programs_on_directed_graphs_too(program: type) -> None:
    lines = robosim.check_controller(program).lines
    assert "each of 9 agents alone says the same bits" in lines[1]
    robosim.check_controller(program, network=ONE_WAY, own={"start": np.zeros((1, 5, 2)) + np.arange(5)[:, None]})


@pytest.mark.parametrize("program", [HoldLast, RatioConsensus])
def test_an_agent_alone_says_the_same_bits_where_messages_are_lost(program: type) -> None:
    radio = Radio(graph=GRAPHS["ring"], loss=Loss(share=0.4), delay=Delay(most=2), seed=3)
    start = np.random.default_rng(4).uniform(-1, 1, (1, 7, 2))
    one, agent = program(), 2
    state, said = one.start({"start": start}, rules(radio), radio.links)
    alone, word = one.start({"start": start[:, [agent]]}, rules(radio), radio.links.only(agent))
    memory = radio.start()
    for k in range(30):
        assert all((word[key][0, 0] == said[key][0, agent]).all() for key in said)
        memory, heard = radio.deliver(k, memory, said, {})
        near = heard.links.indices[heard.links.indptr[agent] : heard.links.indptr[agent + 1]]
        mine = heard._replace(
            own={key: x[:, [agent]] for key, x in heard.own.items()},
            links=heard.links.only(agent),
            voices={key: x[:, near] for key, x in heard.voices.items()},
        )
        state, said = one.step(state, heard)
        alone, word = one.step(alone, mine)


def test_a_robot_that_hears_nobody_for_long_stays_where_it_is_and_comes_back() -> None:
    presence = Presence(n=5, outages=(Outage(agent=2, off=0, on=900),))
    radio = Radio(graph=GRAPHS["star"], presence=presence)
    start = np.random.default_rng(6).uniform(-10, 10, (1, 5, 2))
    words = [said["z"] for _, said in rounds(RatioConsensus(), radio, start, 1000)]
    assert np.abs(words[899][0, 2] - start[0, 2]).max() < 1e-9
    assert np.abs(words[-1] - start.mean(axis=1)).max() < 1e-9
