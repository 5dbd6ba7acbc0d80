"""Records on disk: bit for bit, atomic, and every damage found."""

import json
import shutil

import numpy as np
import pytest

import robosim
from robosim.errors import BadInput
from robosim.files.store import FILES, sealed, write_atomically
from robosim.record import SCHEMA


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    record = robosim.run("rendezvous", set={"mission.rounds": 20})
    return record, record.save(tmp_path_factory.mktemp("runs") / "first")


def test_a_record_comes_back_bit_for_bit(saved) -> None:
    record, folder = saved
    back = robosim.load_record(folder)
    assert back.summary() == record.summary()
    for name in ("positions", "energy_j", "private_cost", "reported_cost", "decision", "edges", "start", "kept"):
        np.testing.assert_array_equal(getattr(back, name), getattr(record, name))
    np.testing.assert_array_equal(back.said["z"], record.said["z"])
    np.testing.assert_array_equal(back.beta, record.beta)
    assert back.strategies == record.strategies == {(0, 3): "stationary"}
    assert back.verdict == record.verdict


def test_a_lie_in_round_0_is_kept_apart_from_where_the_body_stood(tmp_path) -> None:
    from robosim.controllers.selfish.robots import InitialLie

    record = robosim.run("erratum", strategies={0: InitialLie(start_m=(-1.0,))})
    back = robosim.load_record(record.save(tmp_path / "lie"))
    assert back.said["z"][0, 0, 0] == -1.0
    assert back.positions[0, 0, 0] == 1.0
    np.testing.assert_array_equal(back.said["z"][0, 1:], back.positions[0, 1:])


def test_the_saved_world_runs_to_the_same_record(saved) -> None:
    record, folder = saved
    again = robosim.run(folder / "world.toml")
    np.testing.assert_array_equal(again.positions, record.positions)
    np.testing.assert_array_equal(again.settlement.tax, record.settlement.tax)


def test_the_manifest_names_version_seed_and_files(saved) -> None:
    record, folder = saved
    summary = json.loads((folder / "mission.json").read_text())
    assert summary["robosim"] == robosim.__version__
    assert summary["seed"] == record.seed
    assert set(summary["manifest"]) == set(FILES[:2])
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)


@pytest.mark.parametrize("name", FILES)
def test_every_damaged_byte_is_found_and_the_file_named(saved, tmp_path, name: str) -> None:
    _, folder = saved
    copy = shutil.copytree(folder, tmp_path / "copy")
    content = (copy / name).read_bytes()
    rng = np.random.default_rng(0)
    for place in rng.integers(0, len(content), 60):
        damaged = bytearray(content)
        damaged[place] ^= 1 << int(rng.integers(7))
        if json_equal(name, bytes(damaged), content):
            continue  # white space in JSON means nothing
        (copy / name).write_bytes(bytes(damaged))
        with pytest.raises(BadInput, match=f"{name}:1: damaged"):
            robosim.load_record(copy)
    for cut in (0, 1, len(content) // 2, len(content) - 1):
        (copy / name).write_bytes(content[:cut])
        with pytest.raises(BadInput, match=f"{name}:1: damaged"):
            robosim.load_record(copy)
    (copy / name).unlink()
    with pytest.raises(BadInput, match=f"{name}:1: cannot be read"):
        robosim.load_record(copy)


def json_equal(name: str, a: bytes, b: bytes) -> bool:
    try:
        return name.endswith(".json") and json.loads(a) == json.loads(b)
    except ValueError:
        return False


def test_a_later_schema_is_refused_by_name(saved, tmp_path) -> None:
    _, folder = saved
    copy = shutil.copytree(folder, tmp_path / "later")
    summary = json.loads((copy / "mission.json").read_text())
    del summary["sha256"]
    (copy / "mission.json").write_bytes(sealed({**summary, "schema": 99}))
    with pytest.raises(BadInput, match=f"schema: version 99 is not {SCHEMA}"):
        robosim.load_record(copy)


def test_a_folder_that_cannot_be_written_is_named(saved, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        saved[0].save(tmp_path / "file" / "run")


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch) -> None:
    target = tmp_path / "a.txt"
    write_atomically(target, b"old")

    def full_disk(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        write_atomically(target, b"new")
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
