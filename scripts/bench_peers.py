"""The same consensus with saturated speeds in ir-sim and VMAS: robot-steps a second, or None where not installed."""

from __future__ import annotations

import importlib.util
import time
from typing import Any

import numpy as np

from robosim.rendezvous.mission import Rendezvous

STEPS = 100


def irsim_robot_steps(mission: Rendezvous) -> float | None:
    """ir-sim, one omnidirectional robot per agent, headless, velocities of consensus each step."""
    if importlib.util.find_spec("irsim") is None:
        return None
    import tempfile
    from pathlib import Path

    import irsim

    starts = mission.own["start"][0]
    robots = [
        {
            "kinematics": {"name": "omni"},
            "shape": {"name": "circle", "radius": 1e-6},
            "vel_max": [1.0, 1.0],
            "state": [float(x), float(y), 0.0],
            "goal": [0.0, 0.0, 0.0],
        }
        for x, y in starts
    ]
    world = {
        "world": {"height": 40, "width": 40, "offset": [-20, -20], "step_time": 0.1, "collision_mode": "unobstructed"},
        "robot": robots,
    }
    with tempfile.TemporaryDirectory() as folder:
        import yaml

        file = Path(folder) / "world.yaml"
        file.write_text(yaml.safe_dump(world))
        env = irsim.make(str(file), headless=True, display=False, disable_all_plot=True, log_level="ERROR")
        weight = mission.announcement.alpha * mission.network.laplacian.toarray()
        begin = time.process_time()
        for _ in range(STEPS):
            at = np.hstack([robot.state[:2] for robot in env.robot_list]).T
            speed = saturated(-(weight @ at) / 0.1)
            env.step([row[:, None] for row in speed])
        return len(starts) * STEPS / (time.process_time() - begin)


def vmas_robot_steps(mission: Rendezvous, batch: int) -> float | None:
    """VMAS on the CPU, a scenario of kinematic discs, `batch` environments, velocities of consensus each step."""
    if importlib.util.find_spec("vmas") is None:
        return None
    import torch
    from vmas import make_env

    torch.set_num_threads(1)
    n = mission.network.n
    env: Any = make_env(scenario=_vmas_scenario(n), num_envs=batch, device="cpu", continuous_actions=True, seed=0)
    weight = torch.tensor(mission.announcement.alpha * mission.network.laplacian.toarray(), dtype=torch.float32)
    begin = time.process_time()
    steps = STEPS if batch == 1 else 10
    for _ in range(steps):
        at = torch.stack([agent.state.pos for agent in env.agents], dim=1)
        speed = -(weight @ at) / 0.1
        norm = speed.norm(dim=-1, keepdim=True).clamp(min=1.0)
        env.step(list((speed / norm).unbind(dim=1)))
    return n * batch * steps / (time.process_time() - begin)


def _vmas_scenario(n: int) -> Any:
    import torch
    from vmas.simulator.core import Agent, Sphere, World
    from vmas.simulator.dynamics.holonomic import Holonomic
    from vmas.simulator.scenario import BaseScenario

    class Rendezvous(BaseScenario):  # type: ignore[misc]
        """Discs that pass through each other."""

        def make_world(self, batch_dim: int, device: Any, **kwargs: Any) -> Any:
            world = World(batch_dim, device, dt=0.1, substeps=1)
            for i in range(n):
                world.add_agent(
                    Agent(name=f"a{i}", collide=False, shape=Sphere(0.01), dynamics=Holonomic(), u_range=1.0)
                )
            return world

        def reset_world_at(self, env_index: int | None = None) -> None:
            for agent in self.world.agents:
                agent.set_pos(2 * torch.rand((self.world.batch_dim, 2)) - 1, batch_index=env_index)

        def reward(self, agent: Any) -> Any:
            return torch.zeros(self.world.batch_dim)

        def observation(self, agent: Any) -> Any:
            return agent.state.pos

    return Rendezvous()


def saturated(speed: np.ndarray) -> np.ndarray:
    """Speeds of at most 1 m/s."""
    norm = np.linalg.norm(speed, axis=1, keepdims=True)
    return np.asarray(speed / np.maximum(norm, 1.0))
