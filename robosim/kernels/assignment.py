"""Traffic assignment by paths, compiled: shortest trees from origins, and flow that moves to cheaper paths.

A unit on a link with flow x costs  fixed + t0 (1 + s b (x/c)^p);  s = 1 is what those who drive there feel, s = 1 + p
what everybody together loses by one more (the marginal cost). Gradient projection (Jayakrishnan et al. 1994): of a pair
of zones, each path gives the cheapest one

    Δ = min(its flow, (cost - least cost) / Σ cost'(x)),       over links that only one of both paths has,

a Newton step for the two of them; flows and costs of links follow at once. Paths are kept in lists, one a pair.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from robosim.kernels import Array
from robosim.kernels.ways import _pop, _push


@njit(cache=True)
def price_of(flow: float, fixed: float, time: float, late: float, room: float, power: float) -> float:
    """What a unit costs; `late` is s b."""
    if late == 0.0:
        return fixed + time
    return float(fixed + time * (1.0 + late * (max(flow, 0.0) / room) ** power))


@njit(cache=True)
def bend_of(flow: float, time: float, late: float, room: float, power: float) -> float:
    """How much more it costs with one unit more of flow; at least that at a billionth of the capacity."""
    if late == 0.0 or power == 0.0:
        return 0.0
    return float(time * late * power / room * max(flow / room, 1e-9) ** (power - 1.0))


@njit(cache=True)
def tree(
    out: Array, order: Array, head: Array, cost: Array, through: Array, start: int, far: Array, by: Array,
    keys: Array, nodes: Array,
) -> None:  # fmt: skip
    """The least cost from start to every node, far (P,), ∞ where no path leads, and the link that reaches it, by (P,).

    Parameters are those of `robosim.kernels.ways.way_on`.
    """
    far[:] = np.inf
    by[:] = -1
    far[start] = 0.0
    size = _push(keys, nodes, 0, 0.0, start)
    while size:
        key, node = keys[0], nodes[0]
        size = _pop(keys, nodes, size)
        if key > far[node] or (node != start and not through[node]):
            continue
        for place in range(out[node], out[node + 1]):
            link = order[place]
            found = key + cost[link]
            if found < far[head[link]]:
                far[head[link]], by[head[link]] = found, link
                size = _push(keys, nodes, size, found, head[link])


@njit(cache=True)
def costs_of(
    flow: Array, fixed: Array, time: Array, late: Array, room: Array, power: Array, cost: Array
) -> None:  # fmt: skip
    """cost (L,) of the flows."""
    for link in range(flow.size):
        cost[link] = price_of(flow[link], fixed[link], time[link], late[link], room[link], power[link])


@njit(cache=True)
def least_total(
    out: Array, order: Array, head: Array, through: Array, cost: Array, origin: Array, target: Array, demand: Array
) -> float:
    """Σ demand · least cost of all pairs, which stand by origin."""
    points, links = through.size, head.size
    far, by = np.empty(points), np.empty(points, dtype=np.int64)
    keys, nodes = np.empty(links + 1), np.empty(links + 1, dtype=np.int64)
    total = 0.0
    for pair in range(origin.size):
        if pair == 0 or origin[pair] != origin[pair - 1]:
            tree(out, order, head, cost, through, origin[pair], far, by, keys, nodes)
        total += demand[pair] * far[target[pair]]
    return total


@njit(cache=True)
def new_paths(
    out: Array, order: Array, tail: Array, head: Array, through: Array, cost: Array,
    origin: Array, target: Array, demand: Array,
    first: Array, begin: Array, links_of: Array, behind: Array, amount: Array, used: Array, flow: Array,
) -> tuple[Array, Array, Array, Array, Array]:  # fmt: skip
    """Give every pair its cheapest path where it has none so cheap; the arrays of paths, grown where they must be.

    Parameters
    ----------
    first : (pairs,) the newest path of each, -1 without one; behind : the one before it, -1 at the end.
    begin, links_of : path k has the links links_of[begin[k]:begin[k + 1]]; amount : its flow.
    used : (1,) how many paths there are.
    flow : (L,) of the links; the first path of a pair takes all its demand.
    """
    points, links = through.size, head.size
    far, by = np.empty(points), np.empty(points, dtype=np.int64)
    keys, nodes = np.empty(links + 1), np.empty(links + 1, dtype=np.int64)
    for pair in range(origin.size):
        if pair == 0 or origin[pair] != origin[pair - 1]:
            tree(out, order, head, cost, through, origin[pair], far, by, keys, nodes)
        end, path, cheapest = target[pair], first[pair], np.inf
        while path >= 0:
            total = 0.0
            for place in range(begin[path], begin[path + 1]):
                total += cost[links_of[place]]
            cheapest = min(cheapest, total)
            path = behind[path]
        if not far[end] < cheapest * (1.0 - 1e-13):
            continue
        count, node = 0, end
        while node != origin[pair]:
            count, node = count + 1, tail[by[node]]
        k = used[0]
        if k + 2 > begin.size:
            begin, behind, amount = _grown(begin), _grown(behind), _grown(amount)
        while begin[k] + count > links_of.size:
            links_of = _grown(links_of)
        begin[k + 1], node = begin[k] + count, end
        for place in range(begin[k + 1] - 1, begin[k] - 1, -1):
            links_of[place] = by[node]
            node = tail[by[node]]
        amount[k] = demand[pair] if first[pair] < 0 else 0.0
        if first[pair] < 0:
            for place in range(begin[k], begin[k + 1]):
                flow[links_of[place]] += demand[pair]
        behind[k], first[pair], used[0] = first[pair], k, k + 1
    return begin, links_of, behind, amount, flow


@njit(cache=True)
def _grown(array: Array) -> Array:
    more = np.zeros(2 * array.size + 16, dtype=array.dtype)
    more[: array.size] = array
    return more


@njit(cache=True)
def levelled(
    first: Array, begin: Array, links_of: Array, behind: Array, amount: Array,
    flow: Array, cost: Array, fixed: Array, time: Array, late: Array, room: Array, power: Array, sweeps: int,
) -> float:  # fmt: skip
    """Move flow to the cheaper paths of each pair, `sweeps` times; what all would save on their cheapest path now."""
    mark = np.zeros(flow.size, dtype=np.int64)
    count, excess = 0, 0.0
    for _ in range(sweeps):
        excess = 0.0
        for pair in range(first.size):
            if first[pair] < 0 or behind[first[pair]] < 0:
                continue
            best, least, path = -1, np.inf, first[pair]
            while path >= 0:
                total = 0.0
                for place in range(begin[path], begin[path + 1]):
                    total += cost[links_of[place]]
                if total < least:
                    best, least = path, total
                path = behind[path]
            count += 1
            for place in range(begin[best], begin[best + 1]):
                mark[links_of[place]] = count
            path = first[pair]
            while path >= 0:
                if path != best and amount[path] > 0.0:
                    excess += _moved(
                        path, best, mark, count, begin, links_of, amount, flow, cost, fixed, time, late, room, power
                    )
                path = behind[path]
    return excess


@njit(cache=True)
def _moved(
    path: int, best: int, mark: Array, count: int, begin: Array, links_of: Array, amount: Array,
    flow: Array, cost: Array, fixed: Array, time: Array, late: Array, room: Array, power: Array,
) -> float:  # fmt: skip
    """One path gives to the best one; what its flow paid too much before."""
    more, bend = 0.0, 0.0
    for place in range(begin[path], begin[path + 1]):
        link = links_of[place]
        if mark[link] == count:
            mark[link] = -count  # both have it
        else:
            more += cost[link]
            bend += bend_of(flow[link], time[link], late[link], room[link], power[link])
    for place in range(begin[best], begin[best + 1]):
        link = links_of[place]
        if mark[link] == count:
            more -= cost[link]
            bend += bend_of(flow[link], time[link], late[link], room[link], power[link])
    excess = amount[path] * more
    step = 0.0
    if more > 0.0:
        step = amount[path] if bend == 0.0 else min(amount[path], more / bend)
    for place in range(begin[path], begin[path + 1]):
        link = links_of[place]
        if mark[link] != -count and step > 0.0:
            flow[link] -= step
            cost[link] = price_of(flow[link], fixed[link], time[link], late[link], room[link], power[link])
    for place in range(begin[best], begin[best + 1]):
        link = links_of[place]
        if mark[link] == -count:
            mark[link] = count
        elif step > 0.0:
            flow[link] += step
            cost[link] = price_of(flow[link], fixed[link], time[link], late[link], room[link], power[link])
    amount[path] -= step
    amount[best] += step
    return float(max(excess, 0.0))


@njit(cache=True)
def pruned(first: Array, behind: Array, amount: Array) -> None:
    """Take paths without flow off the lists; each pair keeps one."""
    for pair in range(first.size):
        last, path = -1, first[pair]
        while path >= 0:
            after = behind[path]
            if amount[path] == 0.0 and (last >= 0 or after >= 0):
                if last >= 0:
                    behind[last] = after
                else:
                    first[pair] = after
            else:
                last = path
            path = after


@njit(cache=True)
def summed(first: Array, begin: Array, links_of: Array, behind: Array, amount: Array, flow: Array) -> int:
    """flow (L,) of the paths, without what rounding has added up; how many paths there are."""
    flow[:] = 0.0
    count = 0
    for pair in range(first.size):
        path = first[pair]
        while path >= 0:
            count += 1
            for place in range(begin[path], begin[path + 1]):
                flow[links_of[place]] += amount[path]
            path = behind[path]
    return count
