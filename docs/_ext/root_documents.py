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


def inwards(text: str, docname: str) -> str:
    """Links of another page to a document on the root, as links to its page.

    >>> inwards("[a](../CONTRIBUTING.md#x)", "bodies")
    '[a](project/contributing.md#x)'
    """
    up = "../" * docname.count("/")
    page = "|".join(map(re.escape, PAGES))
    return re.sub(rf"\]\({up}\.\./({page})", lambda link: f"]({up}project/{PAGES[link[1]]}", text)


def include(app: Any, docname: str, source: list[str]) -> None:
    """Put the document in place of the line that includes it, which GitHub shows; lead other pages to it."""
    here = (Path(app.srcdir) / docname).parent
    whole = INCLUDE.sub(lambda found: relinked((here / found[1]).read_text(encoding="utf-8")), source[0])
    source[0] = whole if whole != source[0] else inwards(whole, docname)


def setup(app: Any) -> dict[str, bool]:
    """Sphinx calls this."""
    app.connect("source-read", include)
    return {"parallel_read_safe": True}
