"""Figures say what the record says: every test reads the numbers back from the artists that are drawn."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from robosim.agent import Array
from robosim.build import load
from robosim.controllers.selfish.robots import STRATEGIES, OverReport, Stationary
from robosim.errors import BadInput
from robosim.figures import figures_of, plot
from robosim.figures.style import CROWD, save
from robosim.palette import LOOKS, UNLISTED, look
from robosim.record import Record
from robosim.rendezvous.figures.convergence import convergence
from robosim.rendezvous.figures.costs import costs
from robosim.rendezvous.figures.trajectories import trajectories

FIGURES = {"trajectories": trajectories, "convergence": convergence, "costs": costs}

pytestmark = pytest.mark.filterwarnings("ignore:.*the published bound penalises faithful robots")


def record(world: str = "rendezvous", strategies: object = None, **keys: object) -> Record:
    """After 10 rounds the freeloader leaves the team inside the bound, after 300 outside."""
    chosen = ({"mission.rounds": 60} if world == "rendezvous" else {}) | {
        key.replace("__", "."): value for key, value in keys.items()
    }
    return load(world, strategies=strategies, set=chosen).run()


def line(figure: Figure, label: str) -> mpl.lines.Line2D:
    found = [line for axes in figure.axes for line in axes.lines if str(line.get_label()).startswith(label)]
    assert len(found) == 1, [str(line.get_label()) for axes in figure.axes for line in axes.lines]
    return found[0]


def labels(figure: Figure) -> str:
    return " | ".join(text.get_text() for text in figure.legends[0].get_texts())


def segments(figure: Figure, colour: str) -> list[Array]:
    return [
        np.asarray(piece)
        for group in figure.axes[0].collections
        if mpl.colors.to_hex(group.get_color()[0]) == colour.lower()
        for piece in group.get_segments()
    ]


def test_distance_and_bound_are_the_equations() -> None:
    """dist(z, Z) = ‖(I - J) z‖ (T, section VI); on a path of 5 λ₂ = 2 - 2 cos(π/5), D = √(2·3/5)·2 on [-1, 1]."""
    run = record("erratum")
    figure = convergence(run)
    z = run.said["z"][0, :, :, 0]
    off = z - z.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(line(figure, "dist").get_ydata(), np.linalg.norm(off, axis=1), rtol=1e-13)
    slow, fast = 2 - 2 * np.cos(np.pi / 5), 2 + 2 * np.cos(np.pi / 5)
    k = np.arange(121)
    tight = (1 - 0.9 / fast * slow) ** k * 2 * np.sqrt(6 / 5)
    np.testing.assert_allclose(line(figure, r"$\beta$ tight").get_ydata(), tight, rtol=1e-6)
    published = (1 - slow / fast) ** k * 2 * np.sqrt(4) / np.sqrt(slow)
    np.testing.assert_allclose(line(figure, r"$\beta$ published").get_ydata(), published, rtol=1e-6)
    assert figure.axes[0].get_yscale() == "log"


def test_erratum_marks_faithful_robots_outside_the_published_bound() -> None:
    """T, Algorithm 2, lines 4 and 12 as published: faithful robots break it on a path of 5 from round 103 on."""
    run = record("erratum", leader__bound="paper-as-published")
    figure = convergence(run)
    marks, bold = line(figure, "faithful, but outside"), line(figure, r"$\beta$ published (announced)")
    bound = dict(zip(bold.get_xdata(), bold.get_ydata(), strict=True))
    assert all(y > bound[k] for k, y in zip(marks.get_xdata(), marks.get_ydata(), strict=True))
    assert min(marks.get_xdata()) == np.flatnonzero(run.distance[0] > bold.get_ydata())[0] == 103
    assert "k = 103" in " ".join(text.get_text() for text in figure.axes[0].texts)
    assert bold.get_linewidth() > line(figure, r"$\beta$ corrected").get_linewidth()
    assert line(figure, "outside: all are fined").get_xdata()[0] == 120


def test_large_teams_show_the_announced_bound_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others would need eigenvalues again."""
    monkeypatch.setattr(sys.modules["robosim.rendezvous.figures.convergence"], "LARGEST", 4)
    assert labels(convergence(record("erratum"))).count("beta") == 1


def test_selfish_robots_are_no_erratum() -> None:
    """Only faithful robots outside the published bound show its fault."""
    run = record("erratum", strategies={0: Stationary()})
    assert "faithful" not in labels(convergence(run))
    assert "fined" in labels(convergence(run))


def test_bounds_that_do_not_exist_are_left_out() -> None:
    """BᵀB is singular on a graph with cycles (T, Algorithm 2, line 12), and α > 1/λmax leaves the tight bound alone."""
    assert labels(convergence(record("rendezvous-honest", network__graph="ring"))).count("beta") == 1
    tree = {"network__graph": "path", "robots__count": 4}
    assert labels(convergence(record("rendezvous-honest", **tree))).count("beta") == 3
    assert labels(convergence(record("rendezvous-honest", leader__alpha="1.5/lambda_max", **tree))).count("beta") == 1


def test_lines_of_bounds_differ_in_more_than_colour() -> None:
    figure = convergence(record("erratum"))
    drawn = [line(figure, rf"$\beta$ {name}") for name in ("tight", "corrected", "published")]
    assert len({str(bound._unscaled_dash_pattern) for bound in drawn}) == 3  # no public getter returns the pattern


def test_bars_are_private_cost_and_groves_tax() -> None:
    """v_i = ‖z_i - θ_i‖², π_i = Σ_{j≠i} v_j (T, Algorithm 2, line 13), net = v_i + π_i."""
    run = record(mission__rounds=10)
    figure = costs(run)
    above, below = figure.axes
    v = ((run.positions[0, -1] - run.start) ** 2).sum(axis=1)
    np.testing.assert_allclose([bar.get_height() for bar in above.containers[0]], v)
    taxes = {str(bars.get_label()): bars for bars in below.containers}["tax"]
    np.testing.assert_allclose([bar.get_height() for bar in taxes], v.sum() - v)
    np.testing.assert_allclose(line(figure, "net cost").get_ydata(), np.full(12, v.sum()))
    hatched = [bar for bars in below.containers for bar in bars if bar.get_hatch()]
    assert [round(bar.get_x() + bar.get_width() / 2) for bar in hatched] == [3]
    assert line(figure, "stationary").get_xdata()[0] == 3
    assert "m²" in above.get_ylabel()
    assert "J" in costs(record("rendezvous-honest", robots__private_cost="energy")).axes[0].get_ylabel()


def test_many_robots_stand_in_the_order_of_their_costs() -> None:
    run = record("rendezvous-honest", robots__count=60, strategies={7: Stationary()})
    figure = costs(run)
    drawn = figure.axes[0].collections[0].get_paths()[0].vertices
    cost = np.sort(run.private_cost[0])
    for i in range(1, 60):  # half way between two robots the area steps from one cost to the next
        assert {cost[i - 1], cost[i]} <= set(drawn[drawn[:, 0] == i - 0.5, 1])
    assert line(figure, "stationary").get_xdata()[0] == 0, "the robot that stayed has the least cost"
    order = np.argsort(run.private_cost[0])
    np.testing.assert_array_equal(line(figure, "net cost").get_ydata(), run.net_cost[0][order])


def test_payments_to_robots_hang_below_zero() -> None:
    """tax < 0 is a payment to the robot; net cost = private cost + tax."""
    run = record("rendezvous-honest", robots__count=4)
    run.settlement.tax[0] = [-5.0, -1.0, 0.0, 2.0]
    figure = costs(run)
    bottom, top = figure.axes[1].get_ylim()
    assert bottom < -5
    assert top > (run.private_cost[0, 3] + 2)
    np.testing.assert_array_equal(line(figure, "net cost").get_ydata(), run.private_cost[0] + run.settlement.tax[0])


def test_fines_refusals_and_free_rides_are_said() -> None:
    fined = record("rendezvous", mission__rounds=300)
    assert f"each is fined {fined.rules.penalty:.6g} m²" in costs(fined).axes[0].get_title(loc="left")
    refused = costs(record("rendezvous-honest", strategies={2: OverReport(factor=1e9)}))
    assert line(refused, "report refused").get_xdata()[0] == 2
    free = costs(record(leader__tax="none"))
    assert "tax none" in free.axes[0].get_title(loc="left")


def test_paths_are_the_recorded_positions() -> None:
    run = record()
    figure = trajectories(run)
    faithful = segments(figure, look("faithful").colour)
    others = [i for i in range(12) if i != 3]
    for drawn, robot in zip(faithful, others, strict=True):
        np.testing.assert_array_equal(drawn, run.positions[0, :, robot])
    selfish = line(figure, "stationary")
    assert (selfish.get_marker(), selfish.get_color()) == (look("stationary").shape, look("stationary").colour)
    links = segments(figure, "#999999")
    np.testing.assert_array_equal(links, run.start[run.edges])
    cross = line(figure, "mean of starts")
    np.testing.assert_allclose([cross.get_xdata()[0], cross.get_ydata()[0]], run.start.mean(axis=0))
    assert figure.axes[0].get_aspect() == 1.0


def test_a_star_stands_where_robots_met_and_nowhere_else() -> None:
    """Not after 3 rounds, although inside the bound; not beside who is too far for it; yes where all came to him."""
    early, apart, late = (record(mission__rounds=n) for n in (3, 60, 400))
    assert early.settlement.distance[0] <= early.settlement.beta[0]
    assert apart.settlement.distance[0] > apart.settlement.beta[0]
    assert late.settlement.distance[0] > late.settlement.beta[0]
    for run in (early, apart):
        assert "meeting point" not in labels(trajectories(run))
        assert "they did not meet" in trajectories(run).axes[0].get_title(loc="left")
    star = line(trajectories(late), "meeting point")
    np.testing.assert_allclose([star.get_xdata()[0], star.get_ydata()[0]], late.positions[0, -1].mean(axis=0))
    assert "meet" not in trajectories(late).axes[0].get_title(loc="left")


def test_faithful_robots_meet_in_the_mean() -> None:
    """1ᵀL = 0: consensus keeps the mean, so there is no second mark."""
    assert "mean of starts" not in labels(trajectories(record("rendezvous-honest")))


def test_teams_without_anybody_faithful_can_be_drawn() -> None:
    run = record("erratum", strategies={i: Stationary() for i in range(5)})
    assert "faithful" not in labels(trajectories(run))


def test_one_dimension_is_position_against_round() -> None:
    run = record("erratum")
    for robot, drawn in enumerate(segments(trajectories(run), look("faithful").colour)):
        np.testing.assert_array_equal(drawn, np.stack([run.kept, run.positions[0, :, robot, 0]], axis=1))


def test_three_dimensions_get_axes_in_space() -> None:
    axes = trajectories(record("drones")).axes[0]
    assert axes.name == "3d"
    assert "z" in axes.get_zlabel()
    ends = np.array([axes.get_xlim3d(), axes.get_ylim3d(), axes.get_zlim3d()])
    per_metre = np.array(axes.get_box_aspect()) / np.ptp(ends, axis=1)
    np.testing.assert_allclose(per_metre, per_metre[0], rtol=1e-12)  # a metre is as long along every axis
    assert np.ptp(ends[2]) < np.ptp(ends[0]) / 2


def test_a_bound_that_stays_where_it_is_has_plain_numbers_beside_it() -> None:
    """Between 27 and 50 m no power of ten is near: ticks read 30, not 3x10^1."""
    figure = convergence(record("rendezvous-honest", mission__rounds=3))
    figure.canvas.draw()
    axes = figure.axes[0]
    shown = [tick.label1.get_text() for tick in axes.yaxis.get_major_ticks()]
    assert {"10", "20", "50"} <= set(shown)
    assert not [text for text in shown if "10^" in text]
    assert not [text for text in (tick.label1.get_text() for tick in axes.yaxis.get_minor_ticks()) if text]


def test_journey_after_agreeing_is_straight() -> None:
    """Robots that agree first drive one straight line; in one dimension the agreement is drawn round by round."""
    run = record(mission__travel="after-agreeing")
    for drawn in segments(trajectories(run), look("faithful").colour):
        assert drawn.shape == (2, 2)
    flat = record("erratum", mission__travel="after-agreeing")
    assert {len(drawn) for drawn in segments(trajectories(flat), look("faithful").colour)} == {121}


def test_crowds_are_pixels_without_links() -> None:
    figure = trajectories(record("rendezvous-honest", robots__count=CROWD + 1, network__graph="geometric"))
    assert "link" not in labels(figure)
    assert all(group.get_rasterized() for group in figure.axes[0].collections)


def test_long_missions_are_thinned_but_whole() -> None:
    run = record("erratum", mission__rounds=3000)
    drawn = segments(trajectories(run), look("faithful").colour)[0]
    assert len(drawn) <= 500
    assert drawn[[0, -1], 0].tolist() == [0.0, 3000.0]


def test_every_strategy_has_a_look_of_its_own() -> None:
    """Not colour alone: every shape is different."""
    assert {"faithful", *STRATEGIES} == set(LOOKS)
    assert len({kind.shape for kind in LOOKS.values()} | {UNLISTED.shape}) == len(LOOKS) + 1
    assert look("my-own") == UNLISTED


WORLDS = [
    ("rendezvous", {}),
    ("erratum", {"leader__bound": "paper-as-published"}),
    ("drones", {}),
    ("rendezvous-honest", {"robots__count": 60}),
    ("rendezvous-honest", {"robots__count": 40}),
]


@pytest.mark.parametrize(("world", "keys"), WORLDS)
def test_pictures_fit_a_paper(world: str, keys: dict[str, object]) -> None:
    """One or two columns wide, letters of 8 points or more, and nothing is cut off."""
    run = record(world, **keys)
    for draw in FIGURES.values():
        figure = draw(run)
        assert figure.get_figwidth() in (3.5, 7.16)
        figure.canvas.draw()
        texts = [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]
        assert min(text.get_fontsize() for text in texts) >= 8
        kept = [
            figure.legends[0],
            figure.axes[0]._left_title,
            *(axes.xaxis.label for axes in figure.axes),
            *(axes.yaxis.label for axes in figure.axes),
        ]
        for artist in kept:
            box = artist.get_window_extent()
            assert min(box.x0, box.y0) >= -1, artist
            assert box.x1 <= figure.bbox.x1 + 1, artist
            assert box.y1 <= figure.bbox.y1 + 1, artist


def test_all_strategies_at_once_fit_too() -> None:
    plans = {i: kind() for i, (name, kind) in enumerate(STRATEGIES.items()) if name != "best-response"}
    run = record("rendezvous-honest", strategies=plans, robots__count=12)
    for draw in FIGURES.values():
        figure = draw(run)
        figure.canvas.draw()
        box = figure.legends[0].get_window_extent()
        assert box.x0 >= -1
        assert box.x1 <= figure.bbox.x1 + 1


@pytest.mark.parametrize("ending", [".png", ".svg", ".pdf"])
def test_same_record_same_bytes(ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the hour and the user's own matplotlib settings, which stay as they are."""
    run = record("erratum")
    first = save(convergence(run), tmp_path / f"a{ending}").read_bytes()
    monkeypatch.setitem(mpl.rcParams, "font.size", 20.0)
    monkeypatch.setitem(mpl.rcParams, "savefig.bbox", "tight")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    assert save(convergence(run), tmp_path / f"b{ending}").read_bytes() == first
    assert mpl.rcParams["font.size"] == 20.0


@pytest.mark.deep
def test_same_bytes_in_another_process_and_no_pyplot(tmp_path: Path) -> None:
    code = (
        "import sys; from robosim.build import load; from robosim.figures import plot;"
        "plot(load('erratum').run(), 'costs', sys.argv[1]); assert 'matplotlib.pyplot' not in sys.modules"
    )
    environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"} | {"PYTHONHASHSEED": "3"}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "there.svg")], check=True, env=environment)
    plot(record("erratum"), "costs", tmp_path / "here.svg")
    assert (tmp_path / "here.svg").read_bytes() == (tmp_path / "there.svg").read_bytes()


def test_other_endings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"\.png, \.svg or \.pdf, not '\.jpg'"):
        plot(record("erratum"), "costs", tmp_path / "picture.jpg")


def test_failed_writes_leave_the_old_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "costs.png"
    target.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(BadInput, match="No space left"):
        plot(record("erratum"), "costs", target)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_plot_writes_folders_and_files(tmp_path: Path) -> None:
    run = record("erratum")
    assert figures_of(run) == FIGURES
    folder = tmp_path / "new" / "folder"
    assert plot(run, out=folder) == [folder / f"{kind}.png" for kind in FIGURES]
    assert plot(run, ["costs"], tmp_path / "one.PDF") == [tmp_path / "one.PDF"]
    assert (tmp_path / "one.PDF").read_bytes().startswith(b"%PDF")
    (tmp_path / "v1.0").mkdir()
    assert plot(run, "costs", tmp_path / "v1.0") == [tmp_path / "v1.0" / "costs.png"]
    twice = plot(run, ["costs", "convergence", "costs"], folder)
    assert [path.name for path in twice] == ["costs.png", "convergence.png"]


def test_wrong_arguments_name_the_fix(tmp_path: Path) -> None:
    run = record("erratum")
    with pytest.raises(BadInput, match="kind: 'tax' is none of trajectories, convergence, costs, all"):
        plot(run, ["costs", "tax"], tmp_path)
    with pytest.raises(BadInput, match="one file, for 3 pictures"):
        plot(run, "all", tmp_path / "all.pdf")
    with pytest.raises(BadInput, match=r"mission: must be one of 0\.\.0, got 1"):
        plot(run, out=tmp_path, mission=1)
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        plot(run, "costs", tmp_path / "file" / "costs.png")


def test_each_mission_of_a_batch_has_its_own_picture() -> None:
    mission = load("rendezvous")
    (deviation,) = mission.deviations
    second = type(deviation)(strategy=deviation.strategy, missions=np.array([1]), agents=np.array([5]))
    run = mission.playing((second,), batch=2).run()
    assert "stationary" not in labels(costs(run, 0))
    assert line(costs(run, 1), "stationary").get_xdata()[0] == 5


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_robots_that_start_together_can_be_drawn(draw: Callable[[Record], Figure], tmp_path: Path) -> None:
    """dist = 0 has no logarithm, and no cost no height: still a picture, without warnings."""
    starts = [[1.0, 1.0]] * 3
    run = record("rendezvous-honest", robots__count=3, robots__starts_m=starts, network__graph="path")
    save(draw(run), tmp_path / "x.png")
