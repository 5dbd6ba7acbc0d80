"""The radio: who is in range, what is lost, late or rounded, who is off, and what is said about it."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from robosim.agent import Heard
from robosim.errors import AgentFailure, BadInput, TooLarge
from robosim.kernels.near import joined, near
from robosim.network import graphs
from robosim.network.delay import Delay
from robosim.network.directed import Directed
from robosim.network.draws import uniform
from robosim.network.loss import Burst, Loss
from robosim.network.near import Near
from robosim.network.network import Network
from robosim.network.presence import Outage, Presence
from robosim.network.radio import Radio

RING = Network(n=6, edges=graphs.ring(6), name="ring")


def played(radio: Radio, rounds: int, said=None) -> tuple[list[Heard], object]:
    """What is heard in rounds 0.. where agent i says [k, i] in round k."""
    memory, heard = radio.start(), []
    for k in range(rounds):
        words = (
            {"z": np.stack([np.full(radio.n, float(k)), np.arange(radio.n) * 1.0], 1)[None]}
            if said is None
            else said(k)
        )
        memory, one = radio.deliver(k, memory, words, {})
        heard.append(one)
    return heard, memory


def links(heard: Heard) -> set[tuple[int, int]]:
    receiver = np.repeat(np.arange(heard.links.indptr.size - 1), np.diff(heard.links.indptr))
    return set(zip(receiver.tolist(), heard.links.ids.tolist(), strict=True))


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize(("n", "reach"), [(1, 1.0), (2, 0.5), (60, 0.0), (60, 0.3), (300, 0.05), (60, 9.0)])
def test_the_cell_list_is_all_pairs_in_range(d: int, n: int, reach: float) -> None:
    points = np.random.default_rng(n + d).uniform(-1, 1, (n, d))
    points[: n // 3] = np.round(points[: n // 3], 1)  # ties, and some exactly at the range
    indptr, senders = near(points, reach)
    wanted = [set() for _ in range(n)]
    for i, j in cKDTree(points).query_pairs(reach):
        wanted[i].add(j)
        wanted[j].add(i)
    assert [senders[a:b].tolist() for a, b in pairwise(indptr.tolist())] == [sorted(w) for w in wanted]


def test_points_far_apart_or_in_one_place_take_no_more_cells_than_they_should() -> None:
    far = np.array([[0.0, 0.0], [1e9, -1e9], [1e9, -1e9 + 0.5]])
    assert near(far, 1.0)[1].tolist() == [2, 1]
    assert near(np.zeros((5, 3)), 0.0)[0].tolist() == [0, 4, 8, 12, 16, 20]


def test_more_pairs_than_there_is_room_for_are_refused_and_not_built(monkeypatch) -> None:
    points = np.random.default_rng(0).uniform(size=(400, 2))
    whole, _ = near(points, 5.0)
    assert whole[-1] == 400 * 399
    assert near(points, 5.0, 400 * 399 // 2)[0].size == 401
    assert near(points, 5.0, 400 * 399 // 2 - 1)[0].size == 0
    monkeypatch.setenv("ROBOSIM_MEMORY_GB", "0.001")
    with pytest.raises(TooLarge, match="more than 4166 pairs of agents are at most 5 m apart"):
        Near(range_m=5.0, start=points).rows(points)


def test_joined_labels_are_the_components() -> None:
    rng = np.random.default_rng(3)
    for reach in (0.05, 0.12, 0.3):
        indptr, senders = near(rng.uniform(size=(120, 2)), reach)
        labels = joined(np.arange(120), indptr, senders)
        matrix = np.zeros((120, 120))
        matrix[np.repeat(np.arange(120), np.diff(indptr)), senders] = 1
        count, theirs = connected_components(matrix)
        assert np.unique(labels).size == count
        assert all((labels[theirs == one] == np.flatnonzero(theirs == one)[0]).all() for one in range(count))


def test_a_perfect_radio_is_the_network_itself() -> None:
    (first, *_), memory = played(Radio(graph=RING), 3)
    assert first.links is RING.links
    assert first.voices is first.own
    assert (memory.log.lost, memory.log.sent, memory.log.apart_from) == (0, 36, -1)


def test_draws_are_even_and_independent_of_which_keys_are_asked() -> None:
    keys = np.arange(20_000, dtype=np.int64)
    x = np.concatenate([uniform([5, 1, k], keys) for k in range(10)])
    assert np.abs(np.histogram(x, 20, (0, 1))[0] - 10_000).max() < 5 * np.sqrt(10_000)
    a, b = uniform([5, 1, 0], keys), uniform([5, 1, 1], keys)
    assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(keys.size)
    assert abs(np.corrcoef(a[1:], a[:-1])[0, 1]) < 4 / np.sqrt(keys.size)
    assert (uniform([5, 1, 0], keys[7::31]) == a[7::31]).all()


def test_losses_come_from_seed_and_round_alone_and_are_as_frequent_as_said() -> None:
    radio = Radio(graph=RING, loss=Loss(share=0.3), seed=4)
    once, memory = played(radio, 1200)
    again, _ = played(radio, 10)
    assert [links(one) for one in again] == [links(one) for one in once[:10]]
    other, _ = played(Radio(graph=RING, loss=Loss(share=0.3), seed=5), 10)
    assert [links(one) for one in other] != [links(one) for one in again]
    assert abs(memory.log.lost / memory.log.sent - 0.3) < 4 * np.sqrt(0.21 / memory.log.sent)
    state = radio.start()
    for k in range(4):  # a mission that is taken up again after round 3 meets the same
        state, _ = radio.deliver(k, state, once[k].own, {})
    assert links(radio.deliver(4, state, once[4].own, {})[1]) == links(once[4])


def test_bursts_last_as_long_and_lose_as_much_as_gilbert_and_elliott_say() -> None:
    loss = Loss(share=0.05, burst=Burst(p_bad=0.1, p_recover=0.25, loss_bad=0.9))
    rounds = 1500
    heard, memory = played(Radio(graph=RING, loss=loss, seed=1), rounds)
    assert loss.in_all == pytest.approx(0.05 + (0.1 / 0.35) * 0.85)
    assert abs(memory.log.lost / memory.log.sent - loss.in_all) < 0.02
    gone = np.array([(0, 1) not in links(one) for one in heard], dtype=float)
    gone -= gone.mean()
    lag = float((gone[1:] * gone[:-1]).mean())
    pi = 0.1 / 0.35
    assert lag == pytest.approx(pi * (1 - pi) * 0.85**2 * (1 - 0.35), abs=0.03)  # covariance of the two-state chain
    alike, _ = played(Radio(graph=RING, loss=Loss(share=0.3), seed=1), rounds)
    gone = np.array([(0, 1) not in links(one) for one in alike], dtype=float) - 0.3
    assert abs(float((gone[1:] * gone[:-1]).mean())) < 0.03


def test_what_is_lost_is_made_up_for_by_the_own_weight() -> None:
    heard, _ = played(Radio(graph=RING, loss=Loss(share=0.5), seed=2), 20)
    for one in heard:
        receiver = np.repeat(np.arange(6), np.diff(one.links.indptr))
        assert np.bincount(receiver, one.links.weight, 6) + one.links.own_weight == pytest.approx(np.ones(6))
        assert (one.links.weight == 0.25).all()
        assert one.mixed("z")[0, :, 0] == pytest.approx(one.own["z"][0, :, 0])


def test_a_constant_delay_brings_what_was_said_so_many_rounds_ago() -> None:
    heard, memory = played(Radio(graph=RING, delay=Delay(least=2, most=2)), 6)
    assert [len(links(one)) for one in heard] == [0, 0, 12, 12, 12, 12]
    for k in (2, 5):
        assert (heard[k].each("z")[0, :, 0] == k - 2).all()
        assert (heard[k].each("z")[0, :, 1] == heard[k].links.ids).all()
        assert (heard[k].total("z")[0, :, 0] == 2 * (k - 2)).all()
    assert len(memory.past) == 3


def test_random_delays_bring_the_freshest_of_what_arrives_once() -> None:
    radio = Radio(graph=RING, delay=Delay(least=0, most=3), seed=8)
    heard, _ = played(radio, 200)
    keys = np.array([0 * 6 + 1])
    due = [k + int(radio.delay.rounds(8, k, keys)[0]) for k in range(200)]
    for k in range(10, 200):
        arrives = [s for s in range(k + 1) if due[s] == k]
        one = heard[k]
        a, b = one.links.indptr[:2]
        got = {int(i): float(v) for i, v in zip(one.links.ids[a:b], one.each("z")[0, a:b, 0], strict=True)}
        assert got.get(1) == (max(arrives) if arrives else None)
    assert {d - k for k, d in enumerate(due)} == {0, 1, 2, 3}


def test_what_was_sent_before_an_agent_went_off_is_heard_and_nothing_reaches_who_is_off() -> None:
    presence = Presence(n=6, outages=(Outage(agent=3, off=4, on=6),))
    heard, _ = played(Radio(graph=RING, delay=Delay(least=1, most=1), presence=presence), 10)
    assert [(2, 3) in links(one) for one in heard] == [False, True, True, True, True, False, False, True, True, True]
    assert [(3, 2) in links(one) for one in heard] == [False, True, True, True, False, False, False, True, True, True]


def test_neighbours_hear_rounded_numbers_and_an_agent_knows_its_own_exactly() -> None:
    exact = np.array([[[0.26, -0.74], [0.1, 3.0]]])
    two = Network(n=2, edges=graphs.path(2))
    (heard,), _ = played(Radio(graph=two, quantum=0.5), 1, lambda k: {"z": exact})
    assert heard.voices["z"].tolist() == [[[0.5, -0.5], [0.0, 3.0]]]
    assert heard.own["z"] is exact


def test_neighbours_in_range_are_found_anew_in_every_round_and_weights_with_them() -> None:
    start = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [9.0, 0.0]])
    radio = Radio(graph=Near(range_m=1.5, start=start))
    assert radio.one_at_a_time
    assert radio.edges.tolist() == [[0, 1], [1, 2]]
    moved = start + np.array([[0, 0], [0, 0], [7.0, 0], [0, 0]])
    heard, memory = played(radio, 2, lambda k: {"z": (start if k == 0 else moved)[None]})
    assert links(heard[0]) == {(0, 1), (1, 0), (1, 2), (2, 1)}
    assert links(heard[1]) == {(0, 1), (1, 0), (2, 3), (3, 2)}
    again = Network(n=4, edges=np.array([[0, 1], [1, 2], [2, 3]])).links
    assert heard[0].links.weight.tolist() == again.weight[:4].tolist()
    assert heard[1].links.weight.tolist() == [0.5] * 4
    log = memory.log
    assert (log.apart_from, log.apart_rounds) == (0, 2)
    assert log.parts.tolist() == [0, 0, 0, 3]
    assert (log.joined == 0).all()  # 0-1-2 in round 0, 2-3 in round 1: together they are one team
    told = radio.reception(memory, 2).told(1, "robot")
    assert told[0] == "0 of 8 messages were lost (0 %)"
    assert told[1] == (
        "the network fell apart in round 0 into 2 components: {3}; {0, 1, 2}, and was apart in 2 rounds in all"
    )
    assert len(told) == 2
    with pytest.raises(AgentFailure, match="one at a time"):
        radio.deliver(0, radio.start(), {"z": np.stack([start, moved])}, {})


def test_a_round_that_loses_all_links_of_an_agent_is_no_network_that_falls_apart() -> None:
    heard, memory = played(Radio(graph=RING, loss=Loss(share=0.6), seed=3), 50)
    assert any(len(links(one)) < 6 for one in heard)
    assert memory.log.apart_from == -1
    assert (memory.log.joined == 0).all()
    heard, memory = played(Radio(graph=RING, loss=Loss(share=1.0)), 5)
    reception = Radio(graph=RING).reception(memory, 1)
    assert reception.told(0, "robot")[-1] == (
        "not even all rounds together join the team: 6 components: {0}; {1}; {2}; {3}; …"
    )
    assert reception.plain(0)["apart_from"] is None


def test_agents_that_are_off_or_say_so_neither_talk_nor_hear_and_the_rest_may_fall_apart() -> None:
    line = Network(n=5, edges=graphs.path(5), name="path")
    presence = Presence(n=5, outages=(Outage(agent=2, off=1, on=3),))
    heard, memory = played(Radio(graph=line, presence=presence), 4)
    assert [len(links(one)) for one in heard] == [8, 4, 4, 8]
    assert heard[1].links.own_weight[2] == 1.0
    assert (memory.log.apart_from, memory.log.apart_rounds) == (1, 2)
    assert memory.log.parts.tolist() == [0, 0, -1, 3, 3]
    assert presence.off(3).tolist() == [False] * 5

    def says(k: int):
        quiet = np.zeros((2, 5, 1))
        quiet[:, 0] = float(k == 1)
        return {"z": np.zeros((2, 5, 1)), "silent": quiet}

    heard, _ = played(Radio(graph=line), 3, says)
    assert [len(links(one)) for one in heard] == [8, 6, 8]
    assert all("silent" not in words for one in heard for words in (one.own, one.voices))
    differ = {"z": np.zeros((2, 5, 1)), "silent": np.eye(5)[[0, 1], :, None]}
    with pytest.raises(AgentFailure, match="round 0: who is silent differs"):
        Radio(graph=line).deliver(0, Radio(graph=line).start(), differ, {})


def test_directed_graphs_are_heard_one_way_and_refused_where_words_do_not_come_around() -> None:
    arcs = np.array([[0, 1], [1, 2], [2, 0], [0, 2]])
    radio = Radio(graph=Directed(n=3, arcs=arcs))
    (heard,), _ = played(radio, 1)
    assert links(heard) == {(1, 0), (2, 1), (0, 2), (2, 0)}
    assert radio.links.listeners.tolist() == [2.0, 1.0, 1.0]
    assert radio.links.only(0).listeners.tolist() == [2.0]
    eigenvalues = np.linalg.eigvals(np.diag(radio.links.degree) - np.array([[0, 0, 1], [1, 0, 0], [1, 1, 0]]))
    assert radio.connectivity == pytest.approx(np.sort(eigenvalues.real)[1])
    assert np.abs(eigenvalues).max() <= radio.lambda_max
    with pytest.raises(BadInput, match="not strongly connected: 3 groups, among them"):
        Directed(n=3, arcs=arcs[:2])


@pytest.mark.parametrize("moving", [False, True])
def test_teams_side_by_side_do_not_hear_each_other_and_have_losses_of_their_own(moving: bool) -> None:
    start = np.random.default_rng(1).uniform(size=(6, 2))
    one = Radio(graph=Near(range_m=0.5, start=start) if moving else RING)
    teams = np.random.default_rng(2).uniform(size=(3, 6, 2))
    many = one.side_by_side(3)
    _, together = many.deliver(0, many.start(), {"z": teams.reshape(1, 18, 2)}, {})
    alone = [links(one.deliver(0, one.start(), {"z": team[None]}, {})[1]) for team in teams]
    assert links(together) == {(i + 6 * t, j + 6 * t) for t, found in enumerate(alone) for i, j in found}
    lossy = Radio(graph=RING, loss=Loss(share=0.5)).side_by_side(3)
    (heard,), _ = played(lossy, 1)
    each = [{(i % 6, j % 6) for i, j in links(heard) if i // 6 == t} for t in range(3)]
    assert each[0] != each[1] != each[2]
