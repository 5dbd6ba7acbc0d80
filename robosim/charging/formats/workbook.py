"""Workbooks of spreadsheets (.xlsx, .xlsm): the first sheet as the text of a table, row for row, by python-calamine."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from robosim.errors import RobosimError
from robosim.files.complaint import refusal
from robosim.files.content import LARGEST, amount, bytes_of, limit_bytes, opened, too_large

ZIP = b"PK\x03\x04"
MISSING = "a workbook is read by python-calamine, which is not installed"
INSTALL = "pip install 'faithful-robosim[xlsx]', or save the sheet as CSV"
DAMAGED = "save it again as .xlsx, or as CSV"


def is_workbook(path: str | Path) -> bool:
    """Whether a file is one, by its first bytes. Raises `BadInput` for what cannot be opened."""
    with opened(path) as file:
        return file.read(len(ZIP)) == ZIP


def first_sheet(path: str | Path) -> tuple[str, tuple[str, ...]]:
    """The first sheet as CSV, a line for each of its rows, and what is said of the choice.

    Raises
    ------
    BadInput
        The reader is not installed, or what is in the file is no workbook.
    TooLarge
        More than 100 MB, packed or unpacked.
    """
    file, content = str(path), bytes_of(path, LARGEST, "cut out the days that you need")
    try:
        import python_calamine
    except ImportError:
        raise refusal(file, MISSING, INSTALL) from None
    try:
        _refuse_bombs(content, file)
        with python_calamine.load_workbook(io.BytesIO(content)) as book:
            names = book.sheet_names
            rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except RobosimError:
        raise
    except Exception as error:  # of zipfile's and the reader's own a dozen kinds
        raise refusal(file, f"not a workbook, or damaged: {error}", DAMAGED) from None
    said = (f"of {len(names)} sheets the first is read, {names[0]!r}",) if len(names) > 1 else ()
    return _as_csv(rows), said


def _refuse_bombs(content: bytes, file: str) -> None:
    """Sizes are known from the directory, before anything is unpacked."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    limit = min(LARGEST, limit_bytes())
    if size > limit:
        raise too_large(
            file, f"{amount(size)} when unpacked, at most {amount(limit)}", "cut out the days that you need"
        )


def _as_csv(rows: list[list[Any]]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    for row in rows:
        writer.writerow([_text(cell) for cell in row] if any(cell not in ("", None) for cell in row) else [])
    return written.getvalue()


def _text(cell: Any) -> str:
    """A cell as a table has it: times by ISO 8601, one line."""
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    if isinstance(cell, timedelta):  # so are times of day that stand alone
        cell = (datetime.min + cell).time()
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return " ".join(str(cell).split())
