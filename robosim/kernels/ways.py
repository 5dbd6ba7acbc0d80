"""The k shortest simple paths over directed links, parallel links told apart, compiled.

Yen's method with Lawler's rule: from each path that is found, and from each of its nodes from where it left an earlier
one, the shortest way on that repeats no earlier one. Those searches are A*: the distance to the end over all links,
known beforehand, bounds what is left from below also where links are forbidden, so that few nodes are looked at.

Of paths of the same length the one that was found first comes first, of links the lower number: the same on every
machine.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from robosim.kernels import Array


@njit(cache=True)
def _push(keys: Array, nodes: Array, size: int, key: float, node: int) -> int:
    """Into a heap by (key, node); the new size."""
    place = size
    keys[place], nodes[place] = key, node
    while place > 0:
        above = (place - 1) // 2
        if keys[above] < keys[place] or (keys[above] == keys[place] and nodes[above] <= nodes[place]):
            break
        keys[above], keys[place] = keys[place], keys[above]
        nodes[above], nodes[place] = nodes[place], nodes[above]
        place = above
    return size + 1


@njit(cache=True)
def _pop(keys: Array, nodes: Array, size: int) -> int:
    """Take the first off; the new size."""
    size -= 1
    keys[0], nodes[0] = keys[size], nodes[size]
    place = 0
    while True:
        least = place
        for below in (2 * place + 1, 2 * place + 2):
            if below < size and (
                keys[below] < keys[least] or (keys[below] == keys[least] and nodes[below] < nodes[least])
            ):
                least = below
        if least == place:
            return size
        keys[least], keys[place] = keys[place], keys[least]
        nodes[least], nodes[place] = nodes[place], nodes[least]
        place = least


@njit(cache=True)
def way_on(
    out: Array, order: Array, head: Array, weight: Array, through: Array, left: Array, start: int, end: int,
    shut_node: Array, shut_link: Array, far: Array, by: Array, keys: Array, nodes: Array,
) -> float:  # fmt: skip
    """The least weight from start to end, ∞ if there is no way; `by` (P,) holds the link that reaches each node.

    Parameters
    ----------
    out, order : links by the node where they begin, order[out[p]:out[p + 1]], in increasing number.
    head, weight : (L,) where links end, what they weigh ≥ 0.
    through : (P,) whether paths may pass a node.
    left : (P,) the least weight from each node to the end; ∞ where there is no way.
    shut_node, shut_link : (P,), (L,) what must not be used.
    far, by, keys, nodes : (P,), (P,), (L + 1,), (L + 1,) scratch.
    """
    far[:] = np.inf
    far[start], by[start] = 0.0, -1
    size = _push(keys, nodes, 0, 0.0, start)
    while size:
        key, node = keys[0], nodes[0]
        size = _pop(keys, nodes, size)
        if node == end:
            return float(far[end])
        if node != start and key > far[node] + left[node]:
            continue
        if node != start and not through[node]:
            continue
        for place in range(out[node], out[node + 1]):
            link = order[place]
            there = head[link]
            if shut_link[link] or shut_node[there] or left[there] == np.inf:
                continue
            found = far[node] + weight[link]
            if found < far[there]:
                far[there], by[there] = found, link
                size = _push(keys, nodes, size, found + left[there], there)
    return np.inf


@njit(cache=True)
def simple_ways(
    out: Array, order: Array, tail: Array, head: Array, weight: Array, through: Array, left: Array,
    start: int, end: int, count: int,
) -> tuple[Array, Array]:  # fmt: skip
    """The `count` shortest simple paths, or as many as there are: links (found, longest), padded with -1, and lengths.

    Parameters are those of `way_on`; `tail` (L,) where links begin.
    """
    points, links = through.size, head.size
    shut_node, shut_link = np.zeros(points, dtype=np.bool_), np.zeros(links, dtype=np.bool_)
    far, by = np.empty(points), np.empty(points, dtype=np.int64)
    keys, nodes = np.empty(links + 1), np.empty(links + 1, dtype=np.int64)
    known = [np.empty(0, dtype=np.int64)]
    costs, fork, state = [np.inf], [0], [2]
    first = way_on(out, order, head, weight, through, left, start, end, shut_node, shut_link, far, by, keys, nodes)
    if first < np.inf:
        known.append(_traced(by, tail, start, end))
        costs.append(first)
        fork.append(0)
        state.append(0)
    taken = [0]
    taken.pop()
    while len(taken) < count:
        best = 0
        for one in range(1, len(known)):
            if state[one] == 0 and costs[one] < costs[best]:
                best = one
        if best == 0:
            break
        state[best] = 1
        taken.append(best)
        if len(taken) == count:
            break
        path = known[best]
        shut_node[:] = False
        spent = 0.0
        for place in range(path.size):
            here = tail[path[place]]
            if place >= fork[best]:
                shut_link[:] = False
                for other in taken:
                    theirs = known[other]
                    if theirs.size > place and (theirs[:place] == path[:place]).all():
                        shut_link[theirs[place]] = True
                rest = way_on(
                    out, order, head, weight, through, left, here, end, shut_node, shut_link, far, by, keys, nodes
                )
                if (place == 0 or through[here]) and rest < np.inf:
                    on = _traced(by, tail, here, end)
                    whole = np.empty(place + on.size, dtype=np.int64)
                    whole[:place], whole[place:] = path[:place], on
                    new = True
                    for one in range(1, len(known)):
                        if known[one].size == whole.size and (known[one] == whole).all():
                            new = False
                    if new:
                        known.append(whole)
                        costs.append(spent + rest)
                        fork.append(place)
                        state.append(0)
            shut_node[here] = True
            spent += weight[path[place]]
    longest = 0
    for one in taken:
        longest = max(longest, known[one].size)
    found, size = np.full((len(taken), longest), -1, dtype=np.int64), np.empty(len(taken), dtype=np.int64)
    for row, one in enumerate(taken):
        found[row, : known[one].size] = known[one]
        size[row] = known[one].size
    return found, size


@njit(cache=True)
def _traced(by: Array, tail: Array, start: int, end: int) -> Array:
    """The links of the way that `by` holds."""
    count, node = 0, end
    while node != start:
        count += 1
        node = tail[by[node]]
    path = np.empty(count, dtype=np.int64)
    node = end
    while node != start:
        count -= 1
        path[count] = by[node]
        node = tail[by[node]]
    return path
