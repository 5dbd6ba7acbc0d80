"""Pictures of market power say what the record says: numbers are read back from what is drawn (T, Fig. 2)."""

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

import robosim
from robosim.auction.figures import absence, bidders_problem, payments, tax_against_price
from robosim.auction.market_power import central_vcg
from robosim.controllers.selfish.bidders import BaitAndSwitch
from robosim.errors import BadInput
from robosim.figures.style import save
from robosim.palette import look


def drawn(figure: Figure, label: str) -> mpl.lines.Line2D:
    found = [line for line in figure.axes[0].lines if line.get_label() == label]
    assert len(found) == 1
    return found[0]


def area(figure: Figure, label: str) -> float:
    """Of a filled polygon, by the shoelace formula."""
    (found,) = (one for one in figure.axes[0].collections if one.get_label() == label)
    x, y = found.get_paths()[0].vertices.T
    return float(abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2)


def test_fig_2_of_section_two() -> None:
    """λ^-1(x) = 2x up to z_1 = 1/2: the area below is the VCG tax 1/4, the rectangle is the payment 1/2."""
    figure = absence(robosim.run("two-bidders"), agent=0)
    price = drawn(figure, "the others' price")
    np.testing.assert_allclose(price.get_ydata(), 2 * np.asarray(price.get_xdata()), atol=1e-9)
    assert price.get_xdata()[-1] == pytest.approx(0.5)
    assert area(figure, "VCG tax") == pytest.approx(0.25)
    assert area(figure, "VCG tax") + area(figure, "market power") == pytest.approx(0.5)
    assert "VCG 0.25" in figure.axes[0].get_title(loc="left")


@pytest.mark.parametrize(
    ("world", "keys"),
    [
        ("six-bidders", {}),
        ("market", {"bidders.bid_limits_kw": [0, 0.8]}),  # kinks, where others meet their limits
        ("market", {"market.sense": "at-most", "market.capacity_share": 1.5}),  # nothing is scarce
        ("not-dominant", {}),  # who must take the same pays for the other's loss, at a weight of -1
    ],
)
def test_the_area_below_the_others_price_is_the_vcg_tax(world: str, keys: dict[str, object]) -> None:
    """T, Proposition 4, for every agent, from the corners that are drawn."""
    record = robosim.run(world, set=keys)
    problem = bidders_problem(record)
    taxes = central_vcg(problem)
    for agent in range(0, problem.agents, 3):
        figure = absence(record, agent=agent)
        line = drawn(figure, "the others' price")
        below = np.trapezoid(line.get_ydata(), line.get_xdata())
        assert below == pytest.approx(taxes[agent], abs=2e-5)
        assert area(figure, "VCG tax") == pytest.approx(abs(taxes[agent]), abs=2e-5)


def test_the_agent_with_most_to_pay_is_drawn_if_none_is_named() -> None:
    record = robosim.run("six-bidders", set={"leader.tax": "vcg"})
    most = int(np.argmax(payments(record)))
    assert f"what bidder {most} gets" in absence(record).axes[0].get_xlabel()


def test_taxes_stand_against_prices_agent_by_agent() -> None:
    """λ'R_i z_i across, π_i up (T, (8)); the baiting bidder has a mark of its own."""
    record = robosim.run("six-bidders", set={"leader.tax": "vcg"}, strategies={0: BaitAndSwitch()})
    figure = tax_against_price(record)
    honest, baiting = drawn(figure, "faithful"), drawn(figure, "bait-and-switch")
    paid = record.prices[0, -1, 0] * record.decision[0, :, 0]
    np.testing.assert_allclose(honest.get_xdata(), paid[1:])
    np.testing.assert_allclose(honest.get_ydata(), record.settlement.tax[0, 1:])
    np.testing.assert_allclose([*baiting.get_xdata(), *baiting.get_ydata()], [paid[0], record.settlement.tax[0, 0]])
    assert honest.get_marker() == look("faithful").shape != baiting.get_marker()
    equal = drawn(figure, "tax = price")
    np.testing.assert_array_equal(equal.get_xdata(), equal.get_ydata())


def test_weights_count_in_payments() -> None:
    """R = (1, -1): one pays the price that the other gets."""
    record = robosim.run("not-dominant")
    price = record.prices[0, -1, 0]
    np.testing.assert_allclose(payments(record), [price * 1.5, -price * 1.5], atol=1e-9)


def test_under_another_rule_the_taxes_are_those_of_the_optimum() -> None:
    record = robosim.run("six-bidders")
    figure = tax_against_price(record)
    assert record.tax_rule == "clearing-price"
    np.testing.assert_allclose(drawn(figure, "faithful").get_ydata(), central_vcg(bidders_problem(record)))
    np.testing.assert_allclose(drawn(figure, "faithful").get_xdata(), record.settlement.tax[0])
    assert "of the optimum" in figure.axes[0].get_ylabel()


def test_market_power_vanishes_in_the_picture_too() -> None:
    """T, section V.B: with many bidders the others' price is nearly constant along a share."""
    small, large = (absence(robosim.run("market", set={"bidders.count": n, "mission.rounds": 5})) for n in (3, 250))
    shares = [area(figure, "market power") / area(figure, "VCG tax") for figure in (small, large)]
    assert shares[0] > 0.1
    assert shares[1] < 0.01


def test_cars_have_payments_and_no_single_share() -> None:
    record = robosim.run("charging-day-ahead", set={"mission.rounds": 40})
    figure = tax_against_price(record)
    load = record.types["weights"][0] if "weights" in record.types else np.ones((record.decision.shape[1], 1))
    price = record.prices[0, -1].reshape(load.shape[1], -1)
    expected = np.einsum("ik,kt,it->i", load, price, record.decision[0])
    np.testing.assert_allclose(payments(record), expected, atol=1e-12)
    assert len(drawn(figure, "faithful").get_xdata()) == record.decision.shape[1]
    with pytest.raises(BadInput, match="charging-day-ahead: drawn of bidders"):
        absence(record)


def test_agents_that_do_not_exist_are_refused() -> None:
    with pytest.raises(BadInput, match=r"agent: must be one of 0\.\.1, got 2"):
        absence(robosim.run("two-bidders"), agent=2)


@pytest.mark.parametrize("count", [6, 250])
def test_pictures_fit_a_paper(count: int, tmp_path) -> None:
    """One column wide, letters of 8 points or more, nothing cut off, the same bytes twice."""
    record = robosim.run("market", set={"bidders.count": count, "mission.rounds": 5})
    for draw in (absence, tax_against_price):
        figure = draw(record)
        figure.canvas.draw()
        assert figure.get_figwidth() == 3.5
        texts = [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]
        assert min(text.get_fontsize() for text in texts) >= 8
        axes = figure.axes[0]
        for artist in (figure.legends[0], axes._left_title, axes.xaxis.label, axes.yaxis.label):
            box = artist.get_window_extent()
            assert min(box.x0, box.y0) >= -1, artist
            assert box.x1 <= figure.bbox.x1 + 1, artist
            assert box.y1 <= figure.bbox.y1 + 1, artist
        assert (
            save(draw(record), tmp_path / "a.png").read_bytes() == save(draw(record), tmp_path / "b.png").read_bytes()
        )
