"""The gallery shows every matplotlib figure that an example leaves in a variable; robosim draws without pyplot."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure
from sphinx_gallery.scrapers import figure_rst


def scrape(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Save the figures that have not been shown yet; what shows them on the page."""
    paths = []
    for value in list(block_vars["example_globals"].values()):
        if isinstance(value, Figure) and not hasattr(value, "shown_in_gallery"):
            value.shown_in_gallery = True  # type: ignore[attr-defined]
            paths.append(next(block_vars["image_path_iterator"]))
            value.savefig(paths[-1], dpi=150)
    return str(figure_rst(paths, gallery_conf["src_dir"]))


def _get_sg_image_scraper() -> Any:
    """sphinx-gallery calls this."""
    return scrape
