"""Documents of the repository's root as pages: their links lead to pages, as they lead to files on the root."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

INCLUDE = re.compile(r"```\{include\} (\S+)\n```")
PAGES = {"CONTRIBUTING.md": "contributing.md", "SECURITY.md": "security.md", "CHANGELOG.md": "changelog.md"}


def relinked(text: str) -> str:
    """Links of a document on the root as the page docs/project/NAME.md must write them.

    >>> relinked("[a](docs/rl.md#x), [b](SECURITY.md), [c](https://d)")
    '[a](../rl.md#x), [b](security.md), [c](https://d)'
    """
    text = re.sub(r"\]\(docs/", "](../", text)
    return re.sub(r"\]\((\w+\.md)", lambda link: "](" + PAGES.get(link[1], link[1]), text)


def include(app: Any, docname: str, source: list[str]) -> None:
    """Put the document in place of the line that includes it; GitHub shows that line."""
    here = (Path(app.srcdir) / docname).parent
    source[0] = INCLUDE.sub(lambda found: relinked((here / found[1]).read_text(encoding="utf-8")), source[0])


def setup(app: Any) -> dict[str, bool]:
    """Sphinx calls this."""
    app.connect("source-read", include)
    return {"parallel_read_safe": True}
