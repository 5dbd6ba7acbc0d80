"""Who stands where: each car at its own post, or, where that is unknown or taken, elsewhere by an announced rule."""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.charging.station.sessions import Sessions
from robosim.charging.station.site import Site
from robosim.errors import BadInput
from robosim.files.complaint import AT_MOST
from robosim.files.writing import printable, shown

Elsewhere = Literal["any", "same-kind", "forbidden"]
"""Where a car goes whose post is unknown or taken (`station.elsewhere`)."""


class FreePosts:
    """The posts of a site as time goes on; a post is free from the minute of a departure.

    Parameters
    ----------
    ids : names of the posts; the first free one is the first by name.
    kinds : of each post, equal where posts are alike.
    """

    def __init__(self, ids: Sequence[str], kinds: Sequence[Hashable]) -> None:
        self.number = {name: number for number, name in enumerate(ids)}
        self.kinds = kinds
        self._busy = [False] * len(ids)
        self._rank = {number: rank for rank, number in enumerate(sorted(range(len(ids)), key=lambda one: ids[one]))}
        self._free: dict[Hashable, list[tuple[int, int]]] = {kind: [] for kind in (None, *kinds)}
        self._leaving: list[tuple[float, int]] = []
        for number in self._rank:
            self._offer(number)

    def free(self, number: int) -> bool:
        """Nobody stands there."""
        return not self._busy[number]

    def first(self, kind: Hashable = None) -> int | None:
        """The number of the first free post by name, of a kind or of all, None where there is none.

        Entries of posts that were taken since are stale: skipped here, put back on release.
        """
        waiting = self._free[kind]
        while waiting and self._busy[waiting[0][1]]:
            heapq.heappop(waiting)
        return waiting[0][1] if waiting else None

    def take(self, number: int, departure_min: float) -> None:
        """Somebody stands there until then."""
        self._busy[number] = True
        heapq.heappush(self._leaving, (departure_min, number))

    def release(self, minute: float) -> None:
        """Whose stay is over leaves."""
        while self._leaving and self._leaving[0][0] <= minute:
            _, number = heapq.heappop(self._leaving)
            self._busy[number] = False
            self._offer(number)

    def _offer(self, number: int) -> None:
        for kind in (None, self.kinds[number]):
            heapq.heappush(self._free[kind], (self._rank[number], number))


class Move(NamedTuple):
    """A car that stands elsewhere: its session, the post that it names, whether the site has that, and where it is."""

    session: str
    named: str
    known: bool
    post: str


class Places(NamedTuple):
    """The index of each session's post, (N,), and who was moved, in the order of arrival."""

    post: NDArray[np.int32]
    moves: tuple[Move, ...] = ()


def assign(sessions: Sessions, site: Site, elsewhere: Elsewhere = "any") -> Places:
    """Cars come in the order of their arrival (then of the file), each to the post that it names.

    One whose post is unknown or taken goes by the rule `elsewhere`: "any", the first free post by name; "same-kind",
    the first free one that is like its own (an unknown post is like every other); "forbidden", nowhere. A session that
    names no post takes the first free one.

    Raises
    ------
    BadInput
        The rule finds no post; each such session with its place.
    """
    spaces = FreePosts(site.evses.ids, site.evses.alike)
    rule = "any" if site.unnamed else elsewhere
    found = np.full(len(sessions), -1, dtype=np.int32)
    for row in np.argsort(sessions.arrival_min, kind="stable").tolist():
        spaces.release(float(sessions.arrival_min[row]))
        number = _place(spaces, sessions.stations[row], rule)
        if number is not None:
            found[row] = number
            spaces.take(number, float(sessions.departure_min[row]))
    _refuse_homeless(sessions, site, rule, np.flatnonzero(found < 0))
    return Places(found, () if site.unnamed else _moves(sessions, site, found))


def _place(spaces: FreePosts, named: str, rule: Elsewhere) -> int | None:
    own = spaces.number.get(named)
    if own is not None and spaces.free(own):
        return own
    if named and rule == "forbidden":
        return None
    return spaces.first(spaces.kinds[own] if own is not None and rule == "same-kind" else None)


def _moves(sessions: Sessions, site: Site, post: NDArray[np.int32]) -> tuple[Move, ...]:
    ids, known = site.evses.ids, frozenset(site.evses.ids)
    rows = np.argsort(sessions.arrival_min, kind="stable").tolist()
    pairs = ((row, sessions.stations[row], ids[post[row]]) for row in rows)
    return tuple(Move(sessions.ids[row], own, own in known, at) for row, own, at in pairs if own and own != at)


def _refuse_homeless(sessions: Sessions, site: Site, rule: Elsewhere, rows: NDArray[np.int64]) -> None:
    if not rows.size:
        return
    lines = [
        f"{sessions.places[row]}: station_id: {_why(sessions, site, rule, int(row))}" for row in rows[:AT_MOST].tolist()
    ]
    if rows.size > AT_MOST:
        lines.append(
            f"{sessions.places[rows[AT_MOST]]}: file: {rows.size - AT_MOST} more sessions without a station "
            "(name a larger site)"
        )
    raise BadInput("\n".join(map(printable, lines)))


def _why(sessions: Sessions, site: Site, rule: Elsewhere, row: int) -> str:
    """Why a session has no post, and what to do about it."""
    own, at = sessions.stations[row], f"at {_clock(sessions.arrival_min[row])} for session {shown(sessions.ids[row])}"
    known = own in site.evses.ids
    if own and rule == "forbidden":
        what = (
            f"post {shown(own)} is taken {at}" if known else f"site {site.name!r} has no post {shown(own)}, named {at}"
        )
        return f'{what} (correct it, or write station.elsewhere = "any": the first free post)'
    if known and rule == "same-kind":
        return f'no post like {shown(own)} is free {at} (write station.elsewhere = "any", or delete sessions)'
    fix = f"all {len(site.evses)} of site {site.name!r} are taken: name a larger site or delete sessions"
    return f"no station is free {at} ({fix})"


def _clock(minute: float) -> str:
    return f"{int(minute) // 60:02d}:{int(minute) % 60:02d}"
