"""`robosim` and `python -m robosim`: run a command, turn every error into one line and an exit code."""

from __future__ import annotations

import sys
import traceback
import warnings
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code and never shows a traceback unless asked with --debug."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            warnings.showwarning = _warn
            return _run(words)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output went away, as `| head` does
        return 0
    except Exception as problem:
        return _explain(problem, debug="--debug" in words)


def _run(words: list[str]) -> int:
    from robosim.cli.commands import app

    try:
        app(words, prog_name="robosim")
    except SystemExit as finished:  # typer ends so, also after it has explained a wrong option
        if isinstance(finished.__context__, BrokenPipeError):
            return 0  # the reader of our output went away, as `| head` does: nothing failed
        return finished.code if isinstance(finished.code, int) else 0
    return 0


def _warn(message: Warning | str, *_: object, **__: object) -> None:
    print(f"warning: {message}", file=sys.stderr)


def _explain(problem: Exception, debug: bool) -> int:
    from robosim.errors import RobosimError, TooLarge

    if debug:
        traceback.print_exception(problem)
    if isinstance(problem, RobosimError):
        print(problem, file=sys.stderr)
        return problem.exit_code
    if isinstance(problem, MemoryError):
        print("out of memory (use fewer robots or rounds, or record.every)", file=sys.stderr)
        return TooLarge.exit_code
    print(
        f"internal error: {type(problem).__name__}: {problem} (please report it; robosim --debug shows where)",
        file=sys.stderr,
    )
    return RobosimError.exit_code


if __name__ == "__main__":
    sys.exit(main())
