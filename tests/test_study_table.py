"""Intervals of studies against independent formulas, their coverage, and pictures that show what the table says."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from robosim.errors import BadInput
from robosim.study.answer import lines, tables
from robosim.study.book import Batch, Results
from robosim.study.picture import draw, parts, pictures
from robosim.study.quantities import BEST, Figure
from robosim.study.table import estimate, rows, student, wilson


def test_student_is_scipys_interval_and_covers_as_often_as_it_says() -> None:
    draws = np.random.default_rng(0).normal(3.0, 2.0, (400, 5))
    found = np.array([student(list(row), 0.9) for row in draws])
    wanted = stats.t.interval(0.9, 4, draws.mean(axis=1), stats.sem(draws, axis=1))
    np.testing.assert_allclose(found[:, 1:].T, wanted, atol=1e-12)
    covered = ((found[:, 1] <= 3.0) & (found[:, 2] >= 3.0)).mean()
    assert abs(covered - 0.9) < 0.05
    assert student([4.0], 0.9) == (4.0, None, None)


@pytest.mark.parametrize(("yes", "n"), [(0, 1), (1, 1), (0, 20), (3, 20), (20, 20), (500, 1000)])
def test_wilsons_limits_are_where_the_score_test_just_rejects(yes: int, n: int) -> None:
    """(share - p)² = z² p (1 - p) / n at both limits."""
    share, low, high = wilson(yes, n, 0.95)
    found = stats.binomtest(yes, n).proportion_ci(0.95, method="wilson")
    np.testing.assert_allclose((low, high), (found.low, found.high), atol=1e-15)
    for p in (low, high):
        np.testing.assert_allclose((share - p) ** 2, 1.959963984540054**2 * p * (1 - p) / n, atol=1e-12)


def figures(quantity: str, *values: float | None) -> list[Figure]:
    return [Figure("vcg", "", quantity, value, None if value is not None else "nobody knows") for value in values]


def test_what_is_unknown_is_counted_and_said_and_the_largest_is_no_bound() -> None:
    found = estimate(figures("gap", 1.0, None, 5.0), 0.95)
    assert (found.mean, found.n, found.unknown, found.why, found.largest) == (3.0, 2, 1, "nobody knows", 5.0)
    assert found.method == "Student t"
    many = estimate(figures("gap", *np.arange(59.0)), 0.95)
    assert 0.049 < many.exceeded < 0.05  # 0.95^59 = 0.0485
    np.testing.assert_allclose((1 - many.exceeded) ** 59, 0.05)
    none = estimate(figures("gap", None), 0.95)
    assert (none.mean, none.n, none.unknown) == (None, 0, 1)
    one = estimate(figures("gap", 2.0), 0.95)
    assert (one.low, one.method, one.why) == (None, None, "one value has no spread")
    assert estimate(figures("penalised", 1.0, 0.0), 0.95).method == "Wilson"


def study(sweep: dict[str, list], strategies: tuple[str, ...] = ("",), quantity: str = "gap") -> Results:
    """A study of made-up numbers: 100 times the place of the first value, 10 times that of the second, and the seed."""
    loose = {"confidence": 0.95, "over": [], "questions": [quantity]}
    plan = {"name": "s", "fixed": {"sweep": sweep, "study.taxes": ["vcg", "none"]}, "loose": loose, "batches": 0}
    batches, keys = [], list(sweep)
    for cell in np.ndindex(*(len(values) for values in sweep.values())):
        for seed in (1, 2, 3):
            size = float(sum(100.0 / 10**k * place for k, place in enumerate(cell)) + seed)
            told = {key: sweep[key][place] for key, place in zip(keys, cell, strict=True)}
            values = tuple(
                Figure(tax, strategy, quantity, size * (1 + number), None)
                for tax in ("vcg", "none") for number, strategy in enumerate(strategies)
            )  # fmt: skip
            batches.append(Batch(len(batches), "w$1", told, seed, "€", None, 0, 0.0, values))
    return Results(plan=plan, batches=tuple(batches), made_with=({},))


def test_keys_that_are_draws_count_as_seeds_do() -> None:
    found = study({"a.b": [4, 8], "c.day": ["mon", "tue"]})
    found.plan["loose"]["over"] = ["c.day"]
    (row,) = [one for one in rows(found) if (one.keys, one.tax) == ({"a.b": 8}, "vcg")]
    values = [101.0, 102.0, 103.0, 111.0, 112.0, 113.0]
    assert (row.estimate.n, row.estimate.mean) == (6, np.mean(values))
    assert (row.estimate.low, row.estimate.high) == student(values, 0.95)[1:]
    (shown,) = tables(found, ["gap"])
    assert "Student t, over seeds and c.day" in str(shown.caption)
    ((_, figure),) = drawn(found, "gap")
    assert "mean of n = 6 seeds × c.day" in figure._suptitle.get_text()


def drawn(results: Results, question: str):
    known = [row for row in rows(results) if row.quantity == question]
    return [(part, draw(part, results)) for part in parts(results, known, question)]


def test_one_key_is_a_curve_for_each_tax_with_its_intervals() -> None:
    ((part, figure),) = drawn(study({"a.b": [4, 8, 16]}), "gap")
    axes = figure.axes[0]
    assert axes.get_xlabel() == "a.b"
    assert axes.get_ylabel() == "social cost above the least (€)"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["tax vcg", "tax none"]
    assert "mean of n = 3 seeds; bars: 95 % (Student t)" in figure._suptitle.get_text()
    curve = axes.containers[0]
    np.testing.assert_allclose(curve.lines[0].get_ydata(orig=False), [2.0, 102.0, 202.0])
    np.testing.assert_allclose(curve.lines[0].get_xdata(orig=False), [4, 8, 16], atol=0.1)
    (bars,) = curve.lines[2]
    np.testing.assert_allclose(bars.get_segments()[0][:, 1], student([1.0, 2.0, 3.0], 0.95)[1:])
    colours = {one.lines[0].get_color() for one in axes.containers}
    shapes = {one.lines[0].get_marker() for one in axes.containers}
    assert len(colours) == len(shapes) == 2
    assert part.name == "gap"


def test_two_keys_are_a_map_for_each_tax_on_one_scale_with_its_numbers() -> None:
    ((_, figure),) = drawn(study({"a.b": [4, 8], "c.d": ["ring", "path", "star"]}), "gap")
    first, second = figure.axes[:2]
    np.testing.assert_allclose(first.images[0].get_array(), [[2, 102], [12, 112], [22, 122]])
    assert first.images[0].get_clim() == second.images[0].get_clim() == (2.0, 122.0)
    assert [text.get_text() for text in first.texts] == ["2", "102", "12", "112", "22", "122"]
    assert [text.get_text() for text in first.get_yticklabels()] == ["ring", "path", "star"]
    assert (first.get_title(loc="left"), second.get_title(loc="left")) == ("tax vcg", "tax none")
    assert figure.axes[-1].get_ylabel() == "social cost above the least (€)"


def test_attacks_have_a_panel_for_each_tax_and_many_of_them_are_drawn_as_the_best() -> None:
    ((_, figure),) = drawn(study({"a.b": [4, 8]}, ("lie", "wait", BEST), "gain"), "gain")
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["tax vcg", "tax none"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["lie", "wait", BEST]
    ((_, figure),) = drawn(study({"a.b": [4, 8]}, (*"abcdefghij", BEST), "gain"), "gain")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [BEST]
    ((_, figure),) = drawn(study({"a.b": [4, 8], "c.d": [1, 2]}, ("lie", BEST), "gain"), "gain")
    assert figure.axes[0].get_title(loc="left") == f"tax vcg, {BEST}"


def test_more_keys_are_more_pictures_and_words_stand_in_their_order(tmp_path) -> None:
    found = study({"a.b": [4, 8], "c.d": ["ring", "path"], "e.f": [True, False]})
    made = drawn(found, "gap")
    assert [part.title for part, _ in made] == ["w$1, e.f = true", "w$1, e.f = false"]
    np.testing.assert_allclose(made[1][1].axes[0].images[0].get_array(), [[3, 103], [13, 113]])
    assert [path.name for path in pictures(found, ["gap"], tmp_path)] == ["gap-1.png", "gap-2.png"]
    ((_, figure),) = drawn(study({"c.d": ["ring", "path"]}), "gap")
    assert [text.get_text() for text in figure.axes[0].get_xticklabels()] == ["ring", "path"]
    with pytest.raises(BadInput, match="there is no budget in this study"):
        pictures(found, ["budget"], tmp_path)
    with pytest.raises(BadInput, match="takes 64 pictures"):
        pictures(study({"a.b": [1, 2], "c.d": [1, 2], **{f"e.k{i}": [0, 1] for i in range(6)}}), ["gap"], tmp_path)


def test_the_same_picture_has_the_same_bytes(tmp_path) -> None:
    first, second = (pictures(study({"a.b": [4, 8]}), ["gap"], Path(tmp_path / name))[0] for name in "ab")
    assert first.read_bytes() == second.read_bytes()


def test_tables_say_the_method_n_and_what_failed() -> None:
    found = study({"a.b": [4, 8]})
    (shown,) = tables(found, ["gap", "budget"])
    assert shown.row_count == 4
    assert "Student t, over seeds" in str(shown.caption)
    assert "Up to 63.2 % of such worlds may exceed the largest." in str(shown.caption)
    failed = found.batches[0]._replace(failed="x.toml:1: too large", exit_code=3, figures=())
    told = list(lines(Results(plan=found.plan, batches=(failed,), made_with=({}, {"numpy": "1"})), 6))
    assert told[0] == "batch 0 failed (w$1, a.b = 4, seed 1): x.toml:1: too large"
    assert told[1] == "1 of 6 batches are done; means are of these"
    assert "2 machines or versions" in told[2]
