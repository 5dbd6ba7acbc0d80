"""Same seed, same bits: across processes, hash seeds and thread counts."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

import robosim

CODE = """
import hashlib, json, sys, robosim
digests = {}
for world, keys in json.loads(sys.argv[1]):
    record = robosim.load(world, set=keys).run()
    content = b"".join(x.tobytes() for x in (record.positions, record.energy_j, record.settlement.tax,
                                             record.settlement.distance, record.private_cost))
    digests[world + json.dumps(keys)] = hashlib.sha256(content + repr(record.settlement.beta).encode()).hexdigest()
print(json.dumps(digests))
"""
WORLDS = [
    ["rendezvous", {}],
    ["erratum", {}],
    ["drones", {}],
    ["lossy", {"leader.bound": 5.0}],
    ["rendezvous-honest", {"network.graph": "random-tree"}],
    ["rendezvous", {"robots.position_noise_m": 0.01, "robots.count": 200}],
    ["swarm", {"robots.count": 1500, "mission.rounds": 20}],
]


def digests(**environment: str) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", CODE, json.dumps(WORLDS)],
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | environment,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_same_bits_in_every_process() -> None:
    settings = [
        {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        {"PYTHONHASHSEED": "7", "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"},
        {"PYTHONHASHSEED": "123", "NUMBA_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "2"},
    ]
    first, *others = [digests(**setting) for setting in settings]
    assert len(first) == len(WORLDS)
    for other in others:
        assert other == first


@pytest.mark.parametrize("world", ["rendezvous", "swarm"])
def test_another_seed_gives_other_bits(world: str) -> None:
    keys = {"robots.count": 50, "mission.rounds": 5}
    one, two = (robosim.run(world, seed=seed, set=keys) for seed in (1, 2))
    assert not np.array_equal(one.positions, two.positions)
