"""What can go wrong, as one line for people: each error carries the exit code of the command line."""

from __future__ import annotations


class RobosimError(Exception):
    """An error that the user can act on; its text names the place, the value and the fix."""

    exit_code = 5


class BadInput(RobosimError):
    """A world file, an option or an argument that cannot be used."""

    exit_code = 2


class TooLarge(RobosimError):
    """Refused by a limit, before anything was allocated."""

    exit_code = 3


class AgentFailure(RobosimError):
    """An agent's program broke the protocol: wrong shape, not finite, missing message."""

    exit_code = 4


class CheckFailed(RobosimError):
    """The command ran and its answer is no: a check, a bound or a reproduction failed."""

    exit_code = 1
