"""X, Table 1 and Tables E.1, E.2: every printed number, and ours beside it."""

from dataclasses import replace

import pytest

from robosim.freight.reproduce import TABLES, Reproduction
from robosim.freight.reproduce.freight_tables import CONGESTION, PRINTED, paper_problem, payments, printed_alike, table

TRUE_C0 = {  # SP - VCG when c₀ itself is scaled by 0.6, 0.8, 1.2, 1.4; computed independently, with Clarabel
    "xie-table-1": (-747.68, -301.86, 851.52, 1490.90),
    "xie-table-e1": (1546.54, 2561.95, 4724.53, 5836.13),
    "xie-table-e2": (-5432.59, -6125.41, -7906.87, -8547.52),
}


@pytest.fixture(scope="module", params=TABLES)
def reproduced(request) -> Reproduction:
    return TABLES[request.param]()


def test_every_printed_number_is_ours(reproduced):
    assert reproduced.ok
    assert len(reproduced.rows) == 15
    assert all(reproduced.column("matches"))
    for printed, ours in zip(reproduced.column("SP - VCG printed"), reproduced.column("SP - VCG"), strict=True):
        assert abs(float(printed) - ours) < (0.0051 if reproduced.name != "xie-table-e2" else 0.0551)
    assert reproduced.column("Pct printed") == reproduced.column("Pct")


def test_suppliers_payments_add_up_to_the_difference(reproduced):
    for row in reproduced.as_dict()["rows"]:
        shadow, external = (sum(row[f"{rule} N{i}"] for i in range(4)) for rule in ("SP", "VCG"))
        assert shadow - external == pytest.approx(row["SP - VCG"], abs=0.05)


def test_true_scaling_of_c0_stands_beside_the_papers(reproduced):
    """The congestion column scales supplier 0's private costs; scaling c₀ gives other numbers."""
    beside = {
        row["factor"]: row["true c₀: SP - VCG"] for row in reproduced.as_dict()["rows"] if row["scaled"] == CONGESTION
    }
    assert [beside[factor] for factor in (0.6, 0.8, 1.2, 1.4)] == pytest.approx(TRUE_C0[reproduced.name], abs=0.006)
    assert "c[0]" in reproduced.notes[0]
    assert any("six digits" in note for note in reproduced.notes) == (reproduced.name == "xie-table-e2")


def test_a_wrong_number_does_not_pass():
    """Another instance, or the true c₀ where c[0] is meant, reproduces nothing."""
    base = paper_problem("example-1")
    wrong = table("xie-table-1", replace(base, congestion=1.001 * base.congestion))
    assert not wrong.ok
    assert not any(wrong.column("matches"))


def test_payments_of_example_1():
    """What each supplier is paid at the optimum under both rules (computed independently, with Clarabel)."""
    paid = payments(paper_problem("example-1"))
    assert paid.shadow == pytest.approx([14575.84, 10895.70, 5467.83, 7789.35], abs=0.006)
    assert paid.vcg == pytest.approx([14475.15, 10486.28, 5539.90, 7981.81], abs=0.006)


@pytest.mark.parametrize(
    ("value", "printed", "same"),
    [
        (245.5749, "245.57", True),
        (245.5751, "245.57", False),
        (780.3951, "780.4", True),
        (780.46, "780.4", False),
        (-15468.7489, "-15468.80", True),
        (-15468.7449, "-15468.80", False),
        (-15468.85, "-15468.80", False),
        (-6442.504, "-6442.50", True),
        (-6442.506, "-6442.50", False),
    ],
)
def test_rounding_as_printed(value, printed, same):
    assert printed_alike(value, printed) is same


def test_printed_bases_agree():
    """Each table prints its base three times."""
    for one in PRINTED.values():
        assert len({group[1.0] for group in one.cells.values()}) == 1
        assert sum(map(len, one.cells.values())) == 15
