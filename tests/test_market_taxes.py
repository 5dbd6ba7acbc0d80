"""Taxes of a market (T, (8), Proposition 4): what presence costs the others, and what market power makes of it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robosim.auction.absence import others_alone
from robosim.auction.market_power import central_vcg, proposition_4
from robosim.auction.problem import Allocation
from robosim.errors import BadInput
from robosim.kind import kinds
from robosim.leader.tax_rule import RULES, Case, vcg

SECTION_II = Allocation.of([[2.0], [2.0]], -2.0, 1.0, [1.0], k=1.0)


def drawn(seed, agents=5, limits=True):
    rng = np.random.default_rng(seed)
    q, t = rng.uniform(0.5, 2, (agents, 2)), rng.uniform(0, 2, (agents, 2))
    R = rng.uniform(0.2, 1, (agents, 2, 2))
    c = np.einsum("irc,ic->r", R, t) * 0.6
    box = (-0.5, 1.2) if limits else (-np.inf, np.inf)
    return Allocation.of(q, -q * t, R, c, k=(0.5 * q * t**2).sum(axis=1), lower=box[0], upper=box[1])


def alike(agents):
    """`agents` followers with v_i = (z_i - 1)² share agents/2: the price is 1 and each gets 1/2, whatever N."""
    return Allocation.of(np.full((agents, 1), 2.0), -2.0, 1.0, [agents / 2], k=1.0)


def pays(rule, reports, supply, worth):
    """Taxes (M, N) from reports (M, 1 + N, N) and what the leader spends (M, 1 + N), row 1 + i in P_-i."""
    whole, absent = reports[:, 0], supply[:, 1:]
    case = Case(
        reported=whole, leader_cost=supply[:, 0], others_alone=others_alone(reports), leader_alone=absent, worth=worth
    )
    return RULES[rule].pay(case)


@given(st.integers(1, 3), st.integers(1, 5), st.integers(0, 999))
@settings(max_examples=30, deadline=None)
def test_vcg_is_equation_8(missions, agents, seed):
    rng = np.random.default_rng(seed)
    main, marginal = rng.normal(size=(missions, agents)), rng.normal(size=(agents, missions, agents))
    reports = np.concatenate([main[None], marginal]).swapaxes(0, 1)
    tax = vcg(main, others_alone(reports))
    table = pays("vcg", reports, np.zeros((missions, agents + 1)), main)
    for m in range(missions):
        for i in range(agents):
            others = [j for j in range(agents) if j != i]
            assert tax[m, i] == pytest.approx(main[m, others].sum() - marginal[i, m, others].sum(), abs=1e-12)
    np.testing.assert_array_equal(tax, table)


def test_clearing_price_of_section_two():
    z, price, _ = SECTION_II.optimum()
    tax = SECTION_II.payments(price[None, None], z[None])
    np.testing.assert_allclose(SECTION_II.costs(z) + tax[0], 3 / 4)
    np.testing.assert_allclose(SECTION_II.costs(z) + central_vcg(SECTION_II), 1 / 2)


def test_every_rule_bills_every_agent():
    rng = np.random.default_rng(0)
    reports, worth = np.ones((2, 4, 3)), rng.normal(size=(2, 3))
    taxes = {rule: pays(rule, reports, np.zeros((2, 4)), worth) for rule in kinds()["auction"].taxes}
    assert set(taxes) == {"vcg", "clearing-price", "groves", "none"}
    assert {tax.shape for tax in taxes.values()} == {(2, 3)}
    np.testing.assert_array_equal(taxes["clearing-price"], worth)
    np.testing.assert_array_equal(taxes["groves"], np.full((2, 3), 2.0))
    assert not taxes["none"].any()


def test_what_the_leader_spends_on_its_supply_is_part_of_what_an_agent_costs_the_others():
    """π_i = Σ_{j≠i} v_j(z) + G(z) - Σ_{j≠i} v_j(z^-i) - G(z^-i)."""
    reports, supply = np.ones((1, 3, 2)), np.array([[5.0, 3.0, 4.0]])
    np.testing.assert_allclose(pays("vcg", reports, supply, reports[:, 0]), [[2.0, 1.0]])
    np.testing.assert_allclose(pays("groves", reports, supply, reports[:, 0]), [[6.0, 6.0]])


@given(st.integers(0, 500), st.integers(0, 4))
@settings(max_examples=15, deadline=None)
def test_proposition_4_without_limits(seed, agent):
    """The price is linear along the path, so the trapezoidal rule is exact."""
    problem = drawn(seed, limits=False)
    found = proposition_4(problem, agent, 2)
    assert found.integral == pytest.approx(found.tax, abs=1e-9)
    assert found.tax == pytest.approx(central_vcg(problem)[agent], abs=1e-9)


def test_proposition_4_with_limits():
    """Where others meet their limits the price has kinks; the error falls with the square of the spacing."""
    problem = drawn(2)
    shares = problem.optimum()[0]
    assert (shares == 1.2).any()
    for agent in range(5):
        found = proposition_4(problem, agent, 257)
        assert found.integral == pytest.approx(found.tax, abs=2e-5)
        assert found.marginal[-1] == pytest.approx(found.clearing, abs=1e-8)  # at z_i* the others' price is λ*


def test_fig_2_of_section_two():
    """λ^-1(x) = 2x: the others' price rises from 0 to 1 along z_1 = 1/2, and the area below it is 1/4, not 1/2."""
    found = proposition_4(SECTION_II, 0, [0.0, 0.5, 1.0])
    np.testing.assert_allclose(found.price[:, 0], [0.0, 0.5, 1.0], atol=1e-12)
    assert (found.integral, found.tax, found.clearing) == pytest.approx((0.25, 0.25, 0.5))
    with pytest.raises(BadInput, match="rise from 0 to 1"):
        proposition_4(SECTION_II, 0, [0.0, 0.5])


def test_clearing_price_and_vcg_meet_as_market_power_vanishes():
    """For N alike followers the price is 1, P_-i's is 1 - 1/(N - 1), so clearing minus VCG is 1/(4(N - 1))."""
    for agents in (2, 10, 100):
        found = proposition_4(alike(agents), 0, 3)
        assert found.clearing == pytest.approx(0.5)
        assert found.clearing - found.tax == pytest.approx(1 / (4 * (agents - 1)), rel=1e-6)
