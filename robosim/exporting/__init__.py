"""Record → one MCAP file that Foxglove opens: what is seen of the mission, numbers over time, the settlement."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from robosim.errors import BadInput
from robosim.files.store import write_atomically
from robosim.record import Record

__all__ = ["export"]


def exportable(target: Path) -> None:
    """Raise `BadInput` where nothing can be exported to, before work begins."""
    if target.suffix.lower() != ".mcap":
        raise BadInput(f"{target}: exports end in .mcap, not {target.suffix!r} (name it so)")
    if find_spec("mcap") is None:
        raise BadInput("export: MCAP files need the package mcap (pip install 'faithful-robosim[export]')")


def export(record: Record, out: str | Path) -> Path:
    """Write a record as MCAP (extra `export`), the same bytes for the same record.

    Times are mission seconds, counted from the start (of a day of charging from midnight). Raises `BadInput` where the
    extra is not installed, for another ending than .mcap, and for a place that cannot be written.
    """
    from robosim.exporting.file import written
    from robosim.exporting.messages import messages

    target = Path(out)
    exportable(target)
    content = written(messages(record))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, content)
    except OSError as problem:
        raise BadInput(f"{target}: cannot be written: {problem.strerror} (choose another place)") from None
    return target
