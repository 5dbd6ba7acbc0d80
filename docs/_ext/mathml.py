"""Formulas as MathML, which browsers draw by themselves: built pages fetch nothing."""

from __future__ import annotations

from typing import Any

from docutils.nodes import SkipNode
from latex2mathml.converter import convert

STYLE = "text-align: center; margin: 1em 0; overflow-x: auto"


def formula(writer: Any, node: Any) -> None:
    """A formula on lines of its own."""
    drawn = convert(node.astext().strip(), display="block")
    writer.body.append(f'<div class="formula" style="{STYLE}">{drawn}</div>')
    raise SkipNode


def within_text(writer: Any, node: Any) -> None:
    """A formula within a sentence."""
    writer.body.append(convert(node.astext().strip()))
    raise SkipNode


def setup(app: Any) -> dict[str, bool]:
    """Sphinx calls this."""
    app.add_html_math_renderer("mathml", inline_renderers=(within_text, None), block_renderers=(formula, None))
    return {"parallel_read_safe": True}
