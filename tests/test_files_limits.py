"""Whatever a file is, reading it ends: regular files only, sizes known before anything is unpacked, one limit."""

import gzip
import io
import json
import os
import zipfile

import numpy as np
import pytest

import robosim
from robosim.__main__ import main
from robosim.errors import BadInput, TooLarge
from robosim.files.arrays import arrays_of, npz
from robosim.files.content import bytes_of, document, limit_bytes, text_of
from robosim.freight.coupled.file import read_problem
from robosim.freight.roads.archive import read_instance

FREIGHT = '[mission]\nkind = "freight"\nrounds = 5\n[freight]\n{key} = "{path}"\n'
CHARGING = '[mission]\nkind = "charging"\nrounds = 5\n[station]\n{key} = "{path}"\n'
ROADS = '[mission]\nkind = "freight"\nrounds = 5\n[freight]\nroads = "{path}"\ntrips = "{path}"\n'
READERS = {
    "a world": lambda path: str(path),
    "an instance": lambda path: FREIGHT.format(key="instance", path=path),
    "a problem": lambda path: FREIGHT.format(key="problem", path=path),
    "roads": lambda path: ROADS.format(path=path),
    "sessions": lambda path: CHARGING.format(key="sessions", path=path),
    "a tariff": lambda path: CHARGING.format(key="tariff", path=path),
}
ENDINGS = {
    "a world": ".toml", "an instance": ".npz", "a problem": ".npz", "roads": "_net.tntp", "sessions": ".csv",
    "a tariff": ".json",
}  # fmt: skip
SPECIAL = {
    "a pipe": lambda path: os.mkfifo(path),
    "a link to zeros without end": lambda path: path.symlink_to("/dev/zero"),
    "a folder": lambda path: path.mkdir(),
    "a link to itself": lambda path: path.symlink_to(path),
}


def world_naming(reader, path, folder) -> str:
    text = READERS[reader](path)
    if "\n" not in text:
        return text
    (folder / "world.toml").write_text(text)
    return str(folder / "world.toml")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="LOUD: no pipes here")
@pytest.mark.parametrize("kind", SPECIAL)
@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_regular_file_is_refused_at_once(tmp_path, capsys, reader, kind) -> None:
    path = tmp_path / f"x{ENDINGS[reader]}"
    SPECIAL[kind](path)
    for command in ("check", "run"):
        assert main([command, world_naming(reader, path, tmp_path)]) == 2
        said = capsys.readouterr().err.strip()
        assert len(said.splitlines()) == 1, said
        assert "internal error" not in said


@pytest.mark.parametrize("name", ["mission.json", "world.toml", "trajectory.npz"])
def test_a_record_of_pipes(tmp_path, name) -> None:
    folder = robosim.run("erratum").save(tmp_path / "r")
    (folder / name).unlink()
    os.mkfifo(folder / name)
    with pytest.raises(BadInput, match=f"{name}:1: cannot be read: is no regular file"):
        robosim.load_record(folder)


def bomb(path, entries: dict[str, int]) -> None:
    """An archive of zeros: a megabyte of it is a gigabyte unpacked."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, count in entries.items():
            header = io.BytesIO()
            np.lib.format.write_array_header_1_0(
                header, {"descr": "<f8", "fortran_order": False, "shape": (count // 8,)}
            )
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                member.write(header.getvalue())
                block = bytes(1 << 22)
                for _ in range(count >> 22):
                    member.write(block)


@pytest.mark.parametrize("reader", ["an instance", "a problem"])
def test_an_archive_that_unpacks_to_more_than_the_limit(tmp_path, capsys, monkeypatch, reader) -> None:
    bomb(tmp_path / "x.npz", {"slope": 1 << 28, "c": 1 << 28})
    monkeypatch.setenv("ROBOSIM_MEMORY_GB", "0.2")
    assert main(["check", world_naming(reader, tmp_path / "x.npz", tmp_path)]) == 3
    said = capsys.readouterr().err
    assert "536.9 MB when unpacked (at most" in said
    assert "ROBOSIM_MEMORY_GB raises it" in said


def test_arrays_that_nobody_asks_for_count_too_and_stay_packed(tmp_path, monkeypatch) -> None:
    from robosim.files import arrays

    bomb(tmp_path / "x.npz", {"a": 1 << 22, "unneeded": 1 << 24})
    monkeypatch.setattr(arrays.np.lib.format, "read_array", lambda *_, **__: "read")
    with (tmp_path / "x.npz").open("rb") as file:
        assert arrays_of(file, "x.npz", {"a"}) == {"a": "read"}
    monkeypatch.setenv("ROBOSIM_MEMORY_GB", "0.01")
    with (tmp_path / "x.npz").open("rb") as file, pytest.raises(TooLarge, match=r"20.97 MB when unpacked"):
        arrays_of(file, "x.npz", {"a"})


@pytest.mark.deep
def test_a_record_with_3_gb_of_zeros_in_it(tmp_path, monkeypatch) -> None:
    from robosim.files.store import sealed, sha256

    folder = robosim.run("erratum").save(tmp_path / "r")
    with (
        zipfile.ZipFile(folder / "trajectory.npz", "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("zeros.npy", "w", force_zip64=True) as member,
    ):
        block = bytes(1 << 24)
        for _ in range(3 << 6):
            member.write(block)
    summary = json.loads((folder / "mission.json").read_text())
    del summary["sha256"]
    summary["manifest"]["trajectory.npz"] = sha256((folder / "trajectory.npz").read_bytes())
    (folder / "mission.json").write_bytes(sealed(summary))
    monkeypatch.setenv("ROBOSIM_MEMORY_GB", "1")
    with pytest.raises(TooLarge, match=r"trajectory.npz:1: file: 3.22\d GB when unpacked \(at most 1 GB"):
        robosim.load_record(folder)
    assert main(["plot", str(folder), "--out", str(tmp_path / "figures")]) == 3
    monkeypatch.setenv("ROBOSIM_MEMORY_GB", "9")
    with pytest.raises(BadInput, match="zeros: is no array that belongs here"):
        robosim.load_record(folder)


@pytest.mark.parametrize(
    ("claimed", "words"),
    [((10**12,), "cannot be read: damaged"), ((2,), "cannot be read: damaged"), ((-1,), "cannot be read: damaged")],
)
def test_a_header_that_does_not_fit_its_bytes(claimed, words) -> None:
    """A header of 8 TB before 80 bytes took what it said."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        member = io.BytesIO()
        np.lib.format.write_array_header_1_0(member, {"descr": "<f8", "fortran_order": False, "shape": claimed})
        archive.writestr("a.npy", member.getvalue() + bytes(80))
    with pytest.raises(BadInput, match=words):
        arrays_of(content, "x.npz")


def test_archives_that_are_none() -> None:
    with pytest.raises(BadInput, match="not an npz archive, or damaged"):
        arrays_of(io.BytesIO(b"PK nothing"), "x.npz")
    whole = npz({"a": np.arange(1000.0)})
    for place in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        try:
            found = arrays_of(io.BytesIO(bytes(damaged)), "x.npz")
        except BadInput as problem:
            assert "\n" not in str(problem)  # noqa: PT017
        else:
            assert set(found) <= {"a"} or len(found) == 1
    objects = io.BytesIO()
    np.savez(objects, a=np.array([{}], dtype=object))
    with pytest.raises(BadInput, match="a: cannot be read: damaged, or Python objects"):
        arrays_of(objects, "x.npz")
    twice = io.BytesIO()
    with zipfile.ZipFile(twice, "w") as archive:
        archive.writestr("a.npy", b"")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.npy", b"")
    with pytest.raises(BadInput, match="a name stands there twice"):
        arrays_of(twice, "x.npz")
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.npy", whole)
    with pytest.raises(BadInput, match="cannot be read"):
        arrays_of(other, "x.npz")


def test_one_limit_for_texts_too(tmp_path, monkeypatch) -> None:
    (tmp_path / "a.csv").write_text("x" * 5000)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(b"x" * 10**6))
    assert text_of(tmp_path / "a.csv") == "x" * 5000
    monkeypatch.setenv("ROBOSIM_MEMORY_GB", "0.000004")
    assert limit_bytes() == 4000
    with pytest.raises(TooLarge, match=r"a.csv:1: file: more than 4 kB"):
        text_of(tmp_path / "a.csv")
    with pytest.raises(TooLarge, match=r"b.csv.gz:1: file: more than 4 kB"):
        text_of(tmp_path / "b.csv.gz")
    with pytest.raises(TooLarge, match="more than 10 B"):
        bytes_of(tmp_path / "a.csv", most=10)


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_has_not_are_refused_with_their_line(word) -> None:
    text = f'{{"a": "NaN is fine in a text, \\" too",\n "b": [1,\n {word}]}}'
    with pytest.raises(BadInput, match=f"x.json:3: json: {word} is no number of JSON"):
        document(text, "x.json")


def test_a_damaged_problem_or_instance_is_one_line(tmp_path) -> None:
    (tmp_path / "x.npz").write_bytes(b"not at all")
    for read in (read_problem, read_instance):
        with pytest.raises(BadInput, match=r"x.npz:1: file: not an npz archive"):
            read(tmp_path / "x.npz")
