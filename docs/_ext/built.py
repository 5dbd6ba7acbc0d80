"""Looks at the built pages: every link within them leads somewhere, and the gallery has its pictures.

python docs/_ext/built.py docs/_build/html
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

FEWEST_PICTURES = 20
EMPTY = {"", "top"}


class Page(HTMLParser):
    """Links of a page, and the places in it to which others may lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called for every tag."""
        for key, value in attrs:
            if key in ("id", "name") and value:
                self.places.add(value)
            if key in ("href", "src") and value is not None:
                self.links.append(value)


def broken(folder: Path) -> tuple[int, list[str]]:
    """How many links within the pages there are, and those that lead nowhere, with their page."""
    files = [file.resolve() for file in folder.rglob("*.html") if "_static" not in file.parts]  # templates of the theme
    pages = {file: Page(file.read_text(encoding="utf-8")) for file in files}
    count, found = 0, []
    for file, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            count += 1
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            place = unquote(parts.fragment)
            if not target.exists() or (target in pages and place not in EMPTY | pages[target].places):
                found.append(f"{file.relative_to(folder.resolve())}: {link}")
    return count, found


def main(folder: Path) -> int:
    """Exit code 1 where a link is broken or pictures are missing."""
    count, found = broken(folder)
    pictures = len(list((folder / "_images").glob("sphx_glr_*_0[0-9][0-9].png")))
    print(*(f"broken link in {one}" for one in found), sep="\n", end="\n" if found else "")
    print(f"{count} links within the pages, {len(found)} broken; {pictures} pictures in the gallery")
    return int(bool(found) or pictures < FEWEST_PICTURES)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
