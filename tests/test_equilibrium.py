"""User equilibria against closed forms, best known flows and another solver; what they cost beside the optimum."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, minimize

import robosim
from robosim.errors import BadInput
from robosim.freight.equilibrium.anarchy import most, user_equilibrium
from robosim.freight.equilibrium.assignment import Pairs, assigned, price_of_anarchy
from robosim.freight.roads.private_costs import UnitCost
from robosim.freight.roads.tntp import RoadNetwork, read_tntp
from tests.test_roads_networks import DATA, FAULTS, every_way

Cli = Callable[..., tuple[int, str, str]]
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="LOUD: ../shared/data/roads is not here, no best known flows")
HEAD = "<NUMBER OF ZONES> {0}\n<NUMBER OF NODES> {1}\n<FIRST THRU NODE> {2}\n<NUMBER OF LINKS> {3}\n<END OF METADATA>\n"


def town(folder: Path, rows: list[str], trips: str, zones: int, nodes: int, first: int = 1) -> RoadNetwork:
    (folder / "T_net.tntp").write_text(HEAD.format(zones, nodes, first, len(rows)) + "\n".join(rows))
    (folder / "T_trips.tntp").write_text(f"<NUMBER OF ZONES> {zones}\n<END OF METADATA>\n{trips}")
    return read_tntp(folder / "T_net.tntp", folder / "T_trips.tntp")


@pytest.mark.parametrize("power", [1.0, 4.0])
def test_pigous_example_in_closed_form(tmp_path: Path, power: float) -> None:
    """One road that takes 1 h, one that takes x^p: drivers all take the second, best is x = (p + 1)^(-1/p) there.

    The first road is parallel to the second. PoA = 1/(1 - p (p+1)^(-(p+1)/p)), the largest there is (Roughgarden 2003).
    """
    rows = ["1 2 1 1 1 0 0 0 0 1 ;", f"1 2 1 1 1e-12 1e12 {power} 0 0 1 ;"]
    found = town(tmp_path, rows, "Origin 1\n 2 : 1.0; 1 : 3.0;\n", 2, 2)
    user, system = (assigned(found, kind, gap=1e-12) for kind in ("user", "system"))
    assert user.flow == pytest.approx([0.0, 1.0], abs=1e-9)
    assert user.objective == pytest.approx(1.0 / (power + 1.0))
    best = (power + 1.0) ** (-1.0 / power)
    assert system.flow == pytest.approx([1.0 - best, best], abs=1e-6)
    assert price_of_anarchy(user, system) == pytest.approx(most(power), abs=1e-9)
    assert Pairs.of(found).within == 3.0


@needs_data
def test_sioux_falls_is_the_best_known(tmp_path: Path) -> None:
    """Beckmann 4 231 335.287107440, and every link's flow, as published with the network."""
    sioux = read_tntp(DATA / "SiouxFalls_net.tntp", DATA / "SiouxFalls_trips.tntp")
    user, system = assigned(sioux, gap=1e-10), assigned(sioux, "system", gap=1e-10)
    assert user.reached
    assert user.objective == pytest.approx(4_231_335.287107440, rel=1e-12)
    rows = [line.split() for line in (DATA / "SiouxFalls_flow.tntp").read_text().splitlines()[1:] if line.strip()]
    known = {(int(a), int(b)): (float(flow), float(cost)) for a, b, flow, cost in rows}
    best = np.array([known[a + 1, b + 1] for a, b in sioux.links.tolist()])
    assert user.flow == pytest.approx(best[:, 0], abs=1e-3)
    assert user.cost == pytest.approx(best[:, 1], rel=1e-6)
    assert system.total < user.total
    assert price_of_anarchy(user, system) == pytest.approx(1.0397497, abs=1e-7)


@pytest.mark.skipif(not FAULTS.is_dir(), reason="LOUD: ../shared/faults/roads is not here, no Braess")
def test_braess_in_closed_form() -> None:
    """Six drivers, 92 min each by themselves, 83 as is best (Braess 1968): 552 and 498."""
    braess = read_tntp(FAULTS / "Braess_net.tntp", FAULTS / "Braess_trips.tntp")
    user, system = assigned(braess), assigned(braess, "system")
    assert (user.total, system.total) == (pytest.approx(552.0, abs=1e-3), pytest.approx(498.0, abs=1e-3))
    options = {"freight.suppliers": 1, "freight.demanders": 1, "freight.paths": 3, "leader.tax": "none"}
    net = {"freight.roads": str(FAULTS / "Braess_net.tntp"), "mission.rounds": 30}
    record = robosim.load("freight", set=net | options).run()
    rows = {row["rule"]: row for row in record.verdict.baselines or ()}
    assert rows["user equilibrium"]["social_cost"] == pytest.approx(552.0, abs=1e-3)
    assert rows["user equilibrium"]["over_optimum"] == pytest.approx(552 / 498, abs=1e-6)
    assert rows["this mission"]["over_optimum"] == pytest.approx(1.0, abs=1e-6)


def drawn(folder: Path, seed: int) -> RoadNetwork:
    """Four zones, seven nodes, a few parallel links, powers of their own."""
    rng = np.random.default_rng(seed)
    ring = [*((k + 1, (k + 1) % 7 + 1) for k in range(7)), (5, 7), *((zone, 5 + zone % 3) for zone in range(1, 5))]
    more = [tuple(pair) for pair in (rng.integers(1, 8, (2, 2))).tolist() if pair[0] != pair[1]]
    rows = [
        f"{a} {b} {rng.uniform(5, 20):.6f} 1 {rng.uniform(1, 3):.6f} 0.5 {rng.uniform(1, 4):.3f} 0 {toll} 1 ;"
        for a, b in [*ring, *((b, a) for a, b in ring), *more]
        for toll in rng.integers(3, size=1)
    ]
    lines = [f"Origin {a}\n" + "".join(f" {b} : {rng.uniform(5, 30):.3f};" for b in range(1, 5)) for a in range(1, 5)]
    return town(folder, rows, "\n".join(lines), 4, 7, first=5)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("kind", ["user", "system"])
def test_another_solver_on_all_paths_finds_nothing_lower(tmp_path: Path, seed: int, kind: str) -> None:
    """SLSQP over the flows of every simple path of every pair; and no path used is dearer than another (Wardrop)."""
    found, cost = drawn(tmp_path, seed), UnitCost(toll_weight=0.5)
    ours = assigned(found, kind, gap=1e-11, cost=cost)  # type: ignore[arg-type]
    pairs = Pairs.of(found)
    fixed, a, p = cost.of(found), found.free_flow_time * found.b / found.capacity**found.power, found.power
    theta, sums = [], []
    for place, (origin, target) in enumerate(zip(pairs.origin, pairs.target, strict=True)):
        for _, path in every_way(found.links, fixed, found.first_through, int(origin), int(target)):
            theta.append(np.isin(np.arange(len(fixed)), path).astype(float))
            sums.append(place)
    through = np.array(theta).T
    meets = (np.array(sums) == np.arange(len(pairs.demand))[:, None]).astype(float)
    share = 1.0 / (p + 1.0) if kind == "user" else 1.0

    def worth(x: np.ndarray) -> tuple[float, np.ndarray]:
        flow = through @ x
        slope = fixed + share * (p + 1.0) * a * flow**p
        return float(fixed @ flow + (share * a * flow ** (p + 1.0)).sum()), through.T @ slope

    begin = meets.T @ (pairs.demand / meets.sum(axis=1))
    answer = minimize(
        worth, begin, jac=True, bounds=Bounds(0.0, np.inf), method="SLSQP", options={"maxiter": 400, "ftol": 1e-13},
        constraints=LinearConstraint(meets, pairs.demand, pairs.demand),
    )  # fmt: skip
    assert ours.objective == pytest.approx(answer.fun, rel=1e-7)
    assert ours.flow == pytest.approx(through @ answer.x, abs=2e-2)


def test_zones_that_no_path_joins_are_named(tmp_path: Path) -> None:
    found = town(tmp_path, ["1 2 1 1 1 0 0 0 0 1 ;"], "Origin 1\n 2 : 1.0;\nOrigin 2\n 1 : 4.0;\n", 2, 2)
    with pytest.raises(BadInput, match=r"no path leads from zone 2 to zone 1, and 4 trips are to go there \("):
        assigned(found)


def test_a_gap_that_is_not_reached_is_said(tmp_path: Path, cli: Cli) -> None:
    found = drawn(tmp_path, 1)
    short = assigned(found, gap=1e-15, rounds=2)
    assert (short.reached, short.rounds) == (False, 2)
    files = (str(tmp_path / "T_net.tntp"), str(tmp_path / "T_trips.tntp"))
    code, out, _ = cli("equilibrium", *files, "--rounds", "1", "--gap", "1e-15")
    assert code == 0
    assert "the gap that was asked for was not reached (raise --rounds)" in out
    code, _, err = cli("equilibrium", *files, "--gap", "0")
    assert (code, err.count("\n")) == (2, 1)


def test_the_command_says_and_writes_what_was_found(tmp_path: Path, cli: Cli) -> None:
    found = drawn(tmp_path, 2)
    files = (str(tmp_path / "T_net.tntp"), str(tmp_path / "T_trips.tntp"))
    told = json.loads(cli("equilibrium", *files, "--json", "--toll-weight", "0.5")[1])
    user = assigned(found, cost=UnitCost(toll_weight=0.5))
    assert told["user"]["flow"] == user.flow.tolist()
    assert told["price_of_anarchy"] == pytest.approx(told["user"]["total_cost"] / told["system"]["total_cost"])
    out = cli("equilibrium", *files, "--flows", str(tmp_path / "flow.tntp"))[1]
    system, lines = assigned(found, "system"), out.splitlines()
    assert lines[-1] == f"price of anarchy: {price_of_anarchy(assigned(found), system):.9g}"
    cells = {" ".join(line.split()[:2]): line.split()[2:5] for line in lines}
    plain = assigned(found)
    over = f"{plain.total / system.total:.9g}"
    assert cells["user equilibrium"] == [f"{plain.objective:.12g}", f"{plain.total:.10g}", over]
    assert cells["social optimum"] == [f"{system.objective:.12g}", f"{system.total:.10g}", "1"]
    rows = [line.split("\t") for line in (tmp_path / "flow.tntp").read_text().splitlines()]
    assert rows[0] == ["From", "To", "Volume", "Cost"]
    assert [float(row[2]) for row in rows[1:]] == assigned(found).flow.tolist()


@pytest.mark.parametrize("seed", range(3))
def test_a_missions_equilibrium_leaves_no_unit_a_cheaper_path(seed: int) -> None:
    """Wardrop among the paths of each supplier, demander and good; never worse than Roughgarden's bound."""
    options = {"freight.instance": "random", "freight.congestion": "bpr", "mission.seed": seed, "freight.paths": 3}
    problem = robosim.load("freight", set=options | {"leader.tax": "none"}).problem
    found = user_equilibrium(problem)
    x = found.x.reshape(problem.agents, -1, 3)
    unit = problem.congestion * problem.powered(problem.flow(found.x))
    price = (problem.slope + (problem.theta.T @ unit).reshape(problem.slope.shape)).reshape(x.shape)
    used = x > 1e-6 * x.max()
    dearest = np.where(used, price, -np.inf).max(axis=2)
    assert (dearest <= price.min(axis=2) * (1.0 + 1e-6)).all()
    best = robosim.load("freight", set=options | {"leader.tax": "none"}).optimum()
    assert 1.0 - 1e-9 <= found.social_cost / best <= most(4.0)


def test_a_missions_table_has_its_price_of_anarchy(cli: Cli) -> None:
    """A row each for the mission, its social optimum and the user equilibrium, in table and JSON."""
    told = json.loads(cli("run", "freight", "--json")[1])["baselines"]
    out = cli("run", "freight")[1]
    shown = {row["rule"]: f"{row['social_cost']:.9g}   {row['over_optimum']:.9f}" for row in told}
    assert list(shown) == ["this mission", "social optimum", "user equilibrium"]
    squeezed = " ".join(out.split())
    for name, cells in shown.items():
        assert f"{name} {' '.join(cells.split())}" in squeezed
    assert shown["user equilibrium"] > shown["social optimum"]
