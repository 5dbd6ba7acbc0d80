"""The first promise: faithful robots are never penalised."""

import numpy as np
import pytest

import robosim
from robosim.errors import BadInput


def faithful_run(seed: int, graph: str, bound: str):
    """A random faithful mission of 3..50 robots, α 0.1..1 of 1/λmax, up to 8000 rounds, types in corners too."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 51))
    corners = np.where(rng.random((n, 1)) < 0.5, -1.0, 1.0)
    starts = corners if seed % 2 else rng.uniform(-1, 1, (n, 1))
    share = 1.0 if seed % 5 == 0 else rng.uniform(0.1, 1.0)
    return robosim.run(
        "rendezvous-honest",
        seed=seed,
        set={
            "robots.dimension": 1,
            "robots.type_space_m": [-1.0, 1.0],
            "robots.starts_m": starts.tolist(),
            "robots.count": n,
            "network.graph": graph,
            "mission.rounds": int(rng.choice([1, 10, 100, 1000, 8000])),
            "leader.bound": bound,
            "leader.alpha": f"{share:.4f}/lambda_max",
            "record.every": 8000,
        },
    )


@pytest.mark.parametrize("seed", range(200))
def test_200_faithful_runs_are_not_penalised(seed: int) -> None:
    graph = ("random-tree", "ring", "geometric", "path")[seed % 4]
    assert not faithful_run(seed, graph, "tight").settlement.penalised.any()
    if graph in ("random-tree", "path"):
        assert not faithful_run(seed, graph, "paper").settlement.penalised.any()


@pytest.mark.parametrize("graph", ["ring", "geometric"])
def test_the_paper_s_bound_on_cycles_is_an_error_that_names_tight(graph: str) -> None:
    with pytest.raises(BadInput, match=r'leader\.bound: .*use bound = "tight"'):
        faithful_run(3, graph, "paper")


@pytest.mark.parametrize("noise", [1e-3, 0.1])
@pytest.mark.parametrize("graph", ["path", "ring", "star"])
def test_declared_noise_is_allowed_for(noise: float, graph: str) -> None:
    for seed in range(10):
        record = robosim.run(
            "rendezvous-honest",
            seed=seed,
            set={"robots.position_noise_m": noise, "network.graph": graph, "mission.rounds": 200},
        )
        assert not record.settlement.penalised.any()
        assert not record.settlement.refused.any()
        assert (record.distance[0] <= record.beta).all()
        drift = np.linalg.norm(record.decision[0].mean(axis=0) - record.start.mean(axis=0))
        assert 0 < drift <= 200 * noise  # the noise is real: without it the mean stays where it is
