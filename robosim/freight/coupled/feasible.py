"""What coupled limits allow: whether b can be met, by whom it cannot, and the nearest decision that meets it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import block_diag, csc_array, csr_array, diags_array, eye_array, hstack

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.freight.coupled.problem import Coupled
from robosim.kernels import Unsettled
from robosim.programme import ACCURACY

FEASIBLE = 1e-12
"""Share of b by which a decision may miss it and count as feasible."""
MOST_STEPS = 40
"""Steps of the interior-point method at most; fifteen are usual, and who has not ended by then stands still."""
LEFT = 1e-9
"""Share of b by which the last projection may leave it missed."""
PASSES = 3
"""Projections at most; the second takes away what the first has left, far below its digits."""
NEAR = (1e2, 1e4, np.inf)
"""Only rules this many times as far as x must move at least are minded; where another is broken, more of them."""
NEARLY = 1e-3
"""Share of b by which a decision may miss it and is taken to be right about who does nothing of what."""
AT = 1e-9
"""Share of b within which a decision is at a limit."""
UNMET = 1e-6
"""Share of the largest number of b that counts as unmet: above what the solver leaves."""


def coupling(problem: Coupled) -> csr_array:
    """(A_1 … A_N), (m, N·n)."""
    return csr_array(hstack([csr_array(A) for A in problem.A]))


def local_limits(problem: Coupled) -> tuple[csr_array, Array]:
    """All rows G_i x_i ≤ g_i that limit something, (rows, N·n) and (rows,)."""
    rows = csr_array(block_diag([csr_array(G) for G in problem.limits]))
    some = np.isfinite(problem.most.ravel())
    if not some.any():
        return csr_array((0, problem.slope.size)), np.zeros(0)
    return csr_array(rows[some]), problem.most.ravel()[some]


def shortfall(problem: Coupled) -> Array:
    """What of b the agents' limits cannot meet, (m,): b - Σ A_i x_i with the least sum of magnitudes.

    Raises
    ------
    BadInput
        naming the agent whose own limits contradict each other.
    """
    m, count, size = len(problem.b), problem.slope.size, float(np.abs(problem.b).max(initial=0.0)) or 1.0
    rows, most = local_limits(problem)
    meet = csr_array(hstack([coupling(problem), eye_array(m), -eye_array(m)]))
    keep = csr_array(hstack([rows, csr_array((len(most), 2 * m))]))
    rules = [LinearConstraint(meet, problem.b / size, problem.b / size)]
    solved = milp(
        np.concatenate([np.zeros(count), np.ones(2 * m)]),
        constraints=[*rules, LinearConstraint(keep, -np.inf, most / size)] if len(most) else rules,
        bounds=Bounds(
            np.append(problem.lower.ravel() / size, np.zeros(2 * m)),
            np.append(problem.upper.ravel() / size, np.full(2 * m, np.inf)),
        ),
    )
    if solved.x is None:
        _refuse_contradiction(problem)
        raise BadInput("b: whether it can be met cannot be told (bring the numbers of A, b and limits nearer together)")
    left = solved.x[count : count + m] - solved.x[count + m :]
    return np.where(np.abs(left) > UNMET, left * size, 0.0)


def refuse_unmet(problem: Coupled, place: str = "") -> None:
    """Raise `BadInput` naming the row of b that the agents' limits cannot meet; `place` comes first."""
    left = shortfall(problem)
    if not left.any():
        return
    row = int(np.abs(left).argmax())
    asked, some = f"{problem.b[row]:.6g}", f"{np.count_nonzero(left)} of {len(left)} rows cannot be met"
    what = f"leave {left[row]:.6g} of {asked} unmet" if left[row] > 0 else f"force {-left[row]:.6g} more than {asked}"
    raise BadInput(f"{place}b[{row}]: the agents' limits {what} ({some}: change b, or widen limits)")


def indispensable(problem: Coupled) -> list[int]:
    """Agents without whom b cannot be met: X, Assumption 7 fails, and VCG can pay them nothing."""
    if problem.agents == 1:
        return [0]
    return [i for i in range(problem.agents) if shortfall(problem.without(i)).any()]


def nearest_feasible(problem: Coupled, x: Array, held: bool = False) -> Array:
    """The feasible decision (N, n) nearest to what was said, x (N, n), so that a finite run ends at one.

    The Euclidean projection onto {Σ A_i x_i = b, G_i x_i ≤ g_i, lower ≤ x ≤ upper}, by piqp in units of how far x is
    from it, so that who is nearly there moves by as little, to as many digits. Feasible x stay as they are.

    With `held`, where x misses by less than `NEARLY`, who is at a limit stays there if b can be met so: who decided to
    do nothing is not made to, at whatever it costs, and what others are moved costs the square of what x misses.

    Raises
    ------
    BadInput
        if nothing is feasible.
    Unsettled
        if the projections end farther from it than rounding.
    """
    space, here = _Space.of(problem), np.array(x, dtype=np.float64).ravel()
    size = 1 + np.abs(problem.b).max(initial=0.0)
    for _ in range(PASSES):
        off = space.off(here)
        if off <= FEASIBLE * size:
            return space.boxed(here).reshape(x.shape)
        tries = ((one, near) for one in space.faces(here, held and off <= NEARLY * size, AT * size) for near in NEAR)
        moved = next((found for one, near in tries if (found := one.moved(here, off, near)) is not None), None)
        if moved is None:
            refuse_unmet(problem)
            moved = space.nearest_corner(here)
        if moved is None:
            raise Unsettled(
                f"nearest decision: none is found at {off:.3g} from the rules, though they can be kept (bring the "
                "numbers of A, b and limits nearer together)"
            )
        here = moved
    if (off := space.off(here)) > LEFT * size:
        raise Unsettled(f"nearest decision: rules are still missed by {off:.3g} after {PASSES} projections")
    return space.boxed(here).reshape(x.shape)


class _Space(NamedTuple):
    """{x : Ax = b, Gx ≤ g, lower ≤ x ≤ upper} of flat x."""

    A: csr_array
    b: Array
    G: csr_array
    g: Array
    lower: Array
    upper: Array
    least: Array
    """-∞, or g where a limit is held."""

    @classmethod
    def of(cls, problem: Coupled) -> _Space:
        box, (G, g) = (problem.lower.ravel(), problem.upper.ravel()), local_limits(problem)
        return cls(coupling(problem), problem.b, G, g, *box, np.full(len(g), -np.inf))

    def boxed(self, x: Array) -> Array:
        return np.asarray(np.clip(x, self.lower, self.upper))

    def faces(self, x: Array, held: bool, near: float) -> Iterator[_Space]:
        """If `held`, with all limits held that x is at, then with those of single components; at last with none."""
        if held:
            low, high = x <= self.lower + near, x >= self.upper - near
            box = np.where(high, self.upper, self.lower), np.where(low, self.lower, self.upper)
            face = self._replace(lower=box[0], upper=box[1])
            yield face._replace(least=np.where(self.G @ x >= self.g - near, self.g, -np.inf))
            yield face
        yield self

    def off(self, x: Array) -> float:
        """By how much x breaks the worst rule, after it was put into the box."""
        inside = self.boxed(x)
        over = [np.abs(self.b - self.A @ inside), self.G @ inside - self.g, np.abs(x - inside)]
        return float(np.concatenate(over).max(initial=0.0))

    def nearest_corner(self, x: Array) -> Array | None:
        """The decision with the least Σ|x - said|, for sets of hardly more than one point; None if none is found."""
        count, eye = len(x), eye_array(len(x))
        none = csr_array((self.A.shape[0], count)), csr_array((self.G.shape[0], count))
        rules = [
            LinearConstraint(hstack([self.A, none[0]]), self.b, self.b),
            LinearConstraint(hstack([eye, -eye]), -np.inf, x),
            LinearConstraint(hstack([eye, eye]), x, np.inf),
        ]
        if len(self.g):
            rules.append(LinearConstraint(hstack([self.G, none[1]]), -np.inf, self.g))
        box = Bounds(np.append(self.lower, np.zeros(count)), np.append(self.upper, np.full(count, np.inf)))
        solved = milp(np.append(np.zeros(count), np.ones(count)), constraints=rules, bounds=box)
        return None if solved.x is None else np.asarray(solved.x[:count])

    def moved(self, x: Array, off: float, near: float) -> Array | None:
        """x + off·t with the shortest t; rules farther than `near` from x are left out. None if no t is found."""
        import piqp

        room = (self.g - self.G @ x) / off
        close = room < near
        down, up = (self.lower - x) / off, (self.upper - x) / off
        solver = sharp_solver()
        least = np.where(self.least > -np.inf, room, -np.inf)[close]
        keep = (as_piqp(self.G[close]), least, room[close]) if close.any() else (None, None, None)
        solver.setup(
            as_piqp(csc_array(diags_array(np.ones(len(x))))),
            np.zeros(len(x)),
            as_piqp(self.A),
            (self.b - self.A @ x) / off,
            *keep,
            np.where(down > -near, down, -np.inf),
            np.where(up < near, up, np.inf),
        )
        if solver.solve() != piqp.PIQP_SOLVED:
            return None
        t = np.array(solver.result.x)
        kept = (self.G @ t <= room + 1e-6).all() and (down - 1e-6 <= t).all() and (t <= up + 1e-6).all()
        return x + off * t if kept else None


def sharp_solver(accuracy: float = ACCURACY) -> Any:
    """A sparse piqp solver with tight tolerances.

    Without refinement at every step one in twenty of X's problems, whose optima are many, ends before it is solved.
    Its own test of infeasibility is made strict: BPR problems in large units met the default one and were feasible.
    """
    import piqp

    solver = piqp.SparseSolver()
    solver.settings.iterative_refinement_always_enabled = True
    solver.settings.max_iter = MOST_STEPS
    solver.settings.eps_primal_inf = solver.settings.eps_dual_inf = 1e-10
    for name in ("eps_abs", "eps_rel", "eps_duality_gap_abs", "eps_duality_gap_rel"):
        setattr(solver.settings, name, accuracy)
    return solver


def as_piqp(matrix: csr_array | csc_array) -> Any:
    """The matrix type that piqp takes."""
    from scipy.sparse import csc_matrix

    return csc_matrix(matrix)


def _refuse_contradiction(problem: Coupled) -> None:
    for i in range(problem.agents):
        some = np.isfinite(problem.most[i])
        rows = LinearConstraint(problem.limits[i][some], -np.inf, problem.most[i][some])
        box = Bounds(problem.lower[i], problem.upper[i])
        if milp(np.zeros(problem.variables), constraints=[rows] if some.any() else [], bounds=box).x is None:
            raise BadInput(f"limits, lower, upper: agent {i}'s own limits leave it nothing to choose (widen them)")
