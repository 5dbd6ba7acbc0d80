"""Networks as acnportal writes them: read as they are there, and every error named."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robosim.charging.station.caltech import caltech_site
from robosim.charging.station.posts import CONTINUOUS, DEADBAND, LEVELS
from robosim.charging.station.site_file import read_site
from robosim.errors import BadInput
from tests.site_files import as_acn, evse, network

POSTS = {
    "PS-1": evse("EVSE", "PS-1", _max_rate=80, _min_rate=0),
    "PS-2": evse("DeadbandEVSE", "PS-2", _max_rate=32, _deadband_end=6),
    "PS-3": evse("FiniteRatesEVSE", "PS-3", allowable_rates=[0, 8, 16, 24, 32]),
    "PS-4": evse("EVSE", "PS-4", _max_rate=40, _min_rate=8),
}
ROWS = {"one": ([1.0, -1.0, 0.25, 0.0], 90.0), "two": ([0.0, 1.0, 1.0, 1.0], 70)}
VOLTS, DEGREES = [208, 240.0, 208.0, 277.0], [30.0, -90, 150.0, 0.0]


def saved(folder: Path, whole: dict[str, Any], **changes: Any) -> Path:
    """A file, with attributes of the network changed."""
    whole["context_dict"]["7"]["attributes"].update(changes)
    path = folder / "net.json"
    path.write_text(json.dumps(whole))
    return path


def test_by_hand(tmp_path: Path) -> None:
    site = read_site(saved(tmp_path, network(POSTS, VOLTS, DEGREES, ROWS)))
    assert site.evses.ids == tuple(POSTS)
    assert site.evses.kind.tolist() == [CONTINUOUS, DEADBAND, LEVELS, DEADBAND]
    assert site.evses.min_a.tolist() == [0.0, 6.0, 8.0, 8.0]
    assert site.evses.max_a.tolist() == [80.0, 32.0, 32.0, 40.0]
    assert site.evses.max_kw == pytest.approx([16.64, 7.68, 6.656, 11.08])
    assert site.feeder.names == ("one", "two")
    x = np.array([3.0, 5.0, 8.0, 9.0])
    phasors = np.array(ROWS["one"][0]) * x * np.exp(1j * np.radians(DEGREES))
    assert site.feeder.loads(x)[0] == pytest.approx(abs(phasors.sum()))
    assert site.feeder.limit_a.tolist() == [90.0, 70.0]


def test_a_simulator_s_network(tmp_path: Path) -> None:
    whole = network(POSTS, VOLTS, DEGREES, ROWS)
    whole["context_dict"]["9"] = {"class": "acnportal.acnsim.simulator.Simulator", "attributes": {"network": "7"}}
    assert read_site(saved(tmp_path, whole | {"id": "9"})).evses.ids == tuple(POSTS)


def test_caltech_through_json_is_caltech(tmp_path: Path) -> None:
    (tmp_path / "caltech.json").write_text(as_acn(caltech_site()))
    theirs, ours = read_site(tmp_path / "caltech.json"), caltech_site()
    for name in ("kind", "min_a", "max_a", "voltage_v", "table", "levels_a"):
        np.testing.assert_array_equal(getattr(theirs.evses, name), getattr(ours.evses, name))
    np.testing.assert_array_equal(theirs.feeder.phasors, ours.feeder.phasors)
    np.testing.assert_array_equal(theirs.feeder.limit_a, ours.feeder.limit_a)
    assert (theirs.evses.ids, theirs.feeder.names) == (ours.evses.ids, ours.feeder.names)


def test_what_acnportal_itself_writes(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sites = pytest.importorskip(
            "acnportal.acnsim.network.sites", reason="LOUD: acnportal is not installed, its own JSON is not read"
        )
        network = sites.caltech_acn()
        network.to_json(str(tmp_path / "theirs.json"))
    site = read_site(tmp_path / "theirs.json")
    assert list(site.evses.ids) == network.station_ids
    x = np.random.default_rng(1).uniform(0, 32, size=(54, 20))
    np.testing.assert_allclose(np.abs(network.constraint_current(x)).T, site.feeder.loads(x.T))
    assert site.feeder.limit_a == pytest.approx(network.magnitudes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"constraint_matrix": None}, "constraint_matrix: is empty: nothing limits these posts ("),
        ({"constraint_matrix": [[1, 0, 0]]}, "constraint_matrix: must be a list of rows of 4 numbers"),
        ({"constraint_matrix": [[1, 0, 0, "x"]]}, "constraint_matrix: holds something that is no number"),
        ({"constraint_matrix": [[1, 1, 0, 1]] * 2}, "_EVSEs.PS-3: no constraint holds this post ("),
        ({"magnitudes": [1.0]}, "magnitudes: has 1 numbers for 2 rows of constraint_matrix"),
        ({"magnitudes": []}, "magnitudes: has 0 numbers for 2 rows of constraint_matrix"),
        ({"magnitudes": [1.0, 0]}, "magnitudes: must be a list of numbers >= 1e-12, got [1.0, 0]"),
        ({"_voltages": [208.0]}, "_voltages: has 1 numbers for 4 posts"),
        ({"_phase_angles": [0.0, 0.0, None, 0.0]}, "_phase_angles: must be a list of numbers, got "),
        ({"_EVSEs": {}}, "_EVSEs: no network with posts"),
    ],
)
def test_what_is_wrong_with_a_network_is_named(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_site(saved(tmp_path, network(POSTS, VOLTS, DEGREES, ROWS), **changes))
    assert str(caught.value).removeprefix(f"{tmp_path}/net.json:1: ").startswith(message)


def test_evses_that_nobody_knows_are_all_named_at_their_lines(tmp_path: Path) -> None:
    """An EVSE of acnportal without a max_rate has an infinite one, which JSON has no word for and Python writes."""
    posts = {
        "PS-1": evse("EVSE", "PS-1", _max_rate=float("inf"), _min_rate=0),
        "PS-2": evse("MyEVSE", "PS-2", _max_rate=3),
        "PS-3": evse("FiniteRatesEVSE", "PS-3", allowable_rates=[-1, 8]),
        "PS-4": evse("DeadbandEVSE", "PS-4", _max_rate=5, _deadband_end=6),
    }
    path = tmp_path / "net.json"
    path.write_text(json.dumps(network(posts, VOLTS, DEGREES, ROWS), indent=1))
    rows = path.read_text().splitlines()
    at = [next(k for k, row in enumerate(rows, 1) if f'"100{n}":' in row) for n in range(4)]
    with pytest.raises(BadInput) as caught:
        read_site(path)
    assert [line.removeprefix(f"{path}:").split(" (")[0] for line in str(caught.value).splitlines()] == [
        f"{at[0]}: _EVSEs.PS-1._max_rate: has no largest current",
        f'{at[1]}: _EVSEs.PS-2: its class is "MyEVSE"',
        f"{at[2]}: _EVSEs.PS-3.allowable_rates: must be a list of amperes, got [-1, 8]",
        f"{at[3]}: _EVSEs.PS-4._max_rate: must be amperes, 0 <= _deadband_end <= _max_rate, got 6 and 5",
    ]
