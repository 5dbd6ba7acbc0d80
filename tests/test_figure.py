"""`robosim.figure`: every picture of every kind fits one and two columns, and draws into axes of one's own."""

import io
import warnings
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import robosim
from robosim.errors import BadInput
from robosim.figures import figures_of, plot
from robosim.figures.paper import WIDTHS
from robosim.palette import LOOKS, MARKET_LOOKS, SEARCHED, SUPPLIER_LOOKS, UNLISTED
from tests.pictures import faults

FEW = {"station.count": 6, "station.limit_kw": 12.0, "mission.rounds": 60}
PLAYING = [{"agents": [2, 5], "strategy": "over-ask"}, {"agent": 1, "strategy": "constant-bid"}]
SITE = {"station.site": "caltech", "station.count": 12, "station.limit_kw": 40.0, "leader.tax": "none"}
RUNS = {
    "robots": ("rendezvous", {"mission.rounds": 30}),
    "many robots": ("rendezvous-honest", {"robots.count": 30, "mission.rounds": 30}),
    "a line": ("erratum", {"leader.bound": "paper-as-published"}),
    "space": ("drones", {"mission.rounds": 40}),
    "bodies": ("rovers", {}),
    "bidders": ("six-bidders", {}),
    "cars": ("charging-day-ahead", FEW | {"selfish": PLAYING}),
    "phases": ("charging-day-ahead", SITE | {"mission.rounds": 40}),
    "suppliers": ("freight", {"mission.rounds": 40}),
    "a general problem": ("aggregator", {"mission.rounds": 40}),
}


def each(quick: str) -> list:
    """All runs; those that take longer are for deep tests."""
    return [name if name == quick else pytest.param(name, marks=pytest.mark.deep) for name in RUNS]


@pytest.fixture(scope="module")
def record():
    """Each run, once."""
    kept = {}

    def found(name):
        if name not in kept:
            world, keys = RUNS[name]
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", ".*the published bound penalises faithful robots")
                kept[name] = robosim.run(world, set=keys)
        return kept[name]

    return found


@pytest.mark.parametrize("name", each("a line"))
def test_every_picture_fits_one_column_and_two(name, record) -> None:
    """3.5 and 7.16 inches, letters of 7 points or more, none cut, none over another."""
    for kind in figures_of(record(name)):
        for columns, inches in WIDTHS.items():
            figure = robosim.figure(record(name), kind, columns=columns)
            assert figure.get_figwidth() == inches
            assert not faults(figure), (kind, columns)


def test_faults_are_found() -> None:
    """The test above can fail."""
    figure = Figure(figsize=(2, 2))
    axes = figure.subplots()
    axes.text(0.1, 0.5, "one")
    axes.text(0.15, 0.5, "other", fontsize=6)
    axes.text(2.0, 0.5, "far away")
    assert len([one for one in faults(figure) if "cut" in one or "over" in one or "6.0 pt" in one]) >= 3


def own(rows: int, projection: str | None = None) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(7, 3))
    return figure, list(figure.subplots(1, rows, squeeze=False, subplot_kw={"projection": projection})[0])


@pytest.mark.parametrize("name", each("bidders"))
def test_every_picture_draws_into_axes_of_ones_own(name, record) -> None:
    """What is drawn is what its own sheet shows: as many lines and areas, at the same places."""
    for kind in figures_of(record(name)):
        whole = robosim.figure(record(name), kind)
        bars = [axes for axes in whole.axes if axes.get_label() == "<colorbar>"]
        ours = [axes for axes in whole.axes if axes not in bars]
        figure, axes = own(len(ours), "3d" if ours[0].name == "3d" else None)
        assert robosim.figure(record(name), kind, ax=axes if len(axes) > 1 else axes[0]) is figure
        assert figure.get_size_inches().tolist() == [7, 3]
        for mine, there in zip(axes, ours, strict=True):
            for one, other in zip(mine.lines, there.lines, strict=False):
                np.testing.assert_array_equal(np.array(one.get_data()), np.array(other.get_data()))
            assert len(mine.collections) == len(there.collections)
            assert mine.get_ylabel() == there.get_ylabel()
        assert axes[0].get_legend() is not None


def test_a_sheet_of_ones_own_keeps_what_is_on_it(record) -> None:
    """Two kinds side by side; the user's own settings of matplotlib are as they were."""
    figure, (left, right) = own(2)
    right.set_title("mine", loc="right")
    before = dict(mpl.rcParams)
    robosim.figure(record("robots"), "trajectories", ax=left)
    robosim.figure(record("robots"), "convergence", ax=right)
    assert (left.get_xlabel(), right.get_yscale(), right.get_title(loc="right")) == ("$x$ (m)", "log", "mine")
    assert dict(mpl.rcParams) == before
    assert len(figure.axes) == 2


def test_axes_that_do_not_go_with_a_picture_are_refused(record) -> None:
    _, (flat,) = own(1)
    with pytest.raises(BadInput, match=r"2 panels, one above the other, got 1 Axes \(give a list of 2"):
        robosim.figure(record("robots"), "costs", ax=flat)
    with pytest.raises(BadInput, match=r"1 panel, got 2 Axes \(give one Axes\)"):
        robosim.figure(record("robots"), "convergence", ax=[flat, flat])
    with pytest.raises(BadInput, match=r'is rectilinear.*projection="3d"'):
        robosim.figure(record("space"), "trajectories", ax=flat)
    with pytest.raises(BadInput, match="is 3d, this picture needs other axes"):
        robosim.figure(record("robots"), "trajectories", ax=own(1, "3d")[1])
    with pytest.raises(BadInput, match="ax: must be matplotlib Axes, or a list of them, got Figure"):
        robosim.figure(record("robots"), "convergence", ax=Figure())
    with pytest.raises(BadInput, match="leave one of the two out"):
        robosim.figure(record("robots"), "convergence", ax=flat, columns=1)


def test_wrong_arguments_name_the_fix(record, tmp_path) -> None:
    with pytest.raises(BadInput, match="columns: must be 1 or 2, got 3"):
        robosim.figure(record("robots"), "costs", columns=3)
    with pytest.raises(BadInput, match="columns: must be 1 or 2, got 0"):
        plot(record("robots"), "costs", tmp_path, columns=0)
    with pytest.raises(BadInput, match="kind: 'all' is none of trajectories, convergence, costs"):
        robosim.figure(record("robots"), "all")
    with pytest.raises(BadInput, match=r"mission: must be one of 0\.\.0, got 1"):
        robosim.figure(record("robots"), "costs", mission=1)
    with pytest.raises(BadInput, match="there is no map of aggregator"):
        robosim.figure(record("a general problem"), "map")


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_whoever_saves_a_figure_again_has_the_same_bytes(ending, record, tmp_path, monkeypatch) -> None:
    """By matplotlib's own `savefig`: the same figure twice, and the file of `plot`, which draws it anew."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    first = robosim.figure(record("a line"), "trajectories")
    found = []
    for _ in range(2):
        first.savefig(tmp_path / f"a.{ending}", dpi=200)
        found.append((tmp_path / f"a.{ending}").read_bytes())
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "2000000000")
    (written,) = plot(record("a line"), "trajectories", tmp_path / f"b.{ending}")
    assert {*found, written.read_bytes()} == {found[0]}
    if ending == "svg":
        buffer = io.BytesIO()
        first.savefig(buffer, format=ending, dpi=200)
        assert buffer.getvalue() == found[0]


def test_files_have_the_width_that_was_asked_for(record, tmp_path: Path) -> None:
    for columns, inches in WIDTHS.items():
        (path,) = plot(record("robots"), "convergence", tmp_path / f"{columns}.svg", columns=columns)
        assert f'width="{72 * inches:g}pt"' in path.read_text()


def test_legends_show_markers_as_they_are_drawn() -> None:
    """Of bids: the colour, shape and size of the marks at their ends."""
    run = robosim.run("six-bidders", strategies={2: "constant-bid"})
    figure = robosim.figure(run, "prices")
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    legend = dict(zip(names, figure.legends[0].get_lines(), strict=True))
    ends = [_mark(line) for line in figure.axes[1].lines if line.get_linestyle() == "None"]
    assert ends.count(_mark(legend["faithful"])) == 5
    assert ends.count(_mark(legend["constant-bid"])) == 1


def _mark(line: mpl.lines.Line2D) -> tuple[object, ...]:
    return line.get_marker(), line.get_markersize(), line.get_markerfacecolor(), line.get_markeredgecolor()


SIGHTS = {
    "whole": np.eye(3),
    "without red": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "without green": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
"""How colours of light are seen by who lacks one sort of cones (Machado, Oliveira, Fernandes 2009, Table 1)."""


def test_looks_that_share_a_shape_differ_for_every_eye() -> None:
    """Two strategies of one world differ in shape, or in a colour that all can tell apart."""
    for table in (LOOKS, MARKET_LOOKS, SUPPLIER_LOOKS, SEARCHED):
        looks = [*table.values(), UNLISTED]
        for i, one in enumerate(looks):
            for other in looks[:i]:
                light = [np.array(mpl.colors.to_rgb(x.colour)) ** 2.2 for x in (one, other)]
                apart = [np.linalg.norm(sight @ light[0] - sight @ light[1]) for sight in SIGHTS.values()]
                assert one.shape != other.shape or min(apart) > 0.1, (one, other)
