"""Problems written with cvxpy as coupled problems: whose variable is whose decides what is private.

The objective is read off its gradient, which is affine in the variables of a quadratic; rows off their derivatives. A
row of variables of one agent is a private limit (of one variable a bound), any other a row of the coupling; an equality
of one agent alone is such a row, too. A constant of the objective is left out: it changes no decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.freight.coupled.parts import Sense, factor

PLAIN = {"nonneg", "nonpos", "pos", "neg", "bounds"}
"""Attributes of variables that are bounds."""


def cvxpy() -> Any:
    """The package. Raises `BadInput` naming the extra that brings it."""
    try:
        import cvxpy as found
    except ImportError:
        raise BadInput("cvxpy is not installed (pip install 'faithful-robosim[cvxpy]')") from None
    return found


class Places:
    """Where each number of each variable stands among the N agents with n numbers each, in the order of `owners`."""

    def __init__(self, problem: Any, owners: Mapping[Any, int]) -> None:
        named = {(key if isinstance(key, str) else key.name()): int(agent) for key, agent in owners.items()}
        variables = {one.name(): one for one in problem.variables()}
        self.variables: list[Any] = [variables[name] for name in named if name in variables]
        _refuse_owners(named, variables)
        self.agents = max(named.values()) + 1
        self.at: dict[int, Any] = {}
        used = np.zeros(self.agents, dtype=np.int64)
        for one in self.variables:
            agent = named[one.name()]
            self.at[one.id] = agent, used[agent] + np.arange(one.size)
            used[agent] += one.size
        self.n = int(used.max())
        self.used = used

    def index(self, one: Any) -> Array:
        """Its numbers' places in a row of N·n, in cvxpy's order, column by column."""
        agent, at = self.at[one.id]
        return np.asarray(agent * self.n + at)

    def row(self, gradient: Mapping[Any, Any], rows: int) -> Array:
        """A derivative by variables, as cvxpy gives it (size, rows), as a matrix (rows, N·n)."""
        found = np.zeros((rows, self.agents * self.n))
        for one, slope in gradient.items():
            found[:, self.index(one)] += np.asarray(_dense(slope)).reshape(one.size, rows).T
        return found


def arrays_of(problem: Any, owners: Mapping[Any, int]) -> dict[str, Any]:
    """The arguments of `Coupled.of` for a cvxpy problem with a convex quadratic objective and affine constraints.

    Parameters
    ----------
    problem : a `cvxpy.Problem`; parameters need values. Maximised gains count as costs below 0.
    owners : variable, or its name, → agent 0..N-1. An agent's variables stand in this order, each column by column;
        agents with fewer numbers than others get more that are 0.

    Raises
    ------
    BadInput
        cvxpy is not installed; variables without an owner, integer or structured ones; an objective that is not
        quadratic or not convex; constraints that are not affine.
    """
    cp = cvxpy()
    places = Places(problem, owners)
    sign = -1.0 if isinstance(problem.objective, cp.Maximize) else 1.0
    before = [one.value for one in places.variables]
    try:
        H, slope = _objective(problem, places, sign)
        lower, upper = _bounds(places)
        rows = [one for constraint in problem.constraints for one in _rows(constraint, places)]
    finally:
        for one, value in zip(places.variables, before, strict=True):
            one.save_value(value)
    shared, private = _sorted(rows, places, lower, upper)
    if not shared:
        raise BadInput("from_cvxpy: no constraint joins two agents (nothing is coupled: solve each alone)")
    N, n = places.agents, places.n
    A, b = np.array([row for row, _, _ in shared]).reshape(-1, N, n).swapaxes(0, 1), [right for _, right, _ in shared]
    limits, most = _limits(private, places)
    theta = factor(H, "from_cvxpy: the objective")
    return {
        "slope": slope.reshape(N, n),
        "A": A,
        "b": b,
        "theta": theta,
        "congestion": np.full(len(theta), 0.5),
        "limits": limits,
        "most": most,
        "lower": lower.reshape(N, n),
        "upper": upper.reshape(N, n),
        "sense": [sense for _, _, sense in shared],
    }


def _refuse_owners(named: Mapping[str, int], variables: Mapping[str, Any]) -> None:
    lost = [name for name in variables if name not in named]
    if lost:
        raise BadInput(f"owners: variable {lost[0]!r} belongs to nobody (give each variable its agent)")
    strange = [name for name in named if name not in variables]
    if strange:
        raise BadInput(f"owners: {strange[0]!r} is no variable of the problem (known: {', '.join(variables)})")
    have = set(named.values())
    if have != set(range(len(have))) or len(have) < 2:
        raise BadInput(
            f"owners: agents must be 0, 1, … without gaps, two at least, got {sorted(have)} (number them so)"
        )
    for one in variables.values():
        odd = [name for name, value in one.attributes.items() if _is_set(value) and name not in PLAIN]
        if odd:
            raise BadInput(f"owners: variable {one.name()!r} is {odd[0]} (only real ones, with bounds, can be shared)")


def _is_set(value: Any) -> bool:
    return value is not None and value is not False and not (isinstance(value, list | tuple) and not len(value))


def _objective(problem: Any, places: Places, sign: float) -> tuple[Array, Array]:
    """H (N·n, N·n) and ψ (N·n,) of ½ x'Hx + ψ'x: gradients at 0 and at every unit vector."""
    expression = problem.objective.expr
    if not expression.is_quadratic():
        raise BadInput(
            "from_cvxpy: the objective is not quadratic (write it with sum_squares, quad_form and affine terms)"
        )
    if not problem.objective.is_dcp():
        raise BadInput("from_cvxpy: the objective is not convex (minimise convex costs, maximise concave gains)")
    slope = sign * _gradient(expression, places, None)
    H = np.zeros((slope.size, slope.size))
    for one in places.variables:
        for entry, place in enumerate(places.index(one)):
            H[place] = sign * _gradient(expression, places, (one, entry)) - slope
    return 0.5 * (H + H.T), slope


def _gradient(expression: Any, places: Places, unit: tuple[Any, int] | None) -> Array:
    _set(places, unit)
    return np.asarray(places.row(expression.grad, 1)[0])


def _set(places: Places, unit: tuple[Any, int] | None = None) -> None:
    """All variables 0, or one number of one of them 1."""
    for one in places.variables:
        value = np.zeros(one.size)
        if unit is not None and one is unit[0]:
            value[unit[1]] = 1.0
        one.save_value(value.reshape(one.shape, order="F"))


def _rows(constraint: Any, places: Places) -> list[tuple[Array, float, Sense]]:
    """Its rows as (coefficients (N·n,), right side, sense)."""
    cp = cvxpy()
    sense: Sense
    if isinstance(constraint, cp.constraints.Equality | cp.constraints.Zero):
        sense = "="
    elif isinstance(constraint, cp.constraints.Inequality | cp.constraints.NonPos):
        sense = "<="
    elif isinstance(constraint, cp.constraints.NonNeg):
        sense = ">="
    else:
        raise BadInput(f"from_cvxpy: constraints must be ==, <= or >=, got {type(constraint).__name__} (rewrite it)")
    left = constraint.expr if hasattr(constraint, "expr") else constraint.args[0]
    if not left.is_affine():
        raise BadInput(f"from_cvxpy: constraint {constraint!s:.60} is not affine (only linear rows can be shared)")
    _set(places)
    right = -np.asarray(left.value, dtype=np.float64).ravel(order="F")
    return [(row, float(r), sense) for row, r in zip(places.row(left.grad, left.size), right, strict=True)]


def _bounds(places: Places) -> tuple[Array, Array]:
    """From attributes; numbers that an agent does not have are 0."""
    there = (np.arange(places.n) < places.used[:, None]).ravel()
    lower, upper = np.where(there, -np.inf, 0.0), np.where(there, np.inf, 0.0)
    for one in places.variables:
        at, given = places.index(one), one.attributes
        if given.get("nonneg") or given.get("pos"):
            lower[at] = 0.0
        if given.get("nonpos") or given.get("neg"):
            upper[at] = 0.0
        if _is_set(given.get("bounds")):
            low, high = (
                np.broadcast_to(_value(x, end), one.shape)
                for x, end in zip(given["bounds"], (-np.inf, np.inf), strict=True)
            )
            lower[at] = np.maximum(lower[at], low.ravel(order="F"))
            upper[at] = np.minimum(upper[at], high.ravel(order="F"))
    return lower, upper


def _value(x: Any, otherwise: float) -> Array:
    return np.asarray(otherwise if x is None else getattr(x, "value", x), dtype=np.float64)


Row = tuple[Array, float, Sense]


def _sorted(rows: list[Row], places: Places, lower: Array, upper: Array) -> tuple[list[Row], list[tuple[int, Row]]]:
    """Rows of several agents, and private ones with their agent; bounds of single numbers go into the box, in place."""
    shared: list[Row] = []
    private: list[tuple[int, Row]] = []
    for row, right, sense in rows:
        used = np.flatnonzero(row)
        owners = np.unique(used // places.n)
        if not used.size:
            _refuse_empty(right, sense)
        elif len(owners) > 1 or (sense == "=" and used.size > 1):
            shared.append((row, right, sense))
        elif used.size == 1:
            end = right / row[used[0]]
            if sense == "=" or (sense == "<=") == bool(row[used[0]] > 0):
                upper[used[0]] = min(upper[used[0]], end)
            if sense == "=" or (sense == ">=") == bool(row[used[0]] > 0):
                lower[used[0]] = max(lower[used[0]], end)
        else:
            turn = -1.0 if sense == ">=" else 1.0
            private.append((int(owners[0]), (turn * row, turn * right, "<=")))
    return shared, private


def _refuse_empty(right: float, sense: Sense) -> None:
    kept = {"=": right == 0, "<=": right >= 0, ">=": right <= 0}[sense]
    if not kept:
        raise BadInput(f"from_cvxpy: a constraint without variables says 0 {sense} {right:g} (remove or correct it)")


def _limits(private: list[tuple[int, Row]], places: Places) -> tuple[Array | None, Array | float]:
    """G (N, r, n) and g (N, r), ∞ where an agent has fewer rows than others."""
    if not private:
        return None, np.inf
    count = np.bincount([agent for agent, _ in private], minlength=places.agents)
    limits, most = np.zeros((places.agents, count.max(), places.n)), np.full((places.agents, count.max()), np.inf)
    filled = np.zeros(places.agents, dtype=np.int64)
    for agent, (row, right, _) in private:
        limits[agent, filled[agent]] = row.reshape(places.agents, places.n)[agent]
        most[agent, filled[agent]] = right
        filled[agent] += 1
    return limits, most


def _dense(x: Any) -> Array:
    return np.asarray(x.toarray() if hasattr(x, "toarray") else x, dtype=np.float64)
