"""Ctrl-C where it may stop something, and nowhere else: what was played is kept, what is being written is finished.

While `held`, a signal is acted on inside `willing` zones only (rounds, the judge's searches); elsewhere it is noted and
the next zone is not begun. A second signal that nobody has acted on ends everything at once.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

ALSO = tuple(one for name in ("SIGTERM", "SIGHUP") if (one := getattr(signal, name, None)) is not None)
"""What a shell, a batch system or a closed terminal sends; the command line takes them as Ctrl-C."""
PATIENCE = b"stopping after what must be finished (once more: give it up)\n"


class Stop:
    """Whether somebody wants to stop."""

    def __init__(self) -> None:
        self.ever = False
        """Whether a signal came at all."""
        self._asked = self._willing = False

    def take(self) -> bool:
        """Whether a signal waits to be acted on, which the caller does now."""
        asked, self._asked = self._asked, False
        return asked

    def receive(self, aloud: bool) -> None:
        """A signal has come."""
        again, self.ever = self._asked, True
        if self._willing or again:
            self._asked = self._willing = False
            raise KeyboardInterrupt
        self._asked = True
        if aloud:
            with suppress(OSError):
                os.write(2, PATIENCE)

    @contextmanager
    def zone(self) -> Iterator[None]:
        """Where a signal is acted on at once."""
        before = self._willing
        try:
            if self.take():
                raise KeyboardInterrupt
            self._willing = True
            yield
        finally:
            self._willing = before


_now: list[Stop] = []


@contextmanager
def held(also: tuple[int, ...] = ()) -> Iterator[Stop]:
    """Ctrl-C, and the signals `also`, wait for a `willing` zone; what still waits at the end is raised then.

    In a thread, or where somebody has put a handler of their own, signals are left alone.
    """
    if _now or threading.current_thread() is not threading.main_thread():
        yield _now[-1] if _now else Stop()
        return
    stop, before = Stop(), {}
    for one in (signal.SIGINT, *also):
        if signal.getsignal(one) in (signal.default_int_handler, signal.SIG_DFL):
            before[one] = signal.signal(one, lambda *_: stop.receive(aloud=bool(also)))
    _now.append(stop)
    try:
        yield stop
    finally:
        _now.pop()
        for one, handler in before.items():
            signal.signal(one, handler)
    if stop.take():
        raise KeyboardInterrupt


def willing() -> Any:
    """A zone in which a signal that is held is acted on at once, as `KeyboardInterrupt`."""
    return (_now[-1] if _now else Stop()).zone()
