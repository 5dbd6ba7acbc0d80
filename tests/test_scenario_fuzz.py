"""Whatever stands in a world file, loading it gives a scenario or an error in the one form, never anything else."""

from __future__ import annotations

import io
import random
import re
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from robosim.errors import BadInput, TooLarge
from robosim.scenario.loading import load_scenario
from robosim.scenario.reading import bundled_worlds, template

LINE = re.compile(r"^[^\n]+:\d+: [^\n]+ \([^\n]+\)$")
TOKEN = re.compile(rb"\s+|[A-Za-z0-9_.+-]+|.", re.DOTALL)
POISON = [
    b"nan",
    b"-inf",
    b"1e400",
    b"-1e400",
    b"9" * 5000,
    b"0x" + b"f" * 5000,
    b"1" + b"0" * 400,
    b"9223372036854775808",
    b"-1",
    b"0",
    b"1e-320",
    b"0.5",
    b"true",
    b"1000000000000000000",
    b"1979-05-27",
    b"07:32:00",
    b'""',
    b'"auto"',
    b'"random"',
    b'"0.9/lambda_max"',
    b'"9e999/lambda_max"',
    b'"0.5/L"',
    b'"rng"',
    b"'\xc3\xa9\xe2\x80\xae'",
    b"[]",
    b"{}",
    b"[[]]",
    b"[[1, 2], [3]]",
    b"[1, 1]",
    b"[[0, 1]]",
    b"robots = [0, 0]",
    b"agents = [0, 0]",
    b'strategy = "freeze"',
    b"[" * 20_000,
    b"[" * 20_000 + b"]" * 20_000,
    b"{a=" * 20_000,
    b"a." * 3000 + b"b",
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\r",
    b"\r\n",
    b"\x1b[31m",
    b"\xf0\x9f\xa4\x96",
    b"\xed\xa0\x80",
    b"[[selfish]]",
    b"[robots]",
    b"[bidders]",
    b"[problem]",
    b"inf",
    b'"example-2"',
    b"suppliers = [0, 0]",
    b'"""',
    b"'''",
    b"#",
    b"=",
    b"\\",
]


def keys(name: str, *more: str) -> list[str]:
    """Keys of a bundled world, and others."""
    tables = {section: table for section, table in tomllib.loads(template(name)).items() if isinstance(table, dict)}
    return [*(f"{section}.{key}" for section, table in tables.items() for key in table), "mission", "selfish", *more]


KEYS = {
    "aggregator": keys("aggregator", "problem", "problem.part", "problem.theta", "problem.congestion", "problem.sense"),
    "charging": keys(
        "charging",
        "station",
        "station.day",
        "station.columns",
        "station.columns.arrival",
        "station.impossible",
        "station.charger",
        "station.posts",
        "station.posts.0.volts",
        "station.elsewhere",
        "station.wear_range_dollars_per_kw2h",
        "leader.epsilon",
    ),
    "drones": keys(
        "drones",
        "selfish.0",
        "selfish.0.robot",
        "selfish.0.stride",
        "selfish.1.robot",
        "event",
        "event.0.off",
        "network.directed",
        "network.range_m",
        "network.radio",
        "network.radio.burst",
        "network.radio.delay_rounds",
    ),
    "freight": keys(
        "freight",
        "freight.roads",
        "freight.problem",
        "freight.suppliers",
        "freight.trips",
        "network.edges",
        "method.sigma",
        "problem",
    ),
    "market": keys(
        "market",
        "market.weights",
        "market.capacity_kw",
        "bidders.bid_limits_kw",
        "bidders.wanted_range_kw",
        "leader.bills",
    ),
}
OTHERS = {
    "aggregator": [
        "mission.rounds=9",
        "problem.sense='<='",
        "problem.H=[[1], [1], [1], [1], [[1, 0], [0]]]",
        "problem.congestion=0",
        "network.graph=star",
        "freight.instance=example-1",
        "selfish=[{supplier=4, strategy='drop-out'}]",
        "a=1",
    ],
    "charging": [
        "mission.rounds=9",
        "station.sessions=day.csv",
        "station.site=caltech",
        "station.posts=[{id = 'A', volts = 230.0}]",
        "station.waiting_dollars_per_kwh_h=[1, 2]",
        "station={}",
        "a=1",
    ],
    "drones": ["mission.rounds=9", "robots.count=30", "selfish=[]", "a=1", "energy=1"],
    "freight": [
        "mission.rounds=9",
        "freight.instance=random",
        "freight.roads=a_net.tntp",
        "method.penalties=published",
        "mission.controller=iplux",
        "selfish=[{supplier=1, strategy='drop-out'}]",
        "freight=3",
        "a=1",
    ],
    "market": [
        "mission.rounds=9",
        "bidders.count=2",
        "bidders.wanted_kw=[1, 2]",
        "bidders.bid_limits_kw=[0, 2]",
        "market={capacity_kw = 1}",
        "selfish=[{agent=1, strategy='freeze'}]",
        "a=1",
    ],
}


def flip(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]


def drop(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.randrange(1, 40) :]


def copy(data: bytes, rng: random.Random) -> bytes:
    start, at = rng.randrange(len(data)), rng.randrange(len(data))
    return data[:at] + data[start : start + rng.randrange(1, 60)] + data[at:]


def insert(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + rng.choice(POISON) + data[at:]


def truncate(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


def other_token(data: bytes, rng: random.Random) -> bytes:
    tokens = TOKEN.findall(data)
    tokens[rng.randrange(len(tokens))] = rng.choice([rng.choice(POISON), rng.choice(tokens)])
    return b"".join(tokens)


def other_value(data: bytes, rng: random.Random) -> bytes:
    """The rest of the file stays valid, so that values meet the rules and not only the parser."""
    places = [match.span() for match in re.finditer(rb"(?<== )[^#\n]+", data)]
    start, stop = rng.choice(places) if places else (0, 0)
    return data[:start] + rng.choice(POISON) + b" " + data[stop:]


def swap_lines(data: bytes, rng: random.Random) -> bytes:
    lines = data.split(b"\n")
    a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]
    return b"\n".join(lines)


def enlarge(data: bytes, rng: random.Random) -> bytes:
    larger = rb"\1 = 1" + b"0" * rng.randrange(20)
    return re.sub(rb"(count|rounds|every) = \d+", larger, data, count=rng.randrange(1, 4))


MUTATIONS: list[Callable[[bytes, random.Random], bytes]] = [
    flip,
    drop,
    copy,
    insert,
    truncate,
    other_token,
    other_value,
    other_value,
    swap_lines,
    enlarge,
]


def outcome(world: str | Path, options: Sequence[str] = ()) -> str:
    try:
        load_scenario(world, overrides=options)
    except (BadInput, TooLarge) as error:
        bad = [line for line in str(error).split("\n") if not LINE.match(line)]
        assert not bad, bad
        return type(error).__name__
    return "loaded"


def mutants(count: int, seed: int, disk: pytest.MonkeyPatch) -> dict[str, int]:
    """Outcomes of mutated worlds; the files stand in memory, as opening real ones takes longer than reading them."""
    rng, counts = random.Random(seed), {"loaded": 0, "BadInput": 0, "TooLarge": 0}
    load_scenario("aggregator")  # what checks its numbers is imported now, from real files
    worlds = [template(name).encode() for name in bundled_worlds()]
    for _ in range(count):
        data = rng.choice(worlds)
        for _ in range(rng.choice([1, 1, 1, 2, 3, 5])):
            data = rng.choice(MUTATIONS)(data or b"#", rng)
        disk.setattr("robosim.files.content.opened", lambda *_, data=data: io.BytesIO(data))
        counts[outcome(Path("w.toml"))] += 1
    return counts


def test_6_000_mutated_worlds(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = mutants(6_000, 1, monkeypatch)
    assert min(counts.values()) > 15, counts  # every outcome is met, so the mutations reach the rules and the limits


@pytest.mark.deep
def test_many_more_mutated_worlds(monkeypatch: pytest.MonkeyPatch) -> None:
    mutants(500_000, 2, monkeypatch)


ALWAYS = ("rendezvous", "market", "freight")


@pytest.mark.parametrize("world", [one if one in ALWAYS else pytest.param(one, marks=pytest.mark.deep) for one in KEYS])
def test_2_000_mutated_options(world: str) -> None:
    rng, counts = random.Random(3), {"loaded": 0, "BadInput": 0, "TooLarge": 0}
    for _ in range(2_000):
        key = rng.choice(KEYS[world]) if rng.random() < 0.9 else rng.choice(POISON).decode(errors="surrogateescape")
        value = rng.choice(POISON).decode(errors="surrogateescape")
        counts[outcome(world, [f"{key}={value}", rng.choice(OTHERS[world])])] += 1
    assert counts["loaded"] > 50 < counts["BadInput"], counts
