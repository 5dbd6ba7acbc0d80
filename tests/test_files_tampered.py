"""Records that somebody changed and sealed again: each is refused in one line, or says nothing that is not so."""

import copy
import io
import json
import shutil

import numpy as np
import pytest

import robosim
from robosim.__main__ import main
from robosim.errors import BadInput, RobosimError
from robosim.files.arrays import npz
from robosim.files.store import sealed, sha256

RUNS = {
    "rendezvous": {"mission.rounds": 12},
    "charging-day-ahead": {"mission.rounds": 30, "station.count": 6},
    "freight": {"mission.rounds": 30},
    "market": {"mission.rounds": 8},
    "aggregator": {"mission.rounds": 20},
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    return {name: robosim.run(name, set=keys).save(root / name) for name, keys in RUNS.items()}


class Folder:
    """A record taken apart, and put together and sealed again however it was changed."""

    def __init__(self, source, target) -> None:
        self.path = shutil.copytree(source, target)
        self.summary = json.loads((source / "mission.json").read_text())
        del self.summary["sha256"]
        with np.load(source / "trajectory.npz") as archive:
            self.arrays = dict(archive)

    def seal(self, content: bytes | None = None):
        content = npz(self.arrays) if content is None else content
        (self.path / "trajectory.npz").write_bytes(content)
        self.summary["manifest"] = {**self.summary["manifest"], "trajectory.npz": sha256(content)}
        (self.path / "mission.json").write_bytes(sealed(self.summary))
        return self.path


def every(key, value):
    def change(x):
        x[key] = value

    return change


STRANGE = [None, True, -1, 10**40, "nan", "\x1b]0;x\x07", [], {}, [[]], {"array": "no"}, {"array": 3}, 1.5, "1e999"]
WHOLE = {
    "no schema": lambda f: f.summary.pop("schema"),
    "schema as text": lambda f: f.summary.update(schema="2"),
    "schema true": lambda f: f.summary.update(schema=True),
    "no noun": lambda f: f.summary.pop("noun"),
    "noun a list": lambda f: f.summary.update(noun=["rendezvous"]),
    "noun of another kind": lambda f: f.summary.update(noun="auction"),
    "no manifest": lambda f: f.summary.update(manifest=None) or f.summary.update(manifest={}),
    "a manifest that leaves": lambda f: f.summary["manifest"].update({"../../etc/passwd": "0"}),
    "a manifest with more": lambda f: f.summary["manifest"].update({"inputs/x": "0"}),
    "mission a list": lambda f: f.summary.update(mission=[]),
    "mission nothing": lambda f: f.summary.update(mission=None),
    "no mission": lambda f: f.summary.pop("mission"),
    "verdict nothing": lambda f: f.summary.update(verdict=None),
    "no verdict": lambda f: f.summary.pop("verdict"),
    "a field more": lambda f: f.summary["mission"].update(extra=1),
    "a field less": lambda f: f.summary["mission"].pop("unit"),
    "seed as text": lambda f: f.summary["mission"].update(seed="0"),
    "seed -1": lambda f: f.summary["mission"].update(seed=-1),
    "planned rounds below what was played": lambda f: f.summary["mission"].update(planned_rounds=3),
    "planned rounds -1": lambda f: f.summary["mission"].update(planned_rounds=-1),
    "interrupted though it was not": lambda f: f.summary["mission"].update(interrupted=True),
    "a strategy of nobody": lambda f: f.summary["mission"].update(strategies=[[[0, 99], "stationary"]]),
    "a strategy of agent -1": lambda f: f.summary["mission"].update(strategies=[[[0, -1], "stationary"]]),
    "a strategy twice": lambda f: f.summary["mission"].update(strategies=[[[0, 3], "a"], [[0, 3], "b"]]),
    "strategies half": lambda f: f.summary["mission"].update(strategies=[[[0, 3]]]),
    "another strategy": lambda f: f.summary["mission"].update(strategies=[[[0, 1], "stationary"]]),
    "another tax rule": lambda f: f.summary["mission"].update(tax_rule="none"),
    "budget": lambda f: f.summary["verdict"].update(budget=1.0),
    "budget in both": lambda f: f.summary["verdict"].update(budget=1.0) or f.summary.update(budget=1.0),
    "social cost in both": lambda f: f.summary["verdict"].update(social_cost=0.0) or f.summary.update(social_cost=0.0),
    "optimum nan": lambda f: f.summary["verdict"].update(optimum="nan"),
    "optimum inf": lambda f: f.summary["verdict"].update(optimum="inf"),
    "rational as text": lambda f: f.summary["verdict"].update(individually_rational="yes"),
    "epsilon a list": lambda f: f.summary["verdict"].update(epsilon=[]),
    "epsilon nan": lambda f: f.summary["verdict"]["epsilon"].update(certified="nan"),
    "gain of another": lambda f: f.summary["verdict"]["gains"][0].update(agent=0),
    "gain nan": lambda f: f.summary["verdict"]["gains"][0].update(gain="nan"),
    "a cost as text": lambda f: f.summary["agents"][0].update(private_cost="much"),
    "an agent less": lambda f: f.summary["agents"].pop(),
    "an agent's tax": lambda f: f.summary["agents"][0].update(tax=0.0),
    "the table's strategy": lambda f: f.summary["agents"][3].update(strategy="faithful"),
    "the leader's distance": lambda f: f.summary["leader"].update(distance=0.0),
    "a history cut": lambda f: f.summary["history"]["distance"].pop(),
    "a history null": lambda f: f.summary.update(history=None),
    "rounds": lambda f: f.summary.update(rounds=7),
    "world": lambda f: f.summary.update(world="another"),
    "a key less": lambda f: f.summary.pop("agents"),
    "bound a number": lambda f: f.summary["mission"]["rules"].update(bound=3),
    "bound nan": lambda f: f.summary["mission"]["rules"]["bound"].update(factor="nan"),
    "alpha nan": lambda f: f.summary["mission"]["rules"].update(alpha="nan"),
    "dt below 0": lambda f: f.summary["mission"].update(dt_s=-1.0),
    "inputs a number": lambda f: f.summary.update(inputs=3),
    "inputs without a copy": lambda f: f.summary.update(
        inputs=[{"key": "x", "path": "/x", "sha256": "0", "size": 1, "copy": "inputs/x"}]
    ),
    "kept falls": lambda f: f.arrays.update(kept=f.arrays["kept"][::-1].copy()),
    "kept below 0": lambda f: f.arrays.update(kept=f.arrays["kept"] - 5),
    "kept twice": lambda f: f.arrays.update(kept=np.zeros_like(f.arrays["kept"])),
    "kept empty": lambda f: f.arrays.update(kept=f.arrays["kept"][:0]),
    "kept as floats": lambda f: f.arrays.update(kept=f.arrays["kept"].astype(float)),
    "edges out of range": lambda f: f.arrays.update(edges=f.arrays["edges"] + 10**6),
    "edges below 0": lambda f: f.arrays.update(edges=f.arrays["edges"] - 10),
    "taxes x 100": lambda f: f.arrays.update({"settlement/tax": f.arrays["settlement/tax"] * 100}),
    "one array more": lambda f: f.arrays.update(more=np.zeros(3)),
    "no arrays": lambda f: f.arrays.clear(),
    "words renamed": lambda f: f.summary["mission"].update(said={"y": f.summary["mission"]["said"]["z"]}),
    "no words": lambda f: f.summary["mission"].update(said={}),
}


def one_line(problem: BaseException) -> bool:
    text = str(problem)
    return "\n" not in text and text.isprintable() and "internal error" not in text


@pytest.mark.parametrize("name", WHOLE)
def test_a_changed_record_is_refused_in_one_line(folders, tmp_path, name, capsys) -> None:
    folder = Folder(folders["rendezvous"], tmp_path / "r")
    WHOLE[name](folder)
    path = folder.seal()
    with pytest.raises(BadInput) as found:
        robosim.load_record(path)
    assert one_line(found.value)
    assert str(found.value).startswith(str(path))
    assert main(["plot", str(path), "--out", str(tmp_path / "figures")]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def consistent_taxes(folder) -> None:
    """Taxes x 100 in the array and in every figure that follows from it: only the rule itself can tell."""
    folder.arrays["settlement/tax"] = folder.arrays["settlement/tax"] * 100
    for row in folder.summary["agents"]:
        row["tax"] *= 100
        row["net_cost"] = row["private_cost"] + row["tax"]
    folder.summary["budget"] *= 100
    folder.summary["verdict"]["budget"] *= 100


@pytest.mark.parametrize("name", ["rendezvous", "freight", "aggregator"])
def test_taxes_that_the_rule_does_not_charge(folders, tmp_path, name) -> None:
    folder = Folder(folders[name], tmp_path / "r")
    for row in folder.summary["agents"]:
        if "payment" in row:
            row["payment"] *= 100
    consistent_taxes(folder)
    with pytest.raises(BadInput, match="settlement/tax: is not what the rule"):
        robosim.load_record(folder.seal())


def arrays_changed(x):
    """Every way in which one array is often wrong."""
    yield "another dtype", x.astype(np.float32 if x.dtype == np.float64 else np.complex128)
    yield "text", np.full(x.shape, "12.5")
    yield "an axis more", x[None]
    yield "flat", x.ravel()
    if x.ndim:
        yield "a row more", np.concatenate([x, x[-1:]]) if len(x) else np.zeros((1, *x.shape[1:]), x.dtype)
    for axis in range(x.ndim):
        if x.shape[axis] > 1:
            yield f"cut along axis {axis}", np.take(x, range(x.shape[axis] - 1), axis=axis)
        yield f"empty along axis {axis}", np.take(x, [], axis=axis)
    if x.dtype.kind == "f" and x.size:
        for value in (np.nan, np.inf, -np.inf):
            y = x.copy()
            y.flat[0] = value
            yield f"one {value}", y


def sound(path) -> bool:
    """Refused in one line, or a record that can be shown. Returns whether it was refused."""
    problem = None
    try:
        record = robosim.load_record(path)
    except RobosimError as refused:
        problem = refused
    if problem is None:
        json.dumps(record.summary(), allow_nan=False)
        return False
    assert isinstance(problem, BadInput)
    assert one_line(problem)
    return True


LONG = ("charging-day-ahead", "freight")


@pytest.mark.parametrize("name", [pytest.param(one, marks=pytest.mark.deep) if one in LONG else one for one in RUNS])
def test_every_array_in_every_wrong_form(folders, tmp_path, name) -> None:
    first, passed = Folder(folders[name], tmp_path / "r"), []
    original = dict(first.arrays)
    for key, x in original.items():
        for how, changed in arrays_changed(x):
            first.arrays = {**original, key: changed}
            if changed.shape == x.shape and changed.dtype == x.dtype and np.array_equal(changed, x):
                continue
            if not sound(first.seal()):
                passed.append((key, how))
        first.arrays = {other: y for other, y in original.items() if other != key}
        assert sound(first.seal()), f"{key} is missing"
    free = (
        "capacity",
        "stock",
        "lower",
        "upper",
        "excess_a",
        "limit",
        "rows_kw",
        "gap",
        "roads/",
        "pilot",
        "content",
        "stops",
    )
    wrong = [(key, how) for key, how in passed if how in ("another dtype", "text")]
    assert not wrong
    not_finite = [(key, how) for key, how in passed if how.startswith("one ") and not any(word in key for word in free)]
    assert not [pair for pair in not_finite if pair[0] in ("decision", "private_cost", "settlement/tax", "kept")]


def leaves(value, way=()):
    """Every place in a JSON value, tables and lists too."""
    yield way
    pairs = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    for key, x in pairs:
        yield from leaves(x, (*way, key))


@pytest.mark.parametrize(
    "name", [pytest.param(one, marks=pytest.mark.deep) if one in ("aggregator", "freight") else one for one in RUNS]
)
def test_no_value_anywhere_is_a_traceback(folders, tmp_path, name) -> None:
    """One strange value at each place of mission.json, drawn by its number; whatever is taken can be shown."""
    folder = Folder(folders[name], tmp_path / "r")
    original, content = folder.summary, (folder.path / "trajectory.npz").read_bytes()
    refused = total = 0
    for number, way in enumerate(list(leaves(original))[1:]):
        folder.summary = copy.deepcopy(original)
        table = folder.summary
        for key in way[:-1]:
            table = table[key]
        table[way[-1]] = STRANGE[number % len(STRANGE)]
        if way[0] == "manifest" or folder.summary == original:
            continue
        total += 1
        refused += sound(folder.seal(content))
    assert refused > 0.9 * total


def test_another_version_is_said_and_taken(folders, tmp_path, caplog) -> None:
    folder = Folder(folders["rendezvous"], tmp_path / "r")
    folder.summary["robosim"] = "9.9.9\x1b[31m"
    robosim.load_record(folder.seal())
    assert "was written by robosim 9.9.9\\x1b[31m, this is" in caplog.text


def test_an_array_that_nobody_asked_for_is_not_unpacked(folders, tmp_path, monkeypatch) -> None:
    """3 GB of zeros take 3 MB on disk; they are seen in the directory of the archive."""
    from robosim.files import arrays

    folder = Folder(folders["rendezvous"], tmp_path / "r")
    buffer = io.BytesIO(npz({**folder.arrays, "unneeded": np.zeros(10**6)}))
    real, read = arrays._array, []
    monkeypatch.setattr(arrays, "_array", lambda *given: read.append(given[2]) or real(*given))
    with pytest.raises(BadInput, match="unneeded: is no array that belongs here"):
        robosim.load_record(folder.seal(buffer.getvalue()))
    assert not read
