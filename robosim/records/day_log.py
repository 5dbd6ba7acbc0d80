"""What a charging day leaves behind beside plans and prices: meters, batteries, wires."""

from __future__ import annotations

from dataclasses import dataclass

from robosim.agent import Array


@dataclass(frozen=True, kw_only=True)
class DayLog:
    """An executed day: M missions, N cars, T periods of `hours`; S steps of `step_h` of mission 0, K feeder rows.

    Prices are dollars a kWh; `excess_a` is the most by which a row was exceeded, A, negative where none was.
    """

    hours: float
    step_h: float
    plan_kw: Array
    """(M, N, T) the power that each car means to draw of what was decided."""
    metered_kw: Array
    """(M, N, T) mean power of each period, as metered."""
    planned_cost: Array
    """(M, N) what the plan would have cost: v_i of the decision."""
    leader_cost: Array
    """(M,) what the summed power cost the aggregator."""
    excess_a: Array
    """(M,)."""
    wanted_kwh: Array
    """(N,)."""
    rows_kw: Array
    """(K,) limits of the planned rows."""
    tariff_per_kwh: Array
    """(T,)."""
    stay_min: Array
    """(N, 2) arrival and departure, minutes of the day."""
    pilot_a: Array
    """(N, S)."""
    metered_kwh: Array
    """(N, S)."""
    content_kwh: Array
    """(N, S) in the battery at the end of each step, 0 when the car is not there."""
    capacity_kwh: Array
    """(N,)."""
    stored_kwh: Array
    """(N,) gained by each battery."""
    line_a: Array
    """(K, S) what each row carried."""
    limit_a: Array
    """(K,)."""

    @property
    def shortfall(self) -> Array:
        """What it cost each car that meters counted less than planned, (M, N): never negative but for rounding."""
        return self.metered_cost - self.planned_cost

    metered_cost: Array
    """(M, N) private costs as metered."""
