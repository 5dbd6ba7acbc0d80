"""Line numbers of keys: texts are written key by key, so that the line of each is known; the standard parser agrees."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from robosim.files.lines import DEEPEST, KeyPath, lines_of

BARE = st.text("abcXYZ019_-", min_size=1, max_size=4)
KEY = st.one_of(BARE, st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=4))
SCALARS = st.sampled_from(
    [
        "1",
        "-2.5e3",
        "true",
        '"a.b = [#]"',
        "'[x]'",
        "1979-05-27T07:32:00Z",
        "inf",
        "0xff",
        '"""\n[fake]\nkey = 1\n"""',
        "'''\n# no\n'''",
        '"""a\\\n  b"""',
    ]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEY, inner, max_size=3)),
    max_leaves=6,
)
GAPS = st.sampled_from(["", " ", "\n", " # note ]\n", '\n\n  # = "\n'])
TABLES = st.dictionaries(KEY, VALUES, max_size=4)
DOCUMENTS = st.dictionaries(KEY, st.one_of(TABLES, st.lists(TABLES, min_size=1, max_size=3)), max_size=4)


class Writer:
    """Writes TOML and notes on which line each key and list element begins."""

    def __init__(self, gaps: Iterator[str], newline: str) -> None:
        self.text, self.lines, self.gaps, self.newline = "", {}, gaps, newline

    def put(self, text: str) -> None:
        self.text += text.replace("\n", self.newline)

    def note(self, path: KeyPath) -> None:
        if len(path) <= DEEPEST:
            self.lines[path] = self.text.count("\n") + 1

    def value(self, path: KeyPath, value: Any) -> None:
        if isinstance(value, str):
            self.put(value)
        elif isinstance(value, list):
            self.put("[")
            for index, part in enumerate(value):
                self.put(next(self.gaps))
                self.note((*path, str(index)))
                self.value((*path, str(index)), part)
                self.put(next(self.gaps) + ",")
            self.put(next(self.gaps) + "]")
        else:
            self.put("{")
            for number, (key, part) in enumerate(value.items()):
                self.put(", " if number else " ")
                self.pair((*path, key), part)
            self.put(" }")

    def pair(self, path: KeyPath, value: Any) -> None:
        self.note(path)
        self.put(f"{written_key(path[-1])} = ")
        self.value(path, value)

    def table(self, path: KeyPath, table: dict[str, Any]) -> None:
        for key, value in table.items():
            self.pair((*path, key), value)
            self.put(" # end\n" if len(key) % 2 else "\n")

    def document(self, document: dict[str, Any]) -> None:
        for key, content in document.items():
            for number, table in enumerate(content if isinstance(content, list) else [content]):
                path = (key, str(number)) if isinstance(content, list) else (key,)
                for known in (path, path[:1]) if number == 0 else (path,):
                    self.note(known)
                header = f"[{written_key(key)}]"
                self.put((f"[{header}]" if isinstance(content, list) else header) + "\n\n")
                self.table(path, table)


def written_key(key: str) -> str:
    bare = key and all(c.isascii() and (c.isalnum() or c in "_-") for c in key)
    return key if bare else json.dumps(key, ensure_ascii=False)


def paths(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Every key and list element that the standard parser sees."""
    if path and len(path) <= DEEPEST:
        yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from paths(part, (*path, str(key)))


@given(DOCUMENTS, st.lists(GAPS, min_size=1, max_size=5), st.sampled_from(["\n", "\r\n"]))
def test_every_key_has_its_line(document: dict[str, Any], gaps: list[str], newline: str) -> None:
    writer = Writer((gaps[i % len(gaps)] for i in range(10**6)), newline)
    writer.document(document)
    assert set(writer.lines) == set(paths(tomllib.loads(writer.text)))
    assert lines_of(writer.text) == writer.lines


@given(st.lists(BARE, min_size=1, max_size=9), st.sampled_from([".", " . ", "\t."]))
def test_dotted_keys_open_their_tables(parts: list[str], dot: str) -> None:
    text = f"\n\n{dot.join(parts)} = 1\n"
    assert lines_of(text) == {tuple(parts[: n + 1]): 3 for n in range(min(len(parts), DEEPEST))}


def test_tables_below_a_list_of_tables_belong_to_its_last_element() -> None:
    text = "[[s]]\nx = 1\n[s.t]\ny = 2\n[[s]]\n[[s.u]]\nz = 1\n[[s.u]]\nz = 2\n"
    assert set(lines_of(text)) == set(paths(tomllib.loads(text)))
    assert lines_of(text)["s", "1", "u", "1", "z"] == 9
    assert lines_of(text)["s", "0", "t", "y"] == 4


def test_what_the_grammar_cannot_read_has_no_line() -> None:
    text = 'a = 1\nb = """x\\ \n y"""\nc = 2\n'
    assert tomllib.loads(text) == {"a": 1, "b": "xy", "c": 2}
    assert lines_of(text)["a",] == 1
    assert ("b",) not in lines_of(text)


def test_deep_lists_take_little_time() -> None:
    text = "\n".join(f"a{i} = {'[' * 200}{']' * 200}" for i in range(100))
    tomllib.loads(text)
    assert max(map(len, lines_of(text))) == DEEPEST
