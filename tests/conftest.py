"""Settings of all tests: the same random examples in every run of CI, fresh ones everywhere else; no deadlines.

The first example may wait for a kernel to be compiled, and any of them for another process.

A shell that runs the tests in the background may have them ignore Ctrl-C, which some send to themselves.
"""

import os
import signal

import pytest
from hypothesis import settings

from robosim.__main__ import main
from tests.browser import browser

__all__ = ["browser"]

settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("here", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "here")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def cli(capsys):
    """The command line with these words: exit code, stdout and stderr."""

    def call(*words: object) -> tuple[int, str, str]:
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call
