"""What selfishness could pay at most, in closed form: no search, no solver, valid for every body, noise and network."""

from __future__ import annotations

from collections.abc import Callable, Iterator

GROWTH = 1.25
"""Ratio of the trial round counts of `rounds_for`."""


def gain_bound(social_cost: float, spread: float, beta: float) -> float:
    """Bound on the gain of any single deviator at these types: ε_θ(n) ≤ J(z^n) - max(0, d - β)².

    Under the Groves tax of T, Algorithm 2, lines 12-13, an agent whose run ends within β of consensus pays in all
    v_i + Σ_{j≠i} v_j, which *is* the social cost J(z) = ‖z - θ‖². Whatever it does, J is at least
    min {‖z - θ‖² : ‖(I-J)z‖ ≤ β} = max(0, d - β)², because (I-J) shortens: ‖z - θ‖ ≥ ‖(I-J)z - (I-J)θ‖ ≥ d - β, with
    equality at θ moved by β towards consensus. A run that ends outside costs the agent C ≥ J(z^n) (T, Proposition 2).

    This proves T, Proposition 5 for any connected graph and any β(n) → 0 that the faithful run keeps to.

    Parameters
    ----------
    social_cost : float
        J(z^n) = ‖z^n - θ‖² of the faithful run, m².
    spread : float
        d = ‖(I-J) θ‖, m.
    beta : float
        The announced β(n), m; the faithful run must end inside.

    Examples
    --------
    >>> gain_bound(social_cost=1.0, spread=1.0, beta=0.25)
    0.4375
    """
    return social_cost - max(0.0, spread - beta) ** 2


def gain_bound_over_types(
    beta: float, diameter: float, *, contracting: bool = True, rounds: int = 0, miss: float = 0.0
) -> float:
    """Bound on the gain of any single deviator at any types: ε(n) = sup over Θ.

    The faithful run ends at z^n = Wⁿθ + Σ_k W^{n-k} m_k with misses ‖m_k‖ ≤ m, ‖W‖ = 1, so
    ‖z^n - θ‖ ≤ ‖(I - Wⁿ)(I-J)θ‖ + n m. If 0 < α ≤ 1/λmax the eigenvalues of I - Wⁿ lie in [0, 1] and the first term
    is at most d; if fast modes change sign it is at most d + ‖Wⁿ(I-J)θ‖ ≤ d + min(β, D). With `gain_bound` and
    because the result increases in d ≤ D,

        ε(n) ≤ (D + o + n m)² - (D - β)²,  o = 0 if α ≤ 1/λmax else β,  β cut at D:

    without misses 2βD - β² and, if fast modes change sign, 4βD.

    Parameters
    ----------
    beta : float
        The announced β(n), m. It may exceed D because of a floor or noise.
    diameter : float
        D = sup over θ in Θ of ‖(I-J) θ‖, m.
    contracting : bool
        Whether α ≤ 1/λmax; otherwise α < 2/λmax and fast modes change sign.
    rounds : int
        n; matters only where bodies miss.
    miss : float
        m ≥ the Frobenius norm of all bodies' misses in one round, √N·tol, m.

    Examples
    --------
    >>> gain_bound_over_types(0.5, 1.0)
    0.75
    >>> gain_bound_over_types(0.5, 1.0, contracting=False)
    2.0
    """
    beta = min(beta, diameter)
    farthest = diameter + (0.0 if contracting else beta) + rounds * miss
    return farthest**2 - (diameter - beta) ** 2


def rounds_for(epsilon: float, bound_at: Callable[[int], float], limit: int = 10**9) -> int | None:
    """The smallest number of rounds n ≥ 1 with bound_at(n) ≤ epsilon, None when there is none up to `limit`.

    `bound_at` may fall to a floor and, with misses, rise again later, even rise before it falls: all that is asked is
    that the rounds which satisfy it form one interval. Growing trial counts find a point in it, or two between which
    it must hide (around the least value tried, where a ternary search looks for it); bisection finds its left end.

    Parameters
    ----------
    epsilon : float
        The gain to allow, m².
    bound_at : callable
        n → bound on the gain after n rounds, such as `gain_bound_over_types` of β(n).
    limit : int
        Largest n tried.

    Examples
    --------
    >>> rounds_for(1e-3, lambda n: 0.5**n)
    10
    >>> rounds_for(1e-3, lambda n: 0.5**n + 0.01) is None
    True
    """
    tried: list[tuple[float, int]] = []
    for n in _trials(limit):
        tried.append((bound_at(n), n))
        if tried[-1][0] <= epsilon:
            return _first(epsilon, bound_at, tried[-2][1] if len(tried) > 1 else 0, n)
    least = min(range(len(tried)), key=tried.__getitem__)
    low, high = tried[max(least - 1, 0)][1], tried[min(least + 1, len(tried) - 1)][1]
    valley = _lowest(bound_at, low, high)
    return _first(epsilon, bound_at, low, valley) if bound_at(valley) <= epsilon else None


def _trials(limit: int) -> Iterator[int]:
    """1, 2, 3, …, each about `GROWTH` times the last, then `limit`."""
    n = 1
    while n < limit:
        yield n
        n = max(n + 1, int(n * GROWTH))
    yield limit


def _first(epsilon: float, bound_at: Callable[[int], float], low: int, high: int) -> int:
    """The left end, in (low, high], of the rounds that satisfy the bound: low does not, high does."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if bound_at(middle) <= epsilon else (middle, high)
    return high


def _lowest(bound_at: Callable[[int], float], low: int, high: int) -> int:
    """Where a sequence that falls and then rises is least, low..high."""
    while high - low > 2:
        left = low + (high - low) // 3
        right = high - (high - low) // 3
        low, high = (low, right) if bound_at(left) <= bound_at(right) else (left, high)
    return min(range(low, high + 1), key=bound_at)
