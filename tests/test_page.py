"""Pages as files: what stands in them, that it is true, small, and cannot run; films give back what was put in."""

import base64
import html.parser
import json
import re
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest

import robosim
from robosim.controllers.selfish.robots import Stationary
from robosim.report import page
from robosim.report.film import film, packed
from robosim.report.html import SCRIPTS, digest, island
from robosim.report.replay import fitting
from robosim.report.rows import table
from robosim.view.scene import INKS, Agents, Chart, Curve, Lines, Map, Scene, Table, Trails, kin_of


def data_of(text: str) -> dict:
    """The data in a page."""
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])


def seen(node, frame):
    """A film's tree at a frame, after the docstring of robosim/report/film.py, written anew."""
    if isinstance(node, list):
        return [seen(one, frame) for one in node]
    if not isinstance(node, dict):
        return node
    if "~bits" in node:
        level = np.frombuffer(base64.b64decode(node["~bits"]), "<u2").reshape(node["~shape"]).astype(float)
        level[level == 65535] = np.nan
        return (np.array(node["~low"]) + np.array(node["~step"]) * level)[0 if "~still" in node else frame]
    if "~each" in node:
        return seen(node["~each"][node["~of"][frame]], frame)
    if "~grows" in node:
        return np.array(seen(node["~grows"], frame), dtype=float)[: node["~upto"][frame]]
    return {key: seen(one, frame) for key, one in node.items()}


def scenes(frames: int, agents: int = 20) -> list[Scene]:
    """Agents that walk at random, each linked with the next, and a curve that grows."""
    rng = np.random.default_rng(5)
    at, kin = rng.normal(size=(frames, agents, 2)).cumsum(axis=0), kin_of({2: "stationary"}, agents)
    ids, pairs = np.arange(agents), np.stack([np.arange(agents), np.roll(np.arange(agents), 1)], axis=1)
    apart = np.geomspace(10.0, 1e-9, frames)

    def one(f: int) -> Scene:
        heading = rng.uniform(size=agents)
        heading[f % agents] = np.nan
        return Scene(
            title="t",
            clock=f"round {f}",
            main=Map(
                box=np.array([[-1.0, -1.0], [1.0, 1.0]]),
                lines=(Lines(ends=at[f][pairs], ink="link"),),
                trails=Trails(points=at[: f + 1], kin=kin[1]),
                agents=Agents(ids=ids, at=at[f], kin=kin[1], heading_rad=heading),
            ),
            side=(
                Chart(title="c", x="round", y="m", log=True, now=float(f), y_range=(1e-9, 10.0),
                      curves=(Curve(x=np.arange(f + 1.0), y=apart[: f + 1], ink="load"),)),
                Table(title="x", columns=("a",), rows=(("1",),)),
            ),
            kin=kin[0],
        )  # fmt: skip

    return [one(f) for f in range(frames)]


def test_a_film_gives_every_scene_back() -> None:
    """Places to 1/65534 of their range, logarithms where the axis is logarithmic, links by the agents at their ends."""
    shots = scenes(30)
    told = film(shots)
    spread = max(np.ptp(one.main.agents.at) for one in shots) * 3
    for f, shot in enumerate(shots):
        found = seen(told, f)
        assert found["clock"] == shot.clock
        assert np.abs(found["main"]["agents"]["at"] - shot.main.agents.at).max() <= spread / 65534
        heading = found["main"]["agents"]["heading_rad"]
        assert np.allclose(heading, shot.main.agents.heading_rad, atol=1 / 65534, equal_nan=True)
        (curve,) = found["side"][0]["curves"]
        assert np.allclose(10 ** np.array(curve["y"]), shot.side[0].curves[0].y, rtol=1e-3)
        assert len(curve["x"]) == f + 1
        assert found["side"][0]["now"] == f
    pairs = np.array(seen(told, 0)["main"]["lines"][0]["pairs"])
    assert (shots[0].main.agents.at[pairs.astype(int)] == shots[0].main.lines[0].ends).all()
    assert seen(told, 0)["side"][0]["y_range"] == pytest.approx([-9.0, 1.0])
    assert len(told["side"]) == 1  # the page has tables of its own
    assert told["main"]["trails"] is True


@pytest.mark.parametrize("dtype", [float, int])
def test_what_does_not_change_is_kept_once(dtype) -> None:
    one = np.arange(40).astype(dtype)
    assert len(json.dumps(film([{"x": one}] * 500))) < 300
    assert np.allclose(seen(film([{"x": one}] * 500), 499)["x"], one, atol=40 / 65534 * (dtype is float))


def test_whole_numbers_stay_whole_and_nothing_stays_nothing() -> None:
    ids = np.array([[3, 70, 60003]] * 4)
    assert (seen(packed(ids[None]), 0) == ids).all()
    blank = seen(packed(np.full((2, 9), np.nan)), 1)
    assert np.isnan(blank).all()


def test_arrays_that_change_their_length_are_kept_frame_by_frame() -> None:
    rng = np.random.default_rng(1)
    given = [{"x": rng.normal(size=n)} for n in (12, 9, 0, 15)]
    told = film(given)
    for f, one in enumerate(given):
        assert np.allclose(seen(told, f)["x"], one["x"], atol=1e-4)


def test_long_replays_are_thinned_to_their_budget_and_have_both_ends() -> None:
    shots = scenes(400, agents=50)

    def chosen(shown):
        return [shots[i] for i in shown]

    kept = fitting(chosen, 400, 30_000)
    assert (kept[0], kept[-1]) == (0, 399)
    assert 20_000 < len(json.dumps(film(chosen(kept)))) < 36_000
    assert fitting(chosen, 400, 10**7) == list(range(400))
    assert len(fitting(chosen, 400, 0)) == 2


def test_a_replay_that_is_thinned_says_so_and_still_ends_with_the_last_round(monkeypatch) -> None:
    monkeypatch.setattr("robosim.report.replay.MOST", 10)
    told = data_of(page(robosim.run("erratum")))["missions"][0]["replay"]
    assert (told["frames"], told["moments"], told["rounds"][0], told["rounds"][-1]) == (10, 121, 0, 120)
    last, before = (seen(told["acts"][-1]["film"], frame) for frame in (9, 8))
    assert last["clock"] == "round 120 of 120"
    assert any("tax groves" in fact for _, fact in last["facts"])  # it is settled
    assert not any("tax groves" in fact for _, fact in before["facts"])


class Tags(html.parser.HTMLParser):
    """Elements of a page, and the texts in them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict, str]] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.found.append((tag, dict(attrs), ""))

    def handle_endtag(self, tag) -> None:
        self.found.append(("", {}, ""))

    def handle_data(self, data) -> None:
        if self.found:
            tag, attrs, text = self.found[-1]
            self.found[-1] = (tag, attrs, text + data)


@pytest.fixture(scope="module")
def record():
    return robosim.run("rendezvous")


@pytest.fixture(scope="module")
def text(record) -> str:
    return page(record)


def test_the_policy_allows_the_one_style_and_the_one_script_and_nothing_else(text) -> None:
    tags = Tags()
    tags.feed(text)
    (policy,) = [one["content"] for tag, one, _ in tags.found if one.get("http-equiv") == "Content-Security-Policy"]
    scripts = [(attrs, inside) for tag, attrs, inside in tags.found if tag == "script"]
    (style,) = [inside for tag, _, inside in tags.found if tag == "style"]
    (code,) = [inside for attrs, inside in scripts if not attrs]
    assert [attrs for attrs, _ in scripts if attrs] == [{"type": "application/json", "id": "data"}]
    assert policy == (
        f"default-src 'none'; script-src '{digest(code)}'; style-src '{digest(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    linked = [x for _, attrs, _ in tags.found for key, x in attrs.items() if key in ("src", "href", "srcset", "action")]
    assert linked == ["data:,"]


def test_the_script_makes_no_markup_of_data() -> None:
    """Nothing in it turns a text into elements or code."""
    from robosim.report.html import _part

    code = "".join(map(_part, SCRIPTS))
    forbidden = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(|DOMParser|createContextual|setHTML"
    )
    assert not re.search(forbidden, code)
    assert not re.search(r"</script|<!--", code, re.IGNORECASE)
    assert not re.search(r"fetch\(|XMLHttpRequest|WebSocket|import\(|localStorage|https?:", code)


def test_an_island_ends_nowhere() -> None:
    evil = "</script><!-- <script> & \u2028\u2029 ]]> \ud800"
    packed_ = island({evil: evil})
    assert not set(packed_) & set("<>&\u2028\u2029")
    assert packed_.isascii()
    assert json.loads(packed_) == {evil: evil}


def test_a_page_says_what_the_record_says(text, record) -> None:
    """The table is that of the JSON, the summary all of it, the world file the record's."""
    (mission,) = data_of(text)["missions"]
    assert mission["summary"] == json.loads(json.dumps(record.summary()))
    columns = [one["key"] for one in mission["table"]["columns"]]
    for row, told in zip(mission["table"]["rows"], record.summary()["agents"], strict=True):
        assert {key: told[key] for key in ("id", "strategy", "tax", "net_cost")} == {
            key: row[columns.index(key)] for key in ("id", "strategy", "tax", "net_cost")
        }
    assert mission["again"]["world_toml"] == record.world_toml
    assert mission["headline"]["state"] == "good"
    assert [card["value"] for card in mission["cards"] if card["name"] == "The announced bound"] == ["broken"]
    assert [card["name"] for card in mission["cards"] if card["value"].startswith("lost")] == ["Robot 3"]


def test_a_car_is_an_ev_on_its_card() -> None:
    keys = {"station.count": 3, "mission.rounds": 20, "station.unmet": "allowed"}
    mission = robosim.load("charging-day-ahead", set=keys, strategies={1: "over-ask"})
    (told,) = data_of(page(mission.run()))["missions"]
    assert "EV 1" in [card["name"] for card in told["cards"]]


def test_the_same_record_makes_the_same_page(text, record, tmp_path) -> None:
    assert page(robosim.load_record(record.save(tmp_path / "r"))) == text


def test_many_agents_are_a_selection_with_the_selfish_and_it_is_said() -> None:
    keys = {"robots.count": 3000, "mission.rounds": 5, "network.graph": "ring"}
    mission = robosim.load("rendezvous-honest", set=keys, strategies={2999: Stationary()})
    (told,) = data_of(page(mission.run()))["missions"]
    rows = told["table"]["rows"]
    assert (len(rows), told["table"]["agents"], told["thinned"]) == (2000, 3000, False)
    assert [row[0] for row in rows] == [*range(1999), 2999]


def test_columns_have_units_payments_their_error_and_batteries_that_held_no_round() -> None:
    kept = {"id": 0, "empty_round": -1, "payment": 10.0, "payment_interval": [9.0, 12.5]}
    empty = {"id": 1, "empty_round": 4, "type": {"wear_dollars_per_kw2h": 0.01}}
    told = table([kept, empty], "$", "car")
    columns = [(one["title"], one["unit"]) for one in told["columns"]]
    assert columns[1:] == [("payment", "$"), ("off by at most", "$"), ("wear", "$/kW²h"), ("empty round", "")]
    assert told["rows"] == [[0, 10.0, 2.5, None, None], [1, None, None, 0.01, 4]]


def test_what_is_left_out_of_a_large_summary_is_said(monkeypatch, record) -> None:
    monkeypatch.setattr("robosim.report.told.LARGEST", 1000)
    monkeypatch.setattr("robosim.report.told.ROUNDS", 11)
    (told,) = data_of(page(record))["missions"]
    assert told["thinned"] is True
    assert told["summary"]["history"]["round"] == list(range(0, 61, 6))
    assert told["summary"]["history"]["beta"] == record.beta[::6].tolist()


def test_a_page_holds_what_plays_the_mission_again(tmp_path) -> None:
    """The world and the small files that it names, in the folders that it names: the same plans."""
    rows = (
        "arrival,departure,requested_kwh",
        "2019-10-29 08:15,2019-10-29 17:30,20",
        "2019-10-29 09:00,2019-10-29 15:00,8",
    )
    (tmp_path / "day.csv").write_text("\n".join(rows))
    keys = {"station.sessions": str(tmp_path / "day.csv"), "station.limit_kw": 6.0}
    record = robosim.run("charging-day-ahead", set=keys)
    again = data_of(page(record))["missions"][0]["again"]
    place = tmp_path / "elsewhere"
    for one in again["files"]:
        (place / one["name"]).parent.mkdir(parents=True)
        (place / one["name"]).write_bytes(base64.b64decode(one["content"]))
    (tmp_path / "day.csv").unlink()
    (place / "world.toml").write_text(again["world_toml"])
    assert again["command"].startswith("robosim run world.toml")
    assert (robosim.run(str(place / "world.toml")).decision == record.decision).all()


def test_what_selfishness_paid_is_on_top() -> None:
    honest = robosim.run("rendezvous-honest")
    assert data_of(page(honest))["missions"][0]["headline"]["value"].startswith("Everybody was faithful; nobody could")
    free = robosim.load("rendezvous", tax="none").run()
    told = data_of(page(free))["missions"][0]
    assert told["headline"] == {"name": "", "state": "bad", "more": "", "value": told["headline"]["value"]}
    assert told["headline"]["value"].startswith("Selfishness paid: robot 3 gained ")


def test_a_record_without_a_judge_has_no_page_in_a_notebook(record) -> None:
    assert replace(record, judged=None)._repr_html_() is None
    framed = record._repr_html_()
    assert framed.startswith('<iframe sandbox="allow-scripts allow-downloads"')
    assert framed.count("<") == 2  # the frame's own tags: all else is escaped


def test_the_command_writes_pages_and_refuses_what_it_cannot(cli, tmp_path, record) -> None:
    folder, out = record.save(tmp_path / "r"), tmp_path / "deep" / "m.html"
    assert cli("report", folder, "-o", out)[:2] == (0, f"{out}\n")
    assert data_of(out.read_text())["missions"][0]["world"] == "rendezvous"
    code, _, err = cli("report", folder, "-o", tmp_path / "m.pdf")
    assert (code, "pages end in .html" in err) == (2, True)
    (tmp_path / "file").write_text("")
    code, _, err = cli("report", folder, "-o", tmp_path / "file" / "m.html")
    assert (code, "cannot be written" in err) == (2, True)
    code, answer, _ = cli("run", "erratum", "--page", tmp_path / "e.html", "--json")
    assert (code, json.loads(answer)["world"]) == (0, "erratum")
    assert "erratum" in (tmp_path / "e.html").read_text()


def test_attacks_come_from_a_file_or_are_tried_at_once_and_are_those_of_the_command(cli, tmp_path, record) -> None:
    folder = record.save(tmp_path / "r")
    code, found, _ = cli("attack", "rendezvous", "--tax", "groves,none", "--json")
    assert code == 0
    (tmp_path / "a.json").write_text(found)
    assert cli("report", folder, "--attacks", tmp_path / "a.json", "-o", tmp_path / "a.html")[0] == 0
    assert cli("report", folder, "--tax", "groves,none", "-o", tmp_path / "b.html")[0] == 0
    one, other = ((tmp_path / name).read_text() for name in ("a.html", "b.html"))
    assert one == other
    told = data_of(one)["missions"][0]["attacks"]
    rows = json.loads(found)["attacks"]
    assert told["tried"] == len(told["rows"]) == len(rows)
    gains = [row["gain"] for row in told["rows"]]
    assert gains == sorted((row["gain"] for row in rows), reverse=True)
    best = max(rows, key=lambda row: row["gain"])
    cells = dict(zip(told["rules"], told["cells"][told["strategies"].index(best["strategy"])], strict=True))
    assert cells[best["tax_rule"]]["gain"] == best["gain"]
    assert told["epsilon"] == json.loads(found)["epsilon"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda told: told.update(world="erratum"), 'world: is "erratum", that of the mission "rendezvous"'),
        (lambda told: told.update(seed=9), "seed: is 9, that of the mission 1"),
        (lambda told: told.pop("attacks"), 'attacks: there is no list "attacks"'),
        (lambda told: told["attacks"].append(3), "must be an object, got 3"),
        (lambda told: told["attacks"][0].update(agent=99), "attacks/0/agent: there is no agent 99, the mission has 12"),
        (lambda told: told["attacks"][0].update(gain="much"), "attacks/0/gain: must be float"),
        (lambda told: told["attacks"][0].update(strategy="a\x1b[31m"), "attacks/0/strategy: must be printable"),
        (lambda told: told["attacks"][0].update(tax_rule="gift"), 'epsilon: has nothing of the tax rule "gift"'),
        (lambda told: told.update(left_out="x"), "left_out: must be a list"),
        (lambda told: told.update(void=[]), "void: must be an object"),
    ],
)
def test_other_files_of_attacks_are_refused(cli, tmp_path, record, change, message) -> None:
    row = {"agent": 1, "strategy": "freeze", "parameters": {}, "tax_rule": "groves", "net_cost_faithful": 1.0,
           "net_cost": 2.0, "gain": -1.0, "others_change": 0.0, "covered": True}  # fmt: skip
    told = {"world": "rendezvous", "seed": 1, "attacks": [row], "left_out": [],
            "epsilon": {"groves": {"certified": 1.0, "exact": None, "bounded": None}}}  # fmt: skip
    change(told)
    place = tmp_path / "a.json"
    place.write_text(json.dumps(told))
    code, _, err = cli("report", record.save(tmp_path / "r"), "--attacks", place, "-o", tmp_path / "m.html")
    assert code == 2
    assert err.startswith(f"{place}:1: ")
    assert message in err
    assert not (tmp_path / "m.html").exists()


def test_several_missions_are_one_table_and_one_page(cli, tmp_path, record) -> None:
    folder = record.save(tmp_path / "a")
    code, answer, _ = cli("compare", folder, "rendezvous-honest", "--json")
    told = json.loads(answer)
    assert (code, told["missions"]) == (0, ["a", "rendezvous-honest"])
    rows = {row[0]: row[1:] for row in told["rows"]}
    honest = robosim.run("rendezvous-honest")
    assert rows["social cost, m²"] == [record.verdict.social_cost, honest.verdict.social_cost]
    assert rows["selfish"] == [1, 0]
    assert told["agents"]["rows"][3] == [3, record.net_cost[0, 3], honest.net_cost[0, 3]]
    code, answer, _ = cli("compare", folder, "market", "-o", tmp_path / "two.html")
    assert (code, answer.rstrip().endswith("two.html"), "social cost, $" in answer) == (0, True, True)
    data = data_of((tmp_path / "two.html").read_text())
    assert [one["world"] for one in data["missions"]] == ["rendezvous", "market"]
    assert data["beside"]["agents"] is None  # 12 robots, 20 bidders
    assert cli("compare", folder, "market", "--tax", "vcg")[0] == 2


def themes() -> dict[str, dict[str, str]]:
    """The colours of the page's style by theme, as #rrggbb."""
    style = (files("robosim.report") / "page.css").read_text()
    blocks = re.findall(r"--theme: (\w+);(.*?)\}", style, re.DOTALL)
    return {name: dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block)) for name, block in blocks}


def luminance(colour: str) -> float:
    """Relative luminance of sRGB, WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_stand_out_from_their_paper_and_no_ink_is_unknown(theme) -> None:
    """Contrast of at least 4.5 for text (WCAG 2.2, 1.4.3) on the page and on what is raised from it."""
    colours = themes()[theme]
    assert set(INKS) | {"paper", "raised", "accent"} <= set(colours)
    assert all(f"{name}" in (files("robosim.report") / "paint.js").read_text() for name in INKS)
    for name in ("ink", "faint", "good", "bad", "accent", "load", "price"):
        for ground in ("paper", "raised"):
            pair = sorted((luminance(colours[name]), luminance(colours[ground])))
            assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, f"{name} on {ground}"
