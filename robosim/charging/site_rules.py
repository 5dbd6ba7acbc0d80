"""What posts and limits of a site must have to do with each other; `None` stands for one that is wrong by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from robosim.charging.site_keys import LimitTable, PostTable
from robosim.files.complaint import Problem
from robosim.files.lines import KeyPath
from robosim.files.writing import quoted, shown, suggestion

LEAST_A = {"deadband": 6.0, "aerovironment": 6.0, "clippercreek": 8.0}
"""Kinds of charger that cannot be told a smaller current than this, but for 0."""
LARGEST_A = {"aerovironment": 32.0, "clippercreek": 32.0}
"""Kinds of charger that end there."""
LOWEST, HIGHEST = 0.0, float("inf")


def breaker_fits(path: KeyPath, kind: str | None, max_a: float | None) -> Iterator[Problem]:
    """The breaker lets the least current through that a kind of charger knows, and no more than it can carry."""
    least, most = LEAST_A.get(kind or "", LOWEST), LARGEST_A.get(kind or "", HIGHEST)
    if max_a is not None and not least <= max_a <= most:
        bound, word = (least, "begin") if max_a < least else (most, "end")
        yield Problem(
            path=path,
            message=f'is {max_a:g}, chargers of kind "{kind}" {word} at {bound:g} A',
            fix=f"write {path[-1]} = {bound}, or choose another charger",
        )


def post_problems(path: KeyPath, post: PostTable) -> Iterator[Problem]:
    """Keys of one post that do not go together."""
    yield from breaker_fits((*path, "max_a"), post.kind, post.max_a)
    yield from _currents(path, post)
    yield from _wiring(path, post)


def _currents(path: KeyPath, post: PostTable) -> Iterator[Problem]:
    levels, most = post.levels_a, post.max_a
    if post.kind is not None and levels is not None:
        yield Problem(path=(*path, "levels_a"), message="stands beside kind", fix="remove one of them")
    if levels is not None and most is not None and most < min(levels):
        fix = f"write max_a = {min(levels)}, or lower levels"
        yield Problem(path=(*path, "max_a"), message=f"is {most:g}, below every level", fix=fix)
    if post.current == "DC" and most is None and levels is None and post.kind not in LARGEST_A:
        fix = "what a DC post gives at most, A: its power by its volts, for example max_a = 125.0"
        yield Problem(path=(*path, "max_a"), message="is missing", fix=fix)


def _wiring(path: KeyPath, post: PostTable) -> Iterator[Problem]:
    if post.current == "DC" and post.phases is not None:
        yield Problem(path=(*path, "phases"), message='is used only with current = "AC"', fix="remove one of them")
    if post.three and post.phase is not None:
        fix = "remove it, or phases = 3" if post.phases == 3 else "remove it"
        yield Problem(path=(*path, "phase"), message="is of a single-phase post, this one loads every line", fix=fix)
    if post.phase is not None and post.angle_deg is not None:
        yield Problem(path=(*path, "angle_deg"), message="stands beside phase", fix="remove one of them")


def posts_problems(path: KeyPath, posts: Sequence[PostTable | None]) -> Iterator[Problem]:
    """Each post by itself, and two of one name."""
    first: dict[str, int] = {}
    for number, post in enumerate(posts):
        if post is None:
            continue
        yield from post_problems((*path, str(number)), post)
        if post.id in first:
            message = f"{shown(post.id)} is the name of post {first[post.id]} already"
            yield Problem(path=(*path, str(number), "id"), message=message, fix="give every post a name of its own")
        first.setdefault(post.id, number)


def limit_problems(
    posts: Sequence[PostTable | None],
    names: Sequence[str],
    limits: Sequence[LimitTable | None],
    line_volts: float | None,
) -> Iterator[Problem]:
    """Limits by themselves and with the posts; `names` are those of all posts, also of the unsound ones."""
    known = {post.id: post for post in reversed(posts) if post is not None}
    twice = [name for name, count in Counter(limit.name for limit in limits if limit).items() if count > 1]
    for number, limit in enumerate(limits):
        if limit is None:
            continue
        path = ("limits", str(number))
        yield from _one_form(path, limit)
        yield from _names(path, limit, names)
        yield from _angles(path, limit, known)
        if limit.name in twice:
            yield Problem(path=(*path, "name"), message=f"{shown(limit.name)} stands twice", fix="rename one of them")
    yield from _lines(posts, limits, line_volts)
    yield from _uncarried(posts, limits)


def _one_form(path: KeyPath, limit: LimitTable) -> Iterator[Problem]:
    if (limit.limit_a is None) == (limit.limit_kw is None):
        message = "is missing" if limit.limit_a is None else "stands beside limit_kw"
        yield Problem(path=(*path, "limit_a"), message=message, fix="write either limit_a or limit_kw")
    if limit.weights is not None and (limit.posts is not None or limit.line is not None):
        other = "posts" if limit.posts is not None else "line"
        yield Problem(path=(*path, "weights"), message=f"stands beside {other}", fix="remove one of them")
    if limit.limit_kw is not None and limit.limit_a is None and (limit.weights is not None or limit.line is not None):
        message = "limits a sum of power, not the current of a line or of phasors"
        fix = "write limit_a: what a line carries, A, is its kW by its volts to the neutral"
        yield Problem(path=(*path, "limit_kw"), message=message, fix=fix)


def _names(path: KeyPath, limit: LimitTable, names: Sequence[str]) -> Iterator[Problem]:
    listed = [((*path, "posts", str(k)), name) for k, name in enumerate(limit.posts or ())]
    for place, name in [*listed, *(((*path, "weights", name), name) for name in limit.weights or ())]:
        if name not in names:
            some = ", ".join(map(quoted, list(names)[:4]))
            fix = suggestion(name, names, f"posts are {some}{', …' if len(names) > 4 else ''}")
            yield Problem(path=place, message=f"no post is called {shown(name)}", fix=fix)
    for place, name in listed[1:]:
        if name in (limit.posts or ())[: int(place[-1])]:
            yield Problem(path=place, message=f"{shown(name)} stands twice", fix="delete one of the two")


def _angles(path: KeyPath, limit: LimitTable, known: dict[str, PostTable]) -> Iterator[Problem]:
    """Currents are added at their angles, or all as numbers."""
    weighed = [known[name] for name in limit.weights or () if name in known]
    without = [post.id for post in weighed if post.phase is None and post.angle_deg is None]
    for name in without if len(without) < len(weighed) else ():
        message = "this post has no angle, and others of this limit have one"
        yield Problem(path=(*path, "weights", name), message=message, fix="write phase or angle_deg in its table")


def hanging(limit: LimitTable, post: PostTable) -> bool:
    """Whether a limit on lines, or on a sum, is about a post."""
    return limit.weights is None and (limit.posts is None or post.id in limit.posts)


def _lines(
    posts: Sequence[PostTable | None], limits: Sequence[LimitTable | None], line_volts: float | None
) -> Iterator[Problem]:
    lines = [limit for limit in limits if limit is not None and limit.line is not None]
    here = [(k, post) for k, post in enumerate(posts) if post and any(hanging(limit, post) for limit in lines)]
    for number, post in here:
        if not post.three and post.phase is None:
            message = "is missing, and a limit on lines must know which it loads"
            path = ("posts", str(number), "phase")
            yield Problem(path=path, message=message, fix='for example phase = "L1", or "L1-L2" between two lines')
    direct = [post.id for _, post in here if post.current == "DC"]
    if direct and line_volts is None:
        message = f"is missing, and the lines that feed DC post {shown(direct[0])} carry a current by it"
        yield Problem(path=("site", "line_volts"), message=message, fix="for example line_volts = 400.0 below [site]")


def _uncarried(posts: Sequence[PostTable | None], limits: Sequence[LimitTable | None]) -> Iterator[Problem]:
    """Every post hangs on something that is limited, or nothing would hold its power."""
    if not posts:
        yield Problem(path=("posts",), message="is missing", fix="write [[posts]] on a line and its keys below")
    if not limits:
        yield Problem(path=("limits",), message="is missing", fix="write [[limits]] on a line and its keys below")
    if not limits or None in limits:
        return
    for number, post in enumerate(posts):
        if post is not None and not any(limit and _carries(limit, post) for limit in limits):
            fix = "name it in a limit, or write one without posts, which is for all"
            yield Problem(path=("posts", str(number), "id"), message=f"no limit holds {shown(post.id)}", fix=fix)


def _carries(limit: LimitTable, post: PostTable) -> bool:
    if limit.weights is not None:
        return limit.weights.get(post.id, 0.0) != 0.0
    if limit.line is None or not hanging(limit, post):
        return hanging(limit, post)
    own = () if post.phase is None else post.phase.split("-")
    return any(line in own or (post.three and line != "N") or (line == "N" and len(own) == 1) for line in limit.line)
