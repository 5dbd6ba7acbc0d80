"""Commands about attacks: attack, strategies."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from robosim.cli.app import Json, Seed, Set, World, app, print_json, say
from robosim.errors import BadInput

if TYPE_CHECKING:
    from robosim.attacks import Attack, Attacks
    from robosim.mission import Mission

Budget = Annotated[
    float | None,
    typer.Option("--budget", metavar="SECONDS", help="Search so long; without it a fixed number of missions."),
]


@app.command()
def attack(
    world: World,
    seed: Seed = None,
    set_: Set = None,
    agent: Annotated[str, typer.Option("--agent", metavar="I|all", help="Who deviates, alone.")] = "all",
    strategy: Annotated[
        list[str] | None,
        typer.Option(
            "--strategy",
            metavar="NAME[:KEY=VALUE,…;…]|all",
            help="What it plays, all by default; repeatable. NAME,NAME are several; NAME:KEY=1,2 tries each value; "
            "NAME:KEY=1;KEY=2 sets several parameters (quote it for the shell). A NAME of your own stands in "
            "controllers/NAME.py beside the world.",
        ),
    ] = None,
    tax: Annotated[str | None, typer.Option("--tax", metavar="RULE,…", help="Tax rules to bill under.")] = None,
    search: Annotated[bool, typer.Option("--search", help="Search programs, from all that has a name on.")] = False,
    optimiser: Annotated[str, typer.Option("--optimiser", metavar="de|cma-es", help="Who searches.")] = "de",
    budget: Budget = None,
    keep_selfish: Annotated[
        bool, typer.Option("--keep-selfish", help="Search the best answers to the world's own selfish agents.")
    ] = False,
    coalition: Annotated[
        int | None, typer.Option("--coalition", metavar="K", help="Up to K agents together: pairs, then grown.")
    ] = None,
    save_best: Annotated[
        Path | None, typer.Option("--save-best", metavar="FILE", help="Write a world that replays the best attack.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Let each agent try each named deviation while all others are faithful, or search for better ones.

    Ctrl-C shows what was found so far.

    Example: robosim attack rendezvous --agent 3 --strategy 'foot-dragging:stride=0.1,0.3,0.9' --tax groves,none
    """
    from robosim.attacks import OrderBroken
    from robosim.cli import tables
    from robosim.cli.missions import load_mission

    _refuse(search or coalition is not None, budget, optimiser, strategy)
    _refuse_place(save_best)
    if keep_selfish and not search:
        raise BadInput("--keep-selfish: named attacks are against faithful others (add --search)")
    if keep_selfish and save_best:
        raise BadInput("--save-best: writes one deviator among faithful others (leave out --keep-selfish)")
    mission, taxes = load_mission(world, seed, set_), None if tax is None else tax.split(",")
    if coalition is not None:
        _together(mission, coalition, chosen(agent), taxes, (optimiser, budget), save_best, as_json)
        return
    try:
        if search:
            found = _searched(mission, chosen(agent), taxes, (optimiser, budget), keep_selfish)
        else:
            found = _named(mission, chosen(agent), strategy, taxes, "all" if as_json else "best")
    except OrderBroken as broken:
        raise _witnessed(mission, broken, save_best) from broken
    if as_json:
        print_json({"world": mission.scenario.name, "seed": mission.scenario.mission.seed, **_attacks_json(found)})
    else:
        tables.show_attacks(found, mission.unit)
    _saved(mission, found, save_best, as_json)
    if found.interrupted:
        raise typer.Exit(130)


def _refuse(search: bool, budget: float | None, optimiser: str, strategy: list[str] | None) -> None:
    if not search and (budget is not None or optimiser != "de"):
        raise BadInput("--budget and --optimiser are for a search (add --search, or --coalition 2)")
    if search and strategy:
        raise BadInput(
            "--strategy: a search tries all that has a name and goes on from there (leave one of the two out)"
        )
    if budget is not None and not 0 < budget < float("inf"):
        raise BadInput(f"--budget: must be a number of seconds above 0, got {budget:g} (for example --budget 60)")


def _refuse_place(path: Path | None) -> None:
    if path is not None and path.suffix != ".toml":
        raise BadInput(f"--save-best: {path}: worlds end in .toml (write --save-best best.toml)")


def _named(
    mission: Mission[Any],
    agents: list[int] | None,
    strategy: list[str] | None,
    taxes: list[str] | None,
    others: Literal["all", "best"],
) -> Attacks:
    from robosim.attacks import attack as try_all
    from robosim.cli.app import bar

    named = [name for one in strategy or ["all"] for name in ([one] if ":" in one else one.split(","))]
    with bar("attacks", 1) as update:
        return try_all(mission, agents=agents, strategies=named, taxes=taxes, progress=update, others=others)


def _searched(
    mission: Mission[Any],
    agents: list[int] | None,
    taxes: list[str] | None,
    how: tuple[str, float | None],
    keep_selfish: bool,
) -> Attacks:
    from robosim.attacks import Effort
    from robosim.attacks import search as look
    from robosim.cli.app import bar

    effort = Effort(optimiser=how[0], budget_s=how[1])
    with bar("missions" if how[1] is None else "seconds", 1) as update:
        return look(mission, agents=agents, taxes=taxes, effort=effort, against_liars=keep_selfish, progress=update)


def _together(
    mission: Mission[Any],
    size: int,
    agents: list[int] | None,
    taxes: list[str] | None,
    how: tuple[str, float | None],
    save_best: Path | None,
    as_json: bool,
) -> None:
    from robosim.attacks import Effort
    from robosim.attacks.coalition import coalitions
    from robosim.attacks.saved import write
    from robosim.cli import tables
    from robosim.cli.app import bar

    effort = Effort(optimiser=how[0], budget_s=how[1], generations=4, starts=1)
    with bar("missions" if how[1] is None else "seconds", 1) as update:
        found = coalitions(mission, size, agents=agents, taxes=taxes, effort=effort, progress=update)
    if as_json:
        rows = [{**shown(one), "plays": [shown(plan) for plan in one.plays]} for one in found.found]
        print_json({"coalitions": rows, "notes": list(found.notes), "tried": found.tried, "seconds": found.seconds})
    else:
        tables.show_coalitions(found, mission.unit)
    best = max(found.found, key=lambda one: one.joint_gain, default=None)
    if save_best is not None and best is not None:
        costs = dict(zip(best.members, best.net_costs, strict=True))
        place = write(mission, dict(zip(best.members, best.plays, strict=True)), best.tax_rule, save_best, costs)
        if not as_json:
            say(f"{place}: {best.members} gain {best.joint_gain:.6g} {mission.unit} together, tax {best.tax_rule}")
    if found.interrupted:
        raise typer.Exit(130)


def _saved(mission: Mission[Any], found: Attacks, path: Path | None, as_json: bool) -> None:
    if path is None:
        return
    from robosim.attacks.saved import best_of, save

    best = best_of(found.attacks)
    line = "nobody gained anything: no world was written"
    if best is not None:
        line = (
            f"{save(mission, best, path)}: agent {best.agent} gains {best.gain:.6g} {mission.unit}, tax {best.tax_rule}"
        )
    if not as_json:
        say(line)


def _witnessed(mission: Mission[Any], broken: Any, path: Path | None) -> Exception:
    """The error with the world that shows it, written where the best attack would be, or here."""
    from robosim.attacks.saved import world_of
    from robosim.errors import CheckFailed, RobosimError
    from robosim.files.store import write_atomically

    one: Attack = broken.attack
    place = path or Path(f"{mission.scenario.name}-counterexample.toml")
    try:
        text = world_of(mission, {one.agent: one.plays}, one.tax_rule) if one.plays else ""
        write_atomically(place, text.encode())
    except (OSError, RobosimError) as problem:
        return CheckFailed(f"{broken} (its world cannot be written: {problem})")
    return CheckFailed(f"{broken} (please report it with {place}, which shows it)")


def chosen(text: str) -> list[int] | None:
    """The agents of --agent, None for all. Raises `BadInput`."""
    if text == "all":
        return None
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise BadInput(f"--agent: {text!r} is no agent (use all, or numbers such as 3 or 0,5)") from None


def _attacks_json(found: Attacks) -> dict[str, Any]:
    return {
        "attacks": [shown(one) for one in found.attacks],
        "epsilon": {rule: shown(epsilon) for rule, epsilon in found.epsilon.items()},
        "void": found.void,
        "left_out": list(found.left_out),
        **({"tried": found.tried, "seconds": found.seconds} if found.tried else {}),
    }


def shown(one: Any) -> dict[str, Any]:
    """A row without the strategy itself."""
    return {field.name: getattr(one, field.name) for field in fields(one) if field.name != "plays"}


@app.command()
def strategies(as_json: Json = False) -> None:
    """List the ways to cheat that papers know: who plays them here, where, with what, and what stops them.

    Example: robosim strategies
    """
    from robosim.attacks.taxonomy import ROWS, examples

    if as_json:
        rows = [{**shown(row), "played_as": [shown(one) for one in examples(row.number)]} for row in ROWS]
        print_json({"rows": rows})
        return
    for row in ROWS:
        say(f"{row.number:>2}  {row.name}: {row.definition}")
        if row.out_of_scope:
            say(f"    out of scope: {row.out_of_scope}")
        for one in () if row.out_of_scope else examples(row.number):
            ranges = "".join(f", {key} {low:g}..{high:g}" for key, (low, high) in one.ranges.items())
            say(f"    {one.name} ({', '.join(one.worlds)}{ranges}): {one.says}")
        covered = "" if row.certified else "; no certificate covers it: measured"
        say(f"    stopped by {row.stopped_by}; not by {row.not_stopped_by}{covered}")
