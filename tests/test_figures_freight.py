"""Pictures of freight missions say what the record says: numbers are read back from the artists that are drawn."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.collections import LineCollection, PolyCollection

import robosim
from robosim.controllers.selfish.suppliers import CostMisreport, TrackerInjection
from robosim.errors import BadInput
from robosim.figures import figures_of, plot
from robosim.figures.paper import Paper
from robosim.freight.figures.names import roomiest
from robosim.freight.figures.payments import agreement, payments
from robosim.freight.figures.roads import THINNEST_PT, WIDEST_PT, flows_of, in_degrees, road_map
from robosim.palette import SKY, SUPPLIER_LOOKS, look

ROADS = Path(__file__).parents[1] / ".." / "shared" / "data" / "roads" / "SiouxFalls_net.tntp"
there = pytest.mark.skipif(not ROADS.is_file(), reason="LOUD: ../shared/data/roads is not here, no real map is drawn")


def judged(record):
    """With the verdict that its copies keep."""
    assert record.verdict.mechanisms
    return record


@pytest.fixture(scope="module")
def honest():
    return judged(robosim.run("freight"))


@pytest.fixture(scope="module")
def lying():
    plans = {1: CostMisreport(), 3: TrackerInjection()}
    return robosim.run("freight", strategies=plans, set={"mission.rounds": 60, "leader.tax": "shadow-price"})


@pytest.fixture(scope="module")
def general():
    return judged(robosim.run("aggregator"))


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def drawn_flows(figure):
    """The lines of flows and their arrowheads."""
    axes = figure.axes[0]
    (heads,) = [one for one in axes.collections if isinstance(one, PolyCollection)]
    lines = [one for one in axes.collections if isinstance(one, LineCollection)]
    (flows,) = [one for one in lines if mpl.colors.to_hex(one.get_color()[0]).upper() == SKY]
    return flows, heads


def test_widths_are_edge_flows(honest):
    """F = Θx (X, (B.2)): every used edge from its beginning to its end, as wide as its share of the largest."""
    lines, _ = drawn_flows(road_map(honest))
    edges, flow, place = honest.roads.edges, honest.flow[0], honest.roads.positions
    drawn = {
        tuple(map(tuple, ends)): width for ends, width in zip(lines.get_segments(), lines.get_linewidths(), strict=True)
    }
    used = [e for e in range(len(edges)) if flow[e] > 1e-3 * flow.max()]
    assert len(drawn) == len(used)
    for e in used:
        key = tuple(place[edges[e, 0]]), tuple(place[edges[e, 1]])
        assert drawn[key] == pytest.approx(max(WIDEST_PT * flow[e] / flow.max(), THINNEST_PT))
    assert max(drawn.values()) == pytest.approx(WIDEST_PT)


def test_what_flows_into_a_crossing_flows_out_of_it(honest):
    """Kirchhoff: only suppliers add to flows, what they ship, and only demanders take, what they asked for."""
    roads = honest.roads
    flows = flows_of(roads, honest.flow[0])
    out = np.zeros(len(roads.positions))
    for ends, amount in zip(flows.ends, flows.amount, strict=True):
        for end, sign in zip(ends, (1, -1), strict=True):
            (point,) = np.flatnonzero((roads.positions == end).all(axis=1))
            out[point] += sign * amount
    n, m = len(roads.suppliers), len(roads.demanders)
    shipped = honest.decision[0].reshape(n, m, -1).sum(axis=(0, 2))
    least = 2e-3 * flows.amount.max()  # next to nothing is not drawn
    np.testing.assert_allclose(out[n : n + m], -shipped, atol=least)
    np.testing.assert_allclose(out[n + m :], 0, atol=least)
    assert out[:n].sum() == pytest.approx(shipped.sum(), abs=n * least)


def test_trucks_keep_to_the_right_and_arrows_point_ahead(honest):
    lines, heads = drawn_flows(road_map(honest))
    for ends, aside, head in zip(lines.get_segments(), lines.get_offsets(), heads.get_paths(), strict=True):
        ahead = ends[1] - ends[0]
        assert ahead[0] * aside[1] - ahead[1] * aside[0] < 0  # to the right is clockwise
        tip, back = head.vertices[0], head.vertices[1:3].mean(axis=0)
        assert (tip - back) @ ahead == pytest.approx(np.hypot(*(tip - back)) * np.hypot(*ahead))
    np.testing.assert_allclose(heads.get_offsets(), [np.mean(ends, axis=0) for ends in lines.get_segments()])


def test_opposite_directions_lie_apart_and_equal_edges_are_one(honest):
    roads = replace(honest.roads, edges=np.array([[0, 1], [1, 0], [0, 1]]))
    flows = flows_of(roads, np.array([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(np.sort(flows.amount), [2.0, 4.0])
    np.testing.assert_allclose(flows.along[0], -flows.along[1])
    assert flows_of(roads, np.zeros(3)).amount.size == 0


def test_the_legend_of_widths_is_in_units_of_goods(honest):
    figure = road_map(honest)
    widths = figure.axes[0].get_legend()
    most = honest.flow[0].max()
    assert "units of goods" in widths.get_title().get_text()
    for line, text in zip(widths.get_lines(), widths.get_texts(), strict=True):
        assert line.get_linewidth() == pytest.approx(WIDEST_PT * float(text.get_text().replace(",", "")) / most)
    assert figure.axes[0].get_xlabel() == "$x$ (km)"
    assert figure.axes[0].get_aspect() == 1.0


def test_suppliers_demanders_and_the_selfish_stand_where_they_are(lying):
    """Each strategy has its own colour and marker."""
    figure = road_map(lying)
    lines = {line.get_label(): line for line in figure.axes[0].lines}
    place = lying.roads.positions
    for name, who in {"faithful": [0, 2], "cost-misreport": [1], "tracker-injection": [3]}.items():
        line = lines["supplier" if name == "faithful" else f"supplier, {name}"]
        np.testing.assert_array_equal(line.get_xydata(), place[who])
        assert line.get_markerfacecolor() == look(name).colour
        assert line.get_marker() == look(name).shape
    np.testing.assert_array_equal(lines["demander"].get_xydata(), place[4:6])
    assert {"S0", "S3", "D1"} <= {text.get_text() for text in figure.axes[0].texts}
    assert len({look(name) for name in ("faithful", "cost-misreport", "capacity-withholding", *SUPPLIER_LOOKS)}) == 9


def test_names_stand_where_no_road_is(honest):
    place = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    roads = replace(honest.roads, positions=place, roads=np.array([[0, 1], [0, 2], [0, 3]]))
    np.testing.assert_allclose(roomiest(roads, 0)[0], [0, -1], atol=1e-15)
    np.testing.assert_allclose(roomiest(roads, 1)[0], [1, 0], atol=1e-15)


def test_names_do_not_lie_on_each_other_or_on_points(honest):
    """Two pairs of suppliers close together, whose roads all lead away to the left."""
    place = np.array([[0.0, 0.0], [0.0, 0.1], [4.0, 0.0], [4.0, 0.1], [-3.0, 3.0], [-3.0, -3.0]])
    names = {"suppliers": ("node 10", "node 16", "node 17", "node 22"), "demanders": ("node 11", "node 15")}
    roads = np.array([[i, j] for i in range(4) for j in (4, 5)])
    log = replace(honest.roads, positions=place, roads=roads, edges=roads, **names)
    dense = replace(honest, roads=log, flow=np.ones((1, len(roads))))
    figure = road_map(dense, paper=Paper(columns=1))
    axes = figure.axes[0]
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) == 6
    for i, one in enumerate(boxes):
        assert not any(one.overlaps(other) for other in boxes[:i])
        assert not any(one.contains(*at) for at in axes.transData.transform(place))


def test_no_map_is_drawn_without_coordinates(general, honest, tmp_path):
    blank = replace(honest, roads=replace(honest.roads, positions=np.empty((0, 2))))
    assert list(figures_of(general)) == list(figures_of(blank)) == ["payments", "convergence"]
    with pytest.raises(BadInput, match="general problem has no roads"):
        plot(general, "map", tmp_path)
    with pytest.raises(BadInput, match="have no coordinates"):
        plot(blank, ["payments", "map"], tmp_path)
    with pytest.raises(BadInput, match="there is no map"):
        road_map(blank)
    with pytest.warns(UserWarning, match="the map is left out: its roads have no coordinates"):
        assert [path.name for path in plot(blank, "all", tmp_path)] == ["payments.png", "convergence.png"]
    assert len(plot(general, "all", tmp_path)) == 2  # nobody expects a map of it


def test_what_no_digit_shows_does_not_stretch_a_figure(honest):
    """Copies of nothing are 1e-24 apart in the first rounds, by rounding."""
    residuals = honest.residuals.copy()
    residuals[:, 1] = [1.0, 2.5e-24]
    (axes,) = agreement(replace(honest, residuals=residuals)).axes
    assert axes.get_ylim()[0] > 1e-18


@there
def test_degrees_are_drawn_as_long_as_they_are():
    """A degree of latitude is 1/cos(latitude) times as long as one of longitude."""
    keys = {"freight.roads": str(ROADS), "mission.rounds": 20, "leader.tax": "none"}
    record = robosim.run("freight-sioux-falls", set=keys)
    figure = road_map(record)
    assert figure.axes[0].get_aspect() == pytest.approx(1 / np.cos(np.radians(43.55)), rel=1e-3)
    assert "longitude (°)" in figure.axes[0].get_xlabel()
    assert "S0, node 10" in {text.get_text() for text in figure.axes[0].texts}
    assert not in_degrees(np.array([[0.0, 0.0], [10.0, 12.0]]))


def test_bars_are_cost_payment_and_profit_and_every_rule(honest):
    """profit = payment - cost (X, section 5); below, each rule distributed and central."""
    above, below = payments(honest).axes
    heights = {
        bars.get_label(): [bar.get_height() for bar in bars] for axes in (above, below) for bars in axes.containers
    }
    paid, cost = -honest.settlement.tax[0], honest.private_cost[0]
    np.testing.assert_allclose(heights["private cost"], cost)
    np.testing.assert_allclose(heights["payment"], paid)
    np.testing.assert_allclose(heights["profit"], paid - cost)
    for rule in honest.verdict.mechanisms:
        np.testing.assert_allclose(heights[f"{rule.rule}, {rule.solved}"], rule.payment)
    np.testing.assert_allclose(heights["vcg, distributed"], paid)
    hatches = [bars[0].get_hatch() for bars in below.containers]
    assert hatches[0] is hatches[2] is None
    assert hatches[1] != hatches[3]
    assert "announced: vcg" in above.get_title(loc="left")


def test_bars_do_not_overlap(honest):
    for axes in payments(honest).axes:
        bars = sorted((bar.get_x(), bar.get_x() + bar.get_width()) for group in axes.containers for bar in group)
        assert all(right <= left + 1e-12 for (_, right), (left, _) in pairwise(bars))


def test_the_selfish_are_marked_above_their_bars(lying):
    figure = payments(lying)
    marks = {line.get_label(): line for line in figure.axes[0].lines}
    for name, agent in {"cost-misreport": 1, "tracker-injection": 3}.items():
        assert marks[name].get_xdata().tolist() == [agent]
        assert marks[name].get_ydata()[0] == pytest.approx(max(lying.payment[0, agent], lying.private_cost[0, agent]))
        assert name in legend(figure)


def test_only_mission_0_is_judged(general):
    twice = {name: np.concatenate([getattr(general, name)] * 2) for name in ("decision", "private_cost")}
    bill = replace(general.settlement, tax=np.concatenate([general.settlement.tax, general.settlement.tax * 0]))
    batch = replace(general, settlement=bill, **twice)
    figure = payments(batch, 1)
    assert len(figure.axes) == 1
    assert {bar.get_height() for bar in figure.axes[0].containers[1]} == {0.0}


def test_curves_are_the_residuals(honest):
    """|F(x) - F*|/|F*|, ‖Σ A x - b‖/‖b‖ of the decisions kept; the last are below the tolerance, where it stopped."""
    mission = robosim.load("freight")
    figure = agreement(honest)
    axes = figure.axes[0]
    curves = {line.get_label(): line for line in axes.lines}
    problem, x = mission.problem, honest.said["x"][0]
    error = np.abs(problem.objective(x) - mission.central.objective) / mission.central.objective
    np.testing.assert_allclose(curves["objective error"].get_ydata(), error)
    missed = np.linalg.norm(problem.excess(x), axis=1) / np.linalg.norm(problem.b)
    np.testing.assert_allclose(curves["unmet demand"].get_ydata()[1:], missed[1:], rtol=1e-6, atol=1e-14)
    np.testing.assert_array_equal(curves["disagreement"].get_ydata()[1:], honest.residuals[0, 1:, 1])
    assert axes.get_yscale() == "log"
    tolerance = curves["tolerance"].get_ydata()[0]
    assert tolerance == 1e-6
    assert max(curves[name].get_ydata()[-1] for name in ("unmet demand", "disagreement")) <= tolerance
    shown = [curves[name] for name in ("objective error", "unmet demand", "disagreement")]
    assert len({line.get_marker() for line in shown}) == len({line.get_color() for line in shown}) == 3


def test_what_has_no_logarithm_is_left_out(general):
    gone = replace(
        general, residuals=np.zeros_like(general.residuals), objective=np.full_like(general.objective, np.nan)
    )
    figure = agreement(gone)
    for name in ("objective error", "unmet coupling", "disagreement"):
        (line,) = [one for one in figure.axes[0].lines if one.get_label() == name]
        assert np.isnan(line.get_ydata()).all()


@pytest.mark.parametrize("ending", [".svg", pytest.param(".pdf", marks=pytest.mark.deep)])
def test_every_kind_is_written_as_vectors_the_same_twice(honest, tmp_path, ending):
    for kind in figures_of(honest):
        first, second = (plot(honest, kind, tmp_path / f"{kind}{i}{ending}")[0].read_bytes() for i in (0, 1))
        assert first == second
        assert b"<image" not in first
        assert b"/Subtype /Image" not in first


def test_all_makes_a_folder_of_pictures(lying, tmp_path):
    assert [path.name for path in plot(lying, out=tmp_path)] == ["map.png", "payments.png", "convergence.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in tmp_path.iterdir())
