"""Pages of the documentation as what readers do: files to write, commands to type, Python to run, answers to read.

A comment before a fence says what is special about it: `<!-- file day.csv -->` its name as a file, `<!-- deep -->` that
it takes long, `<!-- not run: why -->` that nobody can run it here, `<!-- tested in tests/test_x.py -->` that another
test does, `<!-- quotes tests/kinds/cooling/kind.py -->` where its lines stand. A first line `# my.toml` names a file.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import math
import re
import shlex
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from robosim.__main__ import main
from robosim.study.plan import plan

ROOT = Path(__file__).parents[1]
FENCE = re.compile(r"(?:^<!-- ([^\n]*) -->\n)?^(`{3,})(\{?[\w-]*\}?)[^\n]*\n(.*?)^\2$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"^# ([\w./-]+\.(?:py|toml|csv))\b")
INLINE = re.compile(r"`(robosim [a-z][^`\n]*)`")
PLACEHOLDER = re.compile(r"…|\b[A-Z]{3,}\b")
COMMANDS = ("", "console")
LEFT = ("not run", "tested in", "quotes")
"""What is said of blocks that are left alone."""
CLOSE = 1e-3
"""Share by which a printed number may differ on another machine."""


class Block(NamedTuple):
    """A fenced block: the line that it begins in, its language, what is said of it, its text."""

    line: int
    language: str
    said: str
    text: str

    @property
    def name(self) -> str | None:
        """The file that it is to be written into."""
        found = NAMED.match(self.text)
        return self.said.removeprefix("file ") if self.said.startswith("file ") else found and found[1]


def pages() -> list[Path]:
    """Every page that somebody wrote."""
    made = {"_build", "made", "pictures"}
    return [one for one in sorted((ROOT / "docs").rglob("*.md")) if not made & set(one.parts)]


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(text.count("\n", 0, found.start()) + 1, found[3], found[1] or "", found[4])
        for found in FENCE.finditer(text)
    ]


def commands(text: str) -> list[str]:
    """The commands of lines that begin with `robosim `, without the words that explain them."""
    lines = [line.removeprefix("$ ") for line in text.split("\n")]
    known = [re.split(r" {2,}| #", line)[0] for line in lines if re.match(r"robosim [a-z-]", line)]
    return [one.strip() for line in known for one in re.split(r"; (?=robosim )|&& ", line)]


def inline(page: Path) -> list[str]:
    """Whole commands between backticks; those with a word for the reader's own are none."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    return [one for one in INLINE.findall(text) if len(one.split()) > 2 and not PLACEHOLDER.search(one)]


def typed(command: str) -> str:
    """What a command prints, where it ends well; `> file` is obeyed."""
    words, _, into = command.partition(" > ")
    if words.startswith("robosim view ") and "--screenshot" not in words:
        words += " --screenshot seen.png"  # a window would wait for its user
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(shlex.split(words)[1:])
    assert code == 0, f"{command}: exit code {code}\n{err.getvalue()}"
    if into:
        Path(into.strip()).parent.mkdir(exist_ok=True)
        Path(into.strip()).write_text(out.getvalue(), encoding="utf-8")
    return out.getvalue() + err.getvalue()


def same(told: str, printed: str) -> bool:
    """Whether a line is one that was printed: words as they are, numbers to three digits."""
    ours, theirs = told.split(), printed.split()
    return len(ours) == len(theirs) and all(map(_same_word, ours, theirs))


def _same_word(told: str, printed: str) -> bool:
    try:
        return math.isclose(float(told.rstrip(",:;")), float(printed.rstrip(",:;")), rel_tol=CLOSE, abs_tol=1e-9)
    except ValueError:
        return told == printed


@dataclass
class Reader:
    """Somebody who does what a page says, from top to bottom, in a folder of its own."""

    page: Path
    deep: bool = False
    seen: str = ""
    names: dict[str, object] = field(default_factory=dict)

    def read(self) -> int:
        """How many blocks were obeyed."""
        return sum(self.obey(block) for block in blocks(self.page))

    def obey(self, block: Block) -> bool:
        """Whether there was something to do."""
        if block.said.startswith(LEFT) or (block.said == "deep" and not self.deep):
            self.seen = ""
            return False
        if block.name:
            Path(block.name).parent.mkdir(parents=True, exist_ok=True)
            Path(block.name).write_text(block.text, encoding="utf-8")
        does = {"python": self._python, "toml": self._toml, "text": self._look} | dict.fromkeys(COMMANDS, self._type)
        act = does.get(block.language)
        if act is not None:
            act(block)
        return act is not None

    def _type(self, block: Block) -> None:
        every = commands(block.text)
        if every:
            self.seen = "".join(map(typed, every))

    def _look(self, block: Block) -> None:
        if not self.seen:
            return
        printed = self.seen.splitlines()
        for line in filter(str.strip, block.text.splitlines()):
            known = line.strip() == "…" or any(same(line, one) for one in printed)
            assert known, f"{self.page.name}:{block.line}: not printed: {line}\n{self.seen}"

    def _python(self, block: Block) -> None:
        place = f"{self.page.name}:{block.line}"
        if ">>>" not in block.text:
            self.names["__name__"] = "__main__"  # where dataclasses look
            exec(compile(block.text, block.name or place, "exec"), self.names)  # noqa: S102
            return
        test = doctest.DocTestParser().get_doctest(block.text, self.names, place, str(self.page), block.line)
        runner, said = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS), io.StringIO()
        runner.run(test, out=said.write, clear_globs=False)
        self.names.update(test.globs)
        assert not runner.failures, said.getvalue()

    def _toml(self, block: Block) -> None:
        found = tomllib.loads(block.text)
        if block.name or not {"mission", "study"} & set(found):
            return
        name = "asked.toml"
        Path(name).write_text(block.text, encoding="utf-8")
        if "mission" in found:
            typed(f"robosim check {name}")
        else:
            assert len(plan(Path(name)))
