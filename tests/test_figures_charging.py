"""Pictures of a charging day say what the record says: numbers are read back from the artists that are drawn."""

import re
from dataclasses import fields, replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

import robosim
from robosim.charging.absence import absence_along, day_vcg, serving
from robosim.charging.figures.hours import day_prices, rounds_shown
from robosim.charging.figures.power import charge, power, power_kw
from robosim.charging.figures.taxes import day_absence, day_of, taxes
from robosim.controllers.selfish.bidders import BIDDING
from robosim.controllers.selfish.evs import EV_DEVIATIONS
from robosim.errors import BadInput
from robosim.figures import figures_of, plot
from robosim.figures.style import save
from robosim.palette import LOOKS, MARKET_LOOKS, UNLISTED, look
from tests.deep import but_deep

FEW = {"station.count": 12, "station.limit_kw": 20.0, "seed": 4}
SELFISH = [{"agents": [2, 5], "strategy": "over-ask"}, {"agent": 7, "strategy": "constant-bid"}]
DAYS = {
    "drawn": {},
    "unserved": FEW | {"station.limit_kw": 8.0, "station.unmet": "allowed"},
    "selfish": FEW | {"selfish": SELFISH, "leader.tax": "clearing-price", "mission.rounds": 60},
    "phases": {"station.site": "caltech", "station.count": 30, "station.limit_kw": 40.0, "leader.tax": "none"},
    "seventy": {"station.count": 70, "leader.tax": "none", "mission.rounds": 30},
    "one": {"station.count": 1},
    "four": {"station.count": 4, "station.limit_kw": 10.0},
}


def mission(name):
    keys = dict(DAYS[name])
    return robosim.load("charging-day-ahead", seed=keys.pop("seed", 0), set=keys)


@pytest.fixture(scope="module")
def days():
    """Every day, run when first asked for."""
    kept: dict[str, object] = {}

    def day(name: str):
        if name not in kept:
            kept[name] = mission(name).run()
        return kept[name]

    return day


def line(figure: Figure, label: str) -> mpl.lines.Line2D:
    begins = re.compile(re.escape(label) + r"(?!\d)")
    found = [line for axes in figure.axes for line in axes.lines if begins.match(str(line.get_label()))]
    assert len(found) == 1, label
    return found[0]


def area(polygons) -> float:
    """By the shoelace formula."""
    x, y = polygons.get_paths()[0].vertices.T
    return float(abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2)


def note(figure: Figure) -> str:
    return figure.axes[0].get_title(loc="left")


@pytest.mark.parametrize("name", ["drawn", "selfish", "seventy", "four"])
def test_each_layer_is_the_energy_of_a_car(name, days) -> None:
    """kW over hours: the area of a layer is what the meter counted, and the stack ends at the sum."""
    record = days(name)
    layers = list(power(record).axes[1].collections)
    metered = record.day.metered_kwh.sum(axis=1)
    np.testing.assert_allclose(sorted(map(area, layers)), sorted(metered[metered > 0]), atol=1e-9)
    top = max(float(one.get_paths()[0].vertices[:, 1].max()) for one in layers)
    assert top == pytest.approx(record.day.metered_kwh.sum(axis=0).max() / record.day.step_h)


def test_price_tariff_limit_and_plan_are_the_record_s(days) -> None:
    """λ in dollars a kW and period, drawn a kWh; every value holds from its hour to the next."""
    record = days("drawn")
    figure = power(record)
    for label, values in [
        ("price", record.prices[0, -1] / record.day.hours),
        ("tariff", record.day.tariff_per_kwh),
        ("planned", record.day.plan_kw[0].sum(axis=0)),
    ]:
        drawn = line(figure, label)
        np.testing.assert_allclose(drawn.get_ydata()[:-1], values, atol=1e-12)
        np.testing.assert_allclose(drawn.get_xdata(), np.arange(97) / 4)
        assert drawn.get_drawstyle() == "steps-post"
    assert line(figure, "feeder limit 60 kW").get_ydata()[0] == pytest.approx(60.0)
    assert [axes.get_ylabel() for axes in figure.axes[:2]] == ["\\$/kWh", "power (kW)"]
    assert figure.axes[1].get_xlabel() == "hour of the day (h)"
    assert figure.axes[1].get_xlim() == (0.0, 24.0)
    assert figure.axes[2].get_ylabel() == "arrival (h)"


def test_the_selfish_are_hatched_and_marked_at_the_bottom(days) -> None:
    record = days("selfish")
    figure = power(record)
    hatched = [one for one in figure.axes[1].collections if one.get_hatch()]
    energy = record.day.metered_kwh.sum(axis=1)
    np.testing.assert_allclose([area(one) for one in hatched], energy[[7, 2, 5]])
    assert min(float(hatched[0].get_paths()[0].vertices[:, 1].min()), 0.0) == 0.0
    mark = line(figure, "constant-bid")
    assert (mark.get_marker(), mark.get_markerfacecolor()) == look("constant-bid")[::-1]
    assert 0 < mark.get_ydata()[0] < record.day.metered_kwh[7].max() / record.day.step_h
    charged = charge(record)
    assert line(charged, "over-ask").get_marker() == look("over-ask").shape


def test_of_three_phases_the_most_loaded_row_is_drawn(days) -> None:
    """A share of each row's limit, as executed."""
    record = days("phases")
    figure = power(record)
    share = 100 * np.max(record.day.line_a / record.day.limit_a, axis=0)
    np.testing.assert_allclose(line(figure, "most loaded row").get_ydata()[:-1], share)
    assert line(figure, "its limit").get_ydata()[0] == 100.0
    assert figure.axes[2].get_ylabel() == "load (%)"
    assert f"{share.max():.1f} % of a limit" in note(figure)
    at_plug = np.einsum("ik,kt->it", record.types["weights"][0], record.prices[0, -1].reshape(-1, 96)) * 4
    np.testing.assert_allclose(line(figure, "price at the dearest plug").get_ydata()[:-1], at_plug.max(axis=0))


def test_other_missions_are_drawn_by_period(days) -> None:
    """Steps are kept of mission 0 only; means over periods hold the same energy."""
    day = days("drawn").day
    np.testing.assert_allclose(power_kw(day, 0).sum(axis=1) * day.step_h, day.metered_kwh.sum(axis=1))
    twice = replace(day, metered_kw=np.repeat(day.metered_kw, 2, axis=0))
    np.testing.assert_allclose(power_kw(twice, 1).sum(axis=1) * day.step_h, day.metered_kwh.sum(axis=1))
    with pytest.raises(BadInput, match="batteries are kept of mission 0, got 1"):
        charge(days("drawn"), 1)


@pytest.mark.parametrize("name", ["drawn", "unserved", "one"])
def test_batteries_rise_by_what_is_stored_while_the_car_is_there(name, days) -> None:
    """Content over capacity; gained from first to last is what the battery gained."""
    record = days(name)
    day, figure = record.day, charge(record)
    curves = [one for one in figure.axes[0].lines if one.get_linestyle() == "-" and len(one.get_xdata())]
    gained = np.array([one.get_ydata()[-1] - one.get_ydata()[0] for one in curves])
    np.testing.assert_allclose(np.sort(gained), np.sort(100 * day.stored_kwh / day.capacity_kwh), atol=1e-9)
    began = np.sort([one.get_xdata()[0] for one in curves])
    np.testing.assert_allclose(began, np.sort(np.floor(day.stay_min[:, 0] / 5) / 12))
    assert all((np.diff(one.get_ydata()) >= -1e-12).all() for one in curves)
    assert figure.axes[0].get_ylabel() == "state of charge (%)"


def test_who_leaves_without_its_wish_is_crossed_and_counted(days) -> None:
    record = days("unserved")
    figure, lacking = charge(record), record.day.wanted_kwh - record.day.metered_kwh.sum(axis=1)
    crosses = line(figure, "leaves without")
    assert len(crosses.get_xdata()) == (lacking > 0.05).sum() > 0
    assert f"{lacking.sum():.1f} kWh unmet at {(lacking > 0.05).sum()} EV" in note(figure)
    assert "unmet" in note(power(record))
    assert "unmet" not in note(power(days("drawn")))


def test_taxes_stand_against_payments(days) -> None:
    """π_i of (8) up, Σ_t λ_t z_it across, and the ratio of their sums."""
    record = days("drawn")
    figure = taxes(record)
    paid = np.einsum("t,it->i", record.prices[0, -1], record.decision[0])
    tax = record.settlement.tax[0]
    shown = np.minimum(paid, tax) > 1e-5 * paid.max()
    points, ratio = line(figure, "faithful"), line(figure, "sums")
    np.testing.assert_allclose(points.get_xdata(), paid[shown])
    np.testing.assert_allclose(points.get_ydata(), tax[shown])
    np.testing.assert_allclose(ratio.get_ydata() / ratio.get_xdata(), tax.sum() / paid.sum())
    assert f"sums: {tax.sum() / paid.sum():.3g}" in ratio.get_label()
    np.testing.assert_array_equal(*line(figure, "tax = price").get_data())
    assert f"{(~shown).sum()} of 50 EVs have no tax" in note(figure)
    assert all("$" in label for label in (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()))


def test_under_another_rule_the_taxes_are_those_of_the_optimum(days) -> None:
    record = days("selfish")
    figure = taxes(record)
    assert "of the optimum" in figure.axes[0].get_ylabel()
    central = day_vcg(mission("selfish").allocation)
    assert central.max() > 0
    for name, cars in (("over-ask", [2, 5]), ("constant-bid", [7])):
        drawn = line(figure, name).get_ydata()
        assert set(np.round(drawn, 9)) <= set(np.round(central[cars], 9))


@pytest.mark.parametrize("name", ["drawn", "phases", "unserved"])
def test_the_problem_is_in_the_record(name, days) -> None:
    """Read back without the file of the sessions: the same numbers, the same optimum."""
    kept, true = day_of(days(name)), mission(name).allocation
    for field in fields(true):
        if field.name != "least_curvature":
            np.testing.assert_array_equal(getattr(kept, field.name), getattr(true, field.name), field.name)


@pytest.mark.parametrize("name", ["drawn", "unserved", "phases"])
def test_the_area_below_the_others_price_is_the_vcg_tax(name, days) -> None:
    """T, Proposition 4; with prices that rise along the share the trapezoidal rule errs by no more than is asked."""
    day = mission(name).allocation
    central = day_vcg(day)
    for agent in np.argsort(-central)[:2].tolist():
        found = absence_along(day, agent, points=33)
        assert found.tax == pytest.approx(central[agent], abs=1e-9)
        doubt = np.dot(np.diff(found.share), np.diff(found.marginal)) / 2
        assert abs(found.integral - found.tax) <= doubt + 1e-8 * found.clearing
        assert (np.diff(found.marginal) >= -1e-7 * found.clearing).all()
        assert -1e-9 <= found.tax <= found.clearing + 1e-8 * found.clearing


def test_fig_2_is_drawn_in_dollars_a_kwh(days) -> None:
    record = days("drawn")
    who = int(np.argmax(record.settlement.tax[0]))
    figure = day_absence(record)
    (tax,) = (one for one in figure.axes[0].collections if one.get_label() == "VCG tax")
    assert area(tax) == pytest.approx(record.settlement.tax[0, who], rel=3e-3)
    price = line(figure, "the others' price")
    assert price.get_xdata()[-1] == pytest.approx(record.day.plan_kw[0, who].sum() * 0.25, rel=1e-5)
    assert figure.axes[0].get_xlabel() == f"what EV {who} gets (kWh)"
    assert figure.axes[0].get_ylabel() == r"mean price (\$/kWh)"
    with pytest.raises(BadInput, match=r"agent: must be one of 0\.\.49, got 50"):
        day_absence(record, agent=50)


def test_p_minus_i_serves_the_share_at_any_price() -> None:
    """P_-i(x) (T, (7)) at x = z_i* is the optimum of all, and at 0 the problem of the others."""
    day = mission("unserved").allocation
    agent = int(np.argmax(day.best.plan.sum(axis=1)))
    share = day.best.plan[agent]
    rest = serving(day, agent, share)
    others = rest.metered_costs(rest.best.plan[None])[0, : day.agents - 1]
    everyone = day.metered_costs(day.best.plan[None])[0]
    assert others.sum() == pytest.approx(everyone.sum() - everyone[agent], abs=1e-6)
    alone = serving(day, agent, np.zeros(day.periods))
    assert alone.best.cost == pytest.approx(day.without(agent).best.cost, abs=1e-9)
    np.testing.assert_allclose(rest.best.plan[day.agents - 1 :].sum(axis=0), share, atol=1e-6)


def test_prices_are_those_of_the_rounds_in_the_legend(days) -> None:
    record = days("drawn")
    figure = day_prices(record)
    for row in rounds_shown(len(record.kept)):
        drawn = line(figure, f"round {record.kept[row]}")
        np.testing.assert_allclose(drawn.get_ydata()[:-1], record.prices[0, row] * 4, atol=1e-12)
    assert "the last" in line(figure, f"round {record.kept[-1]}").get_label()
    assert rounds_shown(1) == [0]
    assert rounds_shown(2) == [1]


def test_every_strategy_of_a_market_has_a_look_of_its_own() -> None:
    played = {*BIDDING, *EV_DEVIATIONS}
    assert played <= {*MARKET_LOOKS, *LOOKS}
    shapes = [look(name).shape for name in sorted({"faithful", *played})]
    assert len({*shapes, UNLISTED.shape}) == len(shapes) + 1


@pytest.mark.parametrize("name", but_deep(DAYS, ("selfish", "phases", "one")))
def test_pictures_fit_a_paper(name, days) -> None:
    """One or two columns wide, letters of 8 points or more, nothing cut off, no legend over an axis."""
    for draw in figures_of(days(name)).values():
        figure = draw(days(name))
        assert figure.get_figwidth() in (3.5, 7.16)
        figure.canvas.draw()
        texts = [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]
        assert min(text.get_fontsize() for text in texts) >= 8
        legend = figure.legends[0].get_window_extent()
        below = [axes.get_tightbbox() for axes in figure.axes]
        assert all(legend.y1 <= box.y0 + 1 for box in below)
        assert figure.axes[0]._left_title.get_window_extent().y0 >= figure.axes[0].bbox.y1 - 1
        for box in (legend, *below):
            assert min(box.x0, box.y0) >= -1
            assert box.x1 <= figure.bbox.x1 + 1
            assert box.y1 <= figure.bbox.y1 + 1


@pytest.mark.deep
def test_kinds_by_name_and_all(days, tmp_path) -> None:
    """The same bytes twice; who asks a day for trajectories is told what there is."""
    first, again = (plot(days("four"), "all", tmp_path / name) for name in "ab")
    assert [path.stem for path in first] == ["power", "charge", "taxes", "prices", "absence"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    with pytest.raises(BadInput, match="none of power, charge, taxes, prices, absence, all"):
        plot(days("four"), "trajectories", tmp_path)
    assert save(power(days("four")), tmp_path / "power.svg").read_text().count("<image") <= 1  # the bar of colours


def test_auctions_of_bidders_have_their_kinds(tmp_path) -> None:
    record = robosim.run("two-bidders")
    assert [path.stem for path in plot(record, "all", tmp_path)] == ["prices", "taxes", "absence"]
    with pytest.raises(BadInput, match="kind: 'power' is none of prices, taxes, absence, all"):
        plot(record, "power", tmp_path)
