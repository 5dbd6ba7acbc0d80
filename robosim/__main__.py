"""`robosim` and `python -m robosim`: run a command, turn every error into one line and an exit code."""

from __future__ import annotations

import sys
import traceback
import warnings
from collections.abc import Sequence

from robosim.cli.streams import Outlet, outlets, tell


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code and never shows a traceback unless asked with --debug."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    with outlets() as (out, err):
        code = _delivered(_answer(words, out, err), out)
        err.give_up()
    return code


def _answer(words: list[str], out: Outlet, err: Outlet) -> int:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            warnings.showwarning = _warn
            return _run(words)
    except KeyboardInterrupt:
        tell("interrupted")
        return 130
    except Exception as problem:
        if problem in (out.problem, err.problem) or isinstance(problem, BrokenPipeError):
            return _unheard(problem)
        return _explain(problem, debug="--debug" in words)


def _run(words: list[str]) -> int:
    from robosim.cli import (  # noqa: F401  (each registers its commands)
        attacking,
        compare,
        files,
        incentives,
        missions,
        reports,
        reproduce,
        studies,
    )
    from robosim.cli.app import app
    from robosim.cli.brought import register

    register(words)
    try:
        app(words, prog_name="robosim")
    except SystemExit as finished:  # typer ends so, also after it has explained a wrong option
        if isinstance(finished.__context__, BrokenPipeError):
            return _unheard(finished.__context__)
        return finished.code if isinstance(finished.code, int) else 0
    return 0


def _unheard(problem: BaseException) -> int:
    """Nobody reads, as after `| head`: nothing failed, unless that was to be an explanation of what was wrong."""
    return int(getattr(problem.__context__, "exit_code", 0))


def _delivered(code: int, out: Outlet) -> int:
    """The exit code, or 2 where stdout takes no more, as on a full disk; a reader that went away has read enough."""
    if out.give_up() and not isinstance(out.problem, BrokenPipeError):
        tell(f"stdout: cannot be written: {out.problem and out.problem.strerror} (send the output elsewhere)")
        return code or 2
    return code


def _warn(message: Warning | str, *_: object, **__: object) -> None:
    tell(f"warning: {message}")


def _explain(problem: Exception, debug: bool) -> int:
    from robosim.errors import RobosimError, TooLarge

    if debug:
        tell("".join(traceback.format_exception(problem)).rstrip())
    if isinstance(problem, RobosimError):
        tell(problem)
        return problem.exit_code
    if isinstance(problem, MemoryError):
        tell("out of memory (use fewer robots or rounds, or record.every)")
        return TooLarge.exit_code
    tell(f"internal error: {type(problem).__name__}: {problem} (please report it; robosim --debug shows where)")
    return RobosimError.exit_code


if __name__ == "__main__":
    sys.exit(main())
