"""Speed of bodies in one run, robot-steps per CPU second, a robot-step being one control step of one robot.

GRITSBots, 10 in a mission, rounds of 30 control steps, each round a new goal within reach. Reference: the same law in
NumPy, all robots at once, whose places ours are compared with; and the steps of ir-sim and VMAS, which are given that
law's inputs, where they are installed. Then the Robotarium's simulator from its checkout, ROBOTARIUM=PATH
(`bench_robotarium.py` says how to get it), and the other bodies.
"""

from __future__ import annotations

import importlib.util
import math
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import bench_robotarium
import numpy as np

from robosim.build import load
from robosim.rendezvous.bodies.body import METERS
from robosim.rendezvous.bodies.catalogue import BODIES
from robosim.rendezvous.bodies.presets import gritsbot

Array = np.ndarray[Any, Any]
AGENTS, STEPS, DT_S, ROUNDS, REPEATS = 10, 30, 0.033, 10, 5
BODY = gritsbot()
SPOTS = np.stack(np.meshgrid(np.arange(5), np.arange(4)), axis=-1).reshape(-1, 2) * [0.6, 0.5] - [1.2, 0.75]
"""Of 20 robots on a table of 3.2 m x 2 m."""
ABSENT = "not installed"


def main() -> None:
    """Every line."""
    robotarium = bench_robotarium.present()
    ours = {missions: robosim_steps(BODY, missions, STEPS) for missions in (1, 1000)}
    print(f"unicycles, 1000 missions of {AGENTS}, {STEPS} control steps a round: {ours[1000]:.1e} robot-steps/s CPU")
    print(f"  (at least 1e8); one control step a call: {robosim_steps(BODY, 1000, 1):.1e}; one mission: {ours[1]:.1e}")
    peers: dict[str, tuple[int, Callable[[], float | None]]] = {
        "NumPy, 1000 missions": (1000, lambda: numpy_steps(1000)),
        "NumPy, one mission": (1, lambda: numpy_steps(1)),
        "VMAS, batch 1000": (1000, lambda: vmas_steps(1000)),
        "VMAS, batch 1": (1, lambda: vmas_steps(1)),
        "ir-sim, one mission": (1, irsim_steps),
    }
    for name, (missions, measured) in peers.items():
        theirs = measured()
        ratio = ABSENT if theirs is None else f"{theirs:.1e}, ours {ours[missions] / theirs:.0f} x"
        print(f"  {name}: {ratio}")
    if robotarium:
        against_robotarium()
    else:
        print(f"  the Robotarium's simulator: {bench_robotarium.HOW}")
    for name in ("point", "car", "double-integrator", "quadrotor"):
        body = BODIES[name].body({"speed_limit_mps": 0.2} if name == "point" else {})
        rounds, steps = robosim_steps(body, 1000, STEPS), robosim_steps(body, 1000, 1)
        print(f"{name}: {rounds:.1e}; one control step a call: {steps:.1e}")


def errands(body: Any, missions: int, agents: int = AGENTS) -> tuple[Array, Array, Array]:
    """Starts, headings, and goals (rounds, missions, agents, d), each within reach of the one before."""
    rng, reach, d = np.random.default_rng(0), body.tracking(STEPS * DT_S, DT_S).reach_m, max(body.dimensions)
    start = rng.uniform(-0.05, 0.05, (missions, agents, d))
    start[..., :2] += SPOTS[:agents]
    way = rng.normal(size=(ROUNDS, missions, agents, d))
    way *= reach * (1.0 - 1e-9) / np.linalg.norm(way, axis=-1, keepdims=True)
    return start, rng.uniform(-math.pi, math.pi, agents), start + np.cumsum(way, axis=0)


def robosim_steps(body: Any, missions: int, at_once: int, agents: int = AGENTS) -> float:
    """Ours: `at_once` control steps a call, the best of some repeats."""
    start, looks, goals = errands(body, missions, agents)
    pace, best = np.ones(start.shape[:2]), math.inf
    for _ in range(REPEATS):
        at, inner, meters = start.copy(), body.begin(start, looks), np.zeros((*start.shape[:2], METERS))
        body.drive(at, inner, start, pace, 1, DT_S, meters)  # compiled
        begin = time.process_time()
        for goal in goals:
            for _ in range(STEPS // at_once):
                body.drive(at, inner, goal, pace, at_once, DT_S, meters)
        best = min(best, time.process_time() - begin)
    return float(missions * agents * STEPS * ROUNDS / best)


def mission_steps(agents: int, avoidance: str) -> float:
    """Ours, all of a mission: words, bodies, meters and the record, in the world `robotarium`."""
    keys = {"robots.count": agents, "mission.rounds": 10 * ROUNDS, "avoidance.mode": avoidance}
    mission, best = load("robotarium", set=keys), math.inf
    for _ in range(REPEATS):
        begin = time.process_time()
        snapshot = mission.start(mission.tape(1))
        for _ in range(mission.rounds):
            snapshot = mission.advance(snapshot)
        best = min(best, time.process_time() - begin)
    return float(agents * STEPS * mission.rounds / best)


def against_robotarium() -> None:
    """Its own calls alone, our law's time left out, on the same errands; and whole missions of ours."""
    for agents in (10, 20):
        bare, safe = robotarium_steps(agents, guarded=False), robotarium_steps(agents, guarded=True)
        rounds, single = (robosim_steps(BODY, 1, at_once, agents) for at_once in (STEPS, 1))
        free, shared = mission_steps(agents, "none"), mission_steps(agents, "shared")
        print(f"  the Robotarium's simulator, N={agents}: {bare:.2e}; with its certificate for unicycles {safe:.2e}")
        print(f"    our bodies, {STEPS} control steps a round (counted, not walked through): {rounds:.2e},")
        print(f"      {rounds / bare:.0f} x (at least 100); one a call: {single:.2e}, {single / bare:.0f} x")
        print(f"    our whole missions: {free:.2e}, {free / bare:.0f} x; keeping apart: {shared:.2e},")
        print(f"      {shared / safe:.1f} x its simulator with its certificate")


def inputs(goal: Array, poses: Array) -> Array:
    """(2, agents) of the law towards goals (agents, 2) from poses (3, agents)."""
    return np.array(law(goal[:, 0] - poses[0], goal[:, 1] - poses[1], poses[2]))


def robotarium_steps(agents: int, guarded: bool) -> float:
    """The best of some repeats; without its certificate its robots must end where they were sent."""
    start, looks, goals = errands(BODY, 1, agents)
    best = math.inf
    for _ in range(1 if guarded else REPEATS):
        table = bench_robotarium.Table(start[0], looks, guarded)
        for goal in goals[:, 0]:
            for _ in range(STEPS):
                table.step(partial(inputs, goal))
        best = min(best, table.spent_s)
    if guarded and table.failed:
        print(f"  its programme failed in {table.failed} of {ROUNDS * STEPS} steps; it stood still in these")
    if not guarded:
        there("the Robotarium", table.world.get_poses()[:2].T, goals[-1, 0], 1e-8)
    return agents * STEPS * ROUNDS / best


def law(x: Array, y: Array, angle: Array, np: Any = np, rounding: float = 1e-9) -> tuple[Array, Array]:
    """Speed and turn of one control step towards goals at (x, y) from the robots; also for torch's arrays."""
    c, s, far = np.cos(angle), np.sin(angle), np.sqrt(x * x + y * y)
    along, across = c * x + s * y, c * y - s * x
    sign = np.where(along >= 0.0, 1.0, -1.0)
    bearing = np.arctan2(sign * across, abs(along))
    turns = (abs(across) > rounding) * (far > rounding)
    most = BODY.turn_per_s * DT_S
    v = np.where(turns, 0.0, sign * far.clip(None, BODY.wheel_speed_mps * DT_S) / DT_S)
    return v, np.where(turns, bearing.clip(-most, most) / DT_S, 0.0)


def numpy_steps(missions: int) -> float:
    """The law in NumPy; raises where our places are others."""
    start, looks, goals = errands(BODY, missions)
    at, angle = start.copy(), np.broadcast_to(looks, start.shape[:2]).copy()
    mine, inner, meters = start.copy(), BODY.begin(start, looks), np.zeros((*start.shape[:2], METERS))
    seconds = 0.0
    for goal in goals:
        begin = time.process_time()
        for _ in range(STEPS):
            v, w = law(goal[..., 0] - at[..., 0], goal[..., 1] - at[..., 1], angle)
            at[..., 0] += v * DT_S * np.cos(angle)
            at[..., 1] += v * DT_S * np.sin(angle)
            angle += w * DT_S
        seconds += time.process_time() - begin
        BODY.drive(mine, inner, goal, np.ones(mine.shape[:2]), STEPS, DT_S, meters)
        there("NumPy", at, mine, 1e-8)
    return missions * AGENTS * STEPS * ROUNDS / seconds


def there(name: str, at: Array, goal: Array, near_m: float) -> None:
    """Stop where somebody's robots are somewhere else than they were sent to."""
    off = float(np.abs(at - goal).max())
    if off > near_m:
        raise SystemExit(f"{name}: robots are {off:g} m from where they were sent")


def irsim_steps() -> float | None:
    """ir-sim, ten robots with two wheels each, headless."""
    if importlib.util.find_spec("irsim") is None:
        return None
    import irsim
    import yaml

    start, looks, goals = errands(BODY, 1)
    robots = [
        {
            "kinematics": {"name": "diff"},
            "shape": {"name": "circle", "radius": 1e-6},
            "vel_max": [BODY.wheel_speed_mps, BODY.turn_per_s],
            "vel_min": [-BODY.wheel_speed_mps, -BODY.turn_per_s],
            "state": [*map(float, place), float(look)],
            "goal": [0.0, 0.0, 0.0],
        }
        for place, look in zip(start[0], looks, strict=True)
    ]
    world = {"height": 40, "width": 40, "offset": [-20, -20], "step_time": DT_S, "collision_mode": "unobstructed"}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "world.yaml"
        file.write_text(yaml.safe_dump({"world": world, "robot": robots}))
        env = irsim.make(str(file), headless=True, display=False, disable_all_plot=True, log_level="ERROR")
        begin = time.process_time()
        for goal in goals:
            for _ in range(STEPS):
                x, y, angle = np.hstack([robot.state[:3] for robot in env.robot_list])
                env.step(list(np.stack(law(goal[0, :, 0] - x, goal[0, :, 1] - y, angle), axis=-1)[..., None]))
        seconds = time.process_time() - begin
        there("ir-sim", np.hstack([robot.state[:2] for robot in env.robot_list]).T, goals[-1, 0], 1e-6)
    return AGENTS * STEPS * ROUNDS / seconds


def vmas_steps(batch: int) -> float | None:
    """VMAS on the CPU, `DiffDrive` robots that pass through each other, one thread."""
    if importlib.util.find_spec("vmas") is None:
        return None
    import torch
    from vmas import make_env

    torch.set_num_threads(1)
    start, looks, goals = (torch.tensor(part, dtype=torch.float32) for part in errands(BODY, batch))
    env: Any = make_env(scenario=_vmas_scenario(), num_envs=batch, device="cpu", continuous_actions=True, seed=0)
    for i, agent in enumerate(env.agents):
        agent.set_pos(start[:, i], batch_index=None)
        agent.set_rot(looks[i].expand(batch, 1).clone(), batch_index=None)
    rounds = ROUNDS if batch == 1 else 1
    begin = time.process_time()
    for goal in goals[:rounds]:
        for _ in range(STEPS):
            at = torch.stack([agent.state.pos for agent in env.agents], dim=1)
            angle = torch.cat([agent.state.rot for agent in env.agents], dim=1)
            v, w = law(goal[..., 0] - at[..., 0], goal[..., 1] - at[..., 1], angle, torch, 1e-6)  # single precision
            env.step(list(torch.stack([v, w], dim=-1).unbind(dim=1)))
    seconds = time.process_time() - begin
    at = torch.stack([agent.state.pos for agent in env.agents], dim=1)
    there("VMAS", at.numpy(), goals[rounds - 1].numpy(), 1e-3)
    return AGENTS * batch * STEPS * rounds / seconds


def _vmas_scenario() -> Any:
    import torch
    from vmas.simulator.core import Agent, Sphere, World
    from vmas.simulator.dynamics.diff_drive import DiffDrive
    from vmas.simulator.scenario import BaseScenario

    class Errands(BaseScenario):  # type: ignore[misc]
        """Robots with two wheels that pass through each other."""

        def make_world(self, batch_dim: int, device: Any, **kwargs: Any) -> Any:
            world = World(batch_dim, device, dt=DT_S, substeps=1, drag=0.0)
            for i in range(AGENTS):
                dynamics = DiffDrive(world, integration="euler")
                shape, limits = Sphere(0.01), [BODY.wheel_speed_mps, BODY.turn_per_s]
                world.add_agent(Agent(name=f"a{i}", collide=False, shape=shape, u_range=limits, dynamics=dynamics))
            return world

        def reset_world_at(self, env_index: int | None = None) -> None:
            return

        def reward(self, agent: Any) -> Any:
            return torch.zeros(self.world.batch_dim)

        def observation(self, agent: Any) -> Any:
            return agent.state.pos

    return Errands()


if __name__ == "__main__":
    main()
