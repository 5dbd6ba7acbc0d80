"""The page within a notebook: a frame whose document is the page itself, shut off from what is around it."""

from __future__ import annotations

import html

from robosim.record import Record

BUDGET = 600_000
"""Bytes of the replay: a notebook keeps what it shows."""
HEIGHT = 720


def framed(record: Record) -> str | None:
    """The frame. Its scripts have no origin, and reach neither the notebook nor any server."""
    from robosim.report.html import document
    from robosim.report.told import told

    try:
        _ = record.verdict
    except AttributeError:
        return None
    text = document([told(record, budget=BUDGET)])
    return (
        f'<iframe sandbox="allow-scripts allow-downloads" style="width:100%;height:{HEIGHT}px;border:0" '
        f'title="mission" srcdoc="{html.escape(text)}"></iframe>'
    )
