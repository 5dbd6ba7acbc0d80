"""Pages of the documentation do what they say: files, commands, Python and printed answers, top to bottom.

Names that are public have a page, links lead somewhere, and what pages quote of files stands in them.
"""

import importlib.util
import re
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest

import robosim
from robosim import kind
from robosim.scenario import reading
from tests import pages
from tests.test_docs_commands import NET, TRIPS

ROOT = pages.ROOT
ELSEWHERE = ("commands.md", "features.md")
"""Their commands are run by tests/test_docs_commands.py."""
PAGES = [name for one in pages.pages() if (name := str(one.relative_to(ROOT / "docs"))) not in ELSEWHERE]
DAY = """arrival,departure,requested_kwh,station_id
2019-10-29 08:15,2019-10-29 17:30,20.0,A1
2019-10-29 09:00,2019-10-29 15:00,8.0,B1
"""
QUARTERS = [f"2019-10-29 {hour:02d}:{minute:02d}" for hour in range(24) for minute in (0, 15, 30, 45)]
SERIES = {"building.csv": ("kW", 18.0), "pv.csv": ("kW", 3.0), "moer.csv": ("kg/kWh", 0.3)}
BRAESS = """<NUMBER OF ZONES> 2
<NUMBER OF NODES> 4
<FIRST THRU NODE> 1
<NUMBER OF LINKS> 5
<END OF METADATA>
1 3 1 100 1e-8 1e9 1 0 0 1 ;
1 4 1 100 50 0.02 1 0 0 1 ;
3 2 1 100 50 0.02 1 0 0 1 ;
3 4 1 100 10 0.1 1 0 0 1 ;
4 2 1 100 1e-8 1e9 1 0 0 1 ;
"""
BRAESS_TRIPS = "<NUMBER OF ZONES> 2\n<END OF METADATA>\nOrigin 1\n2 : 6.0;\n"
OWN_KIND = "tutorials/own-kind.md"


def files() -> dict[str, str]:
    """Files of a reader's own that pages speak of and do not show."""
    series = {name: f"time,{unit}\n" + "".join(f"{at},{x}\n" for at in QUARTERS) for name, (unit, x) in SERIES.items()}
    series |= {"SiouxFalls_net.tntp": NET, "SiouxFalls_trips.tntp": TRIPS}
    series |= {"Braess_net.tntp": BRAESS, "Braess_trips.tntp": BRAESS_TRIPS}
    return {
        "day.csv": DAY,
        "my.csv": DAY.replace("departure", "End"),
        "my.toml": reading.template("rendezvous"),
        **series,
    }


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Where a reader stands."""
    for name, text in files().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


@pytest.fixture
def cooling(folder, monkeypatch):
    """The kind of world in tests/kinds, as if it were installed."""
    known = kind.entry_points
    own = EntryPoint("cooling", "cooling.kind:KIND", kind.GROUP)
    monkeypatch.setattr(kind, "entry_points", lambda group: [*known(group=group), *[own] * (group == kind.GROUP)])
    monkeypatch.syspath_prepend(ROOT / "tests" / "kinds")
    forget()
    yield
    forget()


def forget() -> None:
    """What was found installed is looked for again."""
    kind.kinds.cache_clear()
    reading.bundled.cache_clear()


def read(name: str, deep: bool = False) -> int:
    """Do what a page says; how many blocks that were."""
    reader = pages.Reader(ROOT / "docs" / name, deep=deep)
    done = reader.read()
    for command in pages.inline(reader.page) if deep else ():
        pages.typed(command)
    return done


AT_ONCE = "online python recipes rl series sessions sites studies".split()
"""How-to pages that are read in every run of the tests; the commands of others take long."""


def quick(name: str) -> bool:
    """Whether there is anything to do that does not take long."""
    if "/" not in name and name.removesuffix(".md") not in AT_ONCE:
        return False
    return any(one.said != "deep" and not one.said.startswith(pages.LEFT) for one in pages.blocks(ROOT / "docs" / name))


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", [one for one in PAGES if one != OWN_KIND and quick(one)])
def test_a_page_does_what_it_says(folder, name: str) -> None:
    read(name)


@pytest.mark.deep
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", [one for one in PAGES if one != OWN_KIND])
def test_a_page_does_all_that_it_says(folder, name: str) -> None:
    robosim.run("erratum").save("record")
    read(name, deep=True)


@pytest.mark.filterwarnings("default")
def test_the_page_about_an_own_kind_does_what_it_says(cooling) -> None:
    assert read(OWN_KIND) >= 2


def test_tutorials_hold_what_was_looked_for() -> None:
    """So that a change of form does not empty the tests above."""
    tutorials = [name for name in PAGES if name.startswith("tutorials/")]
    assert len(tutorials) == 11
    known = {name: pages.blocks(ROOT / "docs" / name) for name in tutorials}
    assert all(len(found) >= 4 for name, found in known.items() if "index" not in name)
    assert sum(len(pages.commands(one.text)) for found in known.values() for one in found) >= 40


def quoted() -> list[tuple[str, str]]:
    """Files that pages quote, and what they quote."""
    found = [one for page in pages.pages() for one in pages.blocks(page) if one.said.startswith("quotes ")]
    return [(one.said.removeprefix("quotes "), one.text) for one in found]


@pytest.mark.parametrize(
    ("file", "text"), quoted(), ids=[f"{number}-{file}" for number, (file, _) in enumerate(quoted())]
)
def test_what_is_quoted_stands_there(file: str, text: str) -> None:
    assert text in (ROOT / file).read_text(encoding="utf-8")


def linked() -> list[tuple[str, str]]:
    """Links from a document to a file, and that document."""
    documents = [*pages.pages(), ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"]
    links = ((one, re.findall(r"\]\(([^)\s]+)\)", one.read_text(encoding="utf-8"))) for one in documents)
    return [(str(one.relative_to(ROOT)), to) for one, found in links for to in found if not to.startswith("http")]


def drawn_from(target: Path) -> Path:
    """The file of the gallery that the build makes a page of pictures from; any other file itself."""
    parts = target.resolve().relative_to(ROOT).parts
    if parts[:2] != ("docs", "pictures"):
        return target
    made = ROOT.joinpath("docs", "gallery", *parts[2:])
    return made.with_name("GALLERY_HEADER.rst") if made.name == "index.rst" else made.with_suffix(".py")


@pytest.mark.parametrize(("document", "to"), linked())
def test_a_link_leads_to_a_file_and_a_heading_in_it(document: str, to: str) -> None:
    """The built pages are searched for broken links, too (docs/_ext/built.py)."""
    path, _, place = to.partition("#")
    target = drawn_from((ROOT / document).parent / path) if path else ROOT / document
    assert target.exists()
    text = target.read_text(encoding="utf-8") if place else ""
    while found := re.match(r"```\{include\} (\S+)", text):
        text = (target.parent / found[1]).read_text(encoding="utf-8")
    headings = [re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in re.findall(r"(?m)^#+ (.*)$", text)]
    assert not place or place in headings


def named() -> list[str]:
    """Files and folders of this repository that pages name."""
    own = re.compile(r"`((?:robosim|controllers|worlds|tests|scripts|docs)/[\w./*-]+)`")
    texts = "\n".join(pages.FENCE.sub("", one.read_text(encoding="utf-8")) for one in pages.pages())
    readers = ("worlds/my.toml", "controllers/mine.py", "docs/_build/html")
    return sorted(one for one in set(own.findall(texts)) if one not in readers and "NAME" not in one)


def test_files_that_pages_name_are_there() -> None:
    assert len(named()) > 20
    assert not [one for one in named() if not list(ROOT.glob(one.rstrip("/")))]


def listed() -> set[str]:
    """Names that have a page of their own in the API."""
    names: set[str] = set()
    for page in (ROOT / "docs" / "api").glob("*.md"):
        text = page.read_text(encoding="utf-8")
        home = re.search(r"currentmodule:: (\S+)", text)
        found = re.findall(r"^   ([\w.]+)$", text, re.MULTILINE) + re.findall(r"py:data:: (\w+)", text)
        names |= {f"{home[1]}.{one}" if home and "." not in one else one for one in found}
    return names


def test_every_public_name_has_a_page() -> None:
    assert {f"robosim.{name}" for name in robosim.__all__} <= listed()


def test_programs_and_strategies_have_a_page() -> None:
    strategies = {one for known in kind.kinds().values() for one in known.strategies().values()}
    assert {f"{one.__module__}.{one.__qualname__}" for one in strategies if "selfish" in one.__module__} <= listed()
    programs = {one.stem for one in (ROOT / "controllers").glob("*.py")} - {"__init__"}
    assert programs == {one.split(".")[2] for one in listed() if re.match(r"robosim\.controllers\.(?!selfish)", one)}


def test_what_own_code_is_told_to_import_has_a_page() -> None:
    """By CONTRIBUTING, by pages, and by the kind of world that stands in tests/kinds."""
    texts = [one.read_text(encoding="utf-8") for one in (ROOT / "tests" / "kinds" / "cooling").glob("*.py")]
    documents = [ROOT / "CONTRIBUTING.md", *pages.pages()]
    texts += [one.text for page in documents for one in pages.blocks(page) if one.language == "python"]
    found = re.findall(r"^ *(?:>>> )?from (robosim\.[\w.]+) import ([\w, ]+)", "\n".join(texts), re.MULTILINE)
    used = {f"{module}.{name}" for module, names in found for name in re.split(r"[, ]+", names) if name}
    known = listed() | {f"{home}.{name}" for home, names in robosim._HOMES.items() for name in names.split()}
    modules = {one for one in listed() if one.rpartition(".")[2].islower()}
    assert not sorted(one for one in used if not {one, one.rpartition(".")[0]} & (known | modules))


@pytest.mark.parametrize(
    "line", ["as `x_-i` says", "|d| of a_i and h_-i", "2 * 3, *both*", "`[[selfish]]`s of a `kind`"]
)
def test_docstrings_are_read_as_they_are_written(line: str) -> None:
    """Signs that reStructuredText would take for markup mean themselves."""
    plain = extension("docstrings").plain(line)
    assert re.sub(r"\\ ?", "", plain) == line
    assert not re.search(r"(?<!\\)\||\w(?<!\\)_(?!\w)", re.sub(r"`[^`]*`", "", plain))


def test_documents_of_the_root_lead_to_pages() -> None:
    said = "[a](docs/rl.md#x), [b](SECURITY.md#y), [c](https://d)"
    inwards = extension("root_documents").inwards
    assert inwards("[a](../SECURITY.md#x), [b](../b.md)", "bodies") == "[a](project/security.md#x), [b](../b.md)"
    assert inwards("[a](../../SECURITY.md)", "files/x") == "[a](../project/security.md)"
    assert extension("root_documents").relinked(said) == "[a](../rl.md#x), [b](security.md#y), [c](https://d)"


def test_broken_links_of_built_pages_are_found(tmp_path) -> None:
    (tmp_path / "one.html").write_text('<a href="two.html#there">.</a><a href="two.html#gone">.</a><img src="no.png">')
    (tmp_path / "two.html").write_text('<p id="there"><a href="one.html">.</a><a href="https://far">.</a>')
    count, found = extension("built").broken(tmp_path)
    assert (count, found) == (4, ["one.html: two.html#gone", "one.html: no.png"])
    assert extension("built").main(tmp_path) == 1


def extension(name: str) -> ModuleType:
    """What Sphinx is extended by, in docs/_ext."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / "_ext" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
