"""Networks between suppliers that fail: what is drawn, what is heard, which sums stay, who still converges."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

import robosim
from robosim.agent import Deviation
from robosim.controllers.selfish.suppliers import CostMisreport
from robosim.freight.tables import findings
from robosim.network.delay import Delay
from robosim.network.loss import Loss
from robosim.network.network import Network
from robosim.network.unsteady import Unsteady, significant

GRAPH = Network.of([(0, 1), (1, 2), (2, 3), (0, 3), (0, 2)])
QUICK = {"leader.tax": "none", "leader.tolerance": 1e-6, "mission.rounds": 400}


def words(k: int) -> dict[str, np.ndarray]:
    return {"a": np.random.default_rng(k).normal(size=(2, 4, 3))}


def heard(network: Unsteady, rounds: int):
    memory, all_ = network.start(), []
    for k in range(rounds + 1):
        memory, one = network.deliver(k, memory, words(k), {})
        all_.append(one)
    return memory, all_


def test_links_fail_for_both_ends_as_often_as_asked_and_the_same_again() -> None:
    network = Unsteady(graph=GRAPH, edges_up=0.7, awake=0.9, seed=5)
    up = np.array([network.up(k) for k in range(1, 2001)])
    links = network.links
    receiver = np.repeat(np.arange(4), np.diff(links.indptr))
    both = {(int(i), int(j)): up[:, e] for e, (i, j) in enumerate(zip(receiver, links.ids, strict=True))}
    for (i, j), there in both.items():
        np.testing.assert_array_equal(there, both[j, i])
        assert there.mean() == pytest.approx(0.7 * 0.9**2, abs=0.04)
    np.testing.assert_array_equal(up[700], replace(network).up(701))
    assert network.up(0).all()
    np.testing.assert_array_equal(network.sent(50), [up[:50, links.ids == i].sum() for i in range(4)])


def test_means_stay_means_where_links_are_not_there() -> None:
    """Σ_i Σ_j W_ij m_j = Σ_i m_i, and sums over neighbours of differences cancel: nothing that is tracked gets lost."""
    for k, one in enumerate(heard(Unsteady(graph=GRAPH, edges_up=0.5, seed=1), 20)[1]):
        m = words(k)["a"]
        np.testing.assert_allclose(one.mixed("a").sum(axis=1), m.sum(axis=1), atol=1e-12)
        apart = one.links.degree[:, None] * m - one.total("a")
        np.testing.assert_allclose(apart.sum(axis=1), 0.0, atol=1e-12)


def test_what_is_lost_or_late_is_the_last_that_came() -> None:
    network = Unsteady(graph=GRAPH, loss=Loss(share=0.4), seed=3)
    memory, all_ = heard(network, 30)
    links, held = network.links, words(0)["a"][:, network.links.ids]
    receiver = np.repeat(np.arange(4), np.diff(links.indptr))
    lost = 0
    for k in range(1, 31):
        gone, _ = network.loss.lost(network.seed, k, receiver * 4 + links.ids.astype(np.int64), network.loss.start())
        lost += int(gone.sum())
        held = np.where(gone[:, None], held, words(k)["a"][:, links.ids])
        np.testing.assert_array_equal(all_[k].each("a"), held)
        assert all_[k].links.degree.tolist() == links.degree.tolist()
    told = network.reception(memory, 2)
    assert (told.sent[1], told.lost[1]) == (30 * 10, lost)
    late = heard(Unsteady(graph=GRAPH, delay=Delay(least=2, most=2)), 6)[1]
    np.testing.assert_array_equal(late[6].each("a"), words(4)["a"][:, links.ids])
    np.testing.assert_array_equal(late[1].each("a"), words(0)["a"][:, links.ids])


def test_who_minds_loss_hears_over_what_arrived() -> None:
    network = Unsteady(graph=GRAPH, loss=Loss(share=0.4), holds=False, seed=3)
    for k, one in enumerate(heard(network, 10)[1]):
        receiver = np.repeat(np.arange(4), np.diff(one.links.indptr))
        assert k == 0 or len(receiver) < 10
        np.testing.assert_array_equal(one.each("a"), words(k)["a"][:, one.links.ids])


def test_bits_round_to_significant_ones() -> None:
    x = np.random.default_rng(0).normal(size=1000) * 10.0 ** np.arange(1000) ** 0.5
    assert np.abs(significant(x, 10) / x - 1).max() <= 2.0**-10
    assert np.abs(significant(x, 10) / x - 1).max() > 2.0**-12
    np.testing.assert_array_equal(significant(x, 53), x)


def test_where_nothing_fails_bits_stay() -> None:
    """A radio on which nothing fails is no radio; the machinery of one that could fail changes no bit."""
    calm = robosim.load("freight", set=QUICK)
    same = robosim.load("freight", set={**QUICK, "network.radio": {"loss": 0.0}})
    assert type(same.network) is type(calm.network) is Network
    record = calm.run()
    assert record.reception is None
    machinery = replace(calm, network=Unsteady(graph=calm.network)).run()
    np.testing.assert_array_equal(machinery.said["x"], record.said["x"])
    np.testing.assert_array_equal(machinery.messages, record.messages)


def test_trackers_break_by_loss_and_the_leader_says_when_and_how_far(cli) -> None:
    mission = robosim.load("freight", set={**QUICK, "network.radio.loss": 0.1})
    record = mission.run()
    first = int(record.broken[0])
    assert (record.tracking[0, 1:first] <= 1e-9).all()
    assert record.tracking[0, first] > 1e-9
    assert record.injected[0] == pytest.approx(record.tracking[0].max())
    text = "\n".join(findings(record, mission))
    why = "messages were lost, late or rounded on the way, or somebody injected that, nobody knows who"
    assert f"{why} (first in round {first})" in text
    assert f"{record.reception.lost[0]} of {record.reception.sent[0]} messages were lost" in text
    leader = record.leader(0)
    assert leader["trackers"] == {"worst": record.injected[0], "broken_from": first}
    assert record.history(0)["tracking"][first] == record.tracking[0, first]
    assert record.network_list(0)["lost"] == record.reception.lost[0]


@pytest.mark.parametrize("radio", [{"loss": 0.2}, {"awake": 0.7, "edges_up": 0.7}, {"delay_rounds": [0, 2]}])
def test_dot_admm_ends_at_the_optimum_whatever_is_lost(radio) -> None:
    mission = robosim.load("freight", set={**QUICK, "mission.controller": "dot_admm", "network.radio": radio})
    record = mission.run()
    assert record.rounds < 400
    assert record.objective[0, -1] == pytest.approx(mission.central.objective, rel=1e-5)
    lossy = robosim.load("freight", set={**QUICK, "network.radio": {"loss": 0.2}}).run()
    assert abs(lossy.objective[0, -1] / mission.central.objective - 1) > 1e-2  # CT-ADMM's does not


def test_links_that_come_and_go_leave_trackers_whole() -> None:
    mission = robosim.load("freight", set={**QUICK, "network.radio": {"awake": 0.8, "edges_up": 0.8}})
    record = mission.run()
    assert record.broken.tolist() == [-1]
    assert record.objective[0, -1] == pytest.approx(mission.central.objective, rel=1e-5)
    assert (record.messages[0] < 3 * record.rounds).all()
    assert (record.floats == 60 * record.messages).all()
    assert record.reception.apart_rounds[0] > 0


def test_problems_without_somebody_are_solved_over_the_same_radio() -> None:
    mission = robosim.load("freight", set={"network.radio.edges_up": 0.8, "leader.tax": "vcg"})
    left = mission.left(1)
    assert (left.n, left.edges_up, left.seed) == (3, 0.8, mission.network.seed)


def test_a_record_with_a_radio_comes_back(tmp_path) -> None:
    record = robosim.run("freight", set={**QUICK, "mission.rounds": 20, "network.radio.loss": 0.1})
    back = robosim.load_record(record.save(tmp_path / "r"))
    np.testing.assert_array_equal(back.reception.lost, record.reception.lost)
    np.testing.assert_array_equal(back.floats, record.floats)
    again = robosim.load(tmp_path / "r" / "world.toml").run()
    np.testing.assert_array_equal(again.said["x"], record.said["x"])


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("directed", True, "network.directed: is true, and directed links need push-sum"),
        ("radio.delay_rounds", [2, 1], "network.radio.delay_rounds: needs lo <= hi"),
        ("radio.bits", 1, "network.radio.bits: must be >= 2"),
        ("radio.awake", 0.0, "network.radio.awake: must be > 0"),
        ("radio.quantum_m", 0.1, "network.radio.quantum_m: unknown key"),
    ],
)
def test_what_cannot_fail_so_is_refused(key, value, said) -> None:
    with pytest.raises(robosim.BadInput, match=said):
        robosim.load("freight", set={f"network.{key}": value})


@dataclass(frozen=True, kw_only=True)
class Apart:
    """A network whose links may differ between missions side by side."""

    graph: Network
    one_at_a_time: bool = True

    def __getattr__(self, name):
        return getattr(self.__dict__["graph"], name)


def test_missions_that_end_in_different_rounds_are_one_batch() -> None:
    """One after the other is the same as side by side, for what counts; who is done first stands still."""
    keys = {"leader.tax": "shadow-price", "leader.tolerance": 1e-3, "mission.rounds": 300}
    mission = robosim.load("freight", set=keys)
    lies = tuple(
        Deviation(strategy=CostMisreport(scale=scale), missions=np.array([row]), agents=np.array([0]))
        for row, scale in ((1, 3.0), (2, 0.3))
    )
    together = mission.playing(lies, batch=3)
    apart = replace(together, network=Apart(graph=mission.network))
    ends = {
        replace(together, deviations=(), batch=1).run().rounds,
        mission.playing((replace(lies[0], missions=np.array([0])),)).run().rounds,
    }
    assert len(ends) == 2
    for every in (1, 7):
        one, other = together.run(every=every), apart.run(every=every)
        np.testing.assert_array_equal(one.kept, other.kept)
        for name in ("decision", "price", "residuals", "objective", "tracking", "messages", "floats", "broken"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


def test_directed_graphs_are_refused_by_name() -> None:
    import networkx as nx

    with pytest.raises(robosim.BadInput, match="directed"):
        robosim.load("freight", network=nx.DiGraph([(0, 1), (1, 2), (2, 3), (3, 0)]))
