"""Command about incentives: certify."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from robosim.cli.app import Json, Seed, Set, World, app, print_json, say
from robosim.errors import BadInput, CheckFailed

if TYPE_CHECKING:
    from robosim.certificate import Certificate
    from robosim.mission import Mission


@app.command()
def certify(
    world: World,
    seed: Seed = None,
    set_: Set = None,
    epsilon: Annotated[
        float | None, typer.Option("--epsilon", min=0.0, help="Rounds needed for this ε over all types.")
    ] = None,
    rounds: Annotated[
        str | None, typer.Option("--rounds", metavar="N,…", help="ε(n) for each of these numbers of rounds.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Picture of ε(n), with --rounds.")
    ] = None,
    types: Annotated[
        int | None, typer.Option("--types", metavar="S", help="The largest ε of S worlds drawn with other seeds.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say how much any selfish agent could gain: exact, within the world's limits, and certified.

    Example: robosim certify rendezvous --epsilon 1e-3
    """
    if sum(option is not None for option in (epsilon, rounds, types)) > 1:
        raise BadInput("--epsilon, --rounds and --types ask for different things (leave all but one of them out)")
    if rounds is not None:
        _curve(world, seed, set_, rounds, out, as_json)
        return
    if out is not None:
        raise BadInput("--out: the picture is one of several numbers of rounds (add --rounds 5,10,20,50)")
    if types is not None:
        _sample(world, seed, set_, types, as_json)
        return
    from robosim.certificate import certify as compute
    from robosim.cli import tables
    from robosim.cli.app import bar
    from robosim.cli.missions import load_mission

    mission = load_mission(world, seed, set_)
    with bar("agents", mission.network.n, wanted=mission.network.n * mission.rounds > 10_000) as update:
        found = compute(mission, progress=None if update is None else lambda done: update(done + 1))
    needed = None if epsilon is None else mission.kind.rounds_needed(mission, epsilon)
    if as_json:
        print_json(_certificate_json(mission, found, epsilon, needed))
    else:
        tables.show_certificate(found, mission, epsilon, needed)
    if epsilon is not None and needed is None:
        raise CheckFailed(
            f"{world}: no number of rounds up to 10⁹ certifies {epsilon:g} over all types "
            f"({found.void or 'noise or rounding is larger'})"
        )


def _curve(world: str, seed: int | None, set_: list[str] | None, rounds: str, out: Path | None, as_json: bool) -> None:
    from robosim.attacks.curve import curve, picture, rounds_of
    from robosim.cli import tables
    from robosim.cli.missions import load_mission
    from robosim.figures.style import drawable, save

    drawable(out)
    found = curve(lambda n: load_mission(world, seed, [*(set_ or ()), f"mission.rounds={n}"]), rounds_of(rounds))
    if as_json:
        print_json(asdict(found))
    else:
        tables.show_curve(found)
    if out is not None:
        place = save(picture(found), out)
        if not as_json:
            say(str(place))


def _sample(world: str, seed: int | None, set_: list[str] | None, types: int, as_json: bool) -> None:
    from robosim.attacks.sample import sample
    from robosim.cli import tables
    from robosim.cli.app import bar
    from robosim.cli.missions import load_mission

    first = load_mission(world, seed, set_).scenario.mission.seed
    with bar("worlds", types) as update:
        found = sample(lambda one: load_mission(world, one, set_), first, types, update)
    if as_json:
        print_json(asdict(found))
    else:
        tables.show_sample(found)


def _certificate_json(
    mission: Mission[Any], found: Certificate, epsilon: float | None, needed: int | None
) -> dict[str, Any]:
    figures = {key: getattr(found, key) for key in ("exact", "exact_within", "bounded", "attained")}
    return {
        "world": mission.scenario.name,
        "rounds": found.rounds,
        "alpha": found.alpha,
        "beta": found.beta,
        "tax": mission.tax.name,
        "epsilon": asdict(found.epsilon),
        "over_types": found.over_types,
        "void": found.void,
        "premises": [asdict(one) for one in found.premises],
        "notes": list(found.notes),
        "asked": epsilon,
        "rounds_needed": needed,
        "agents": [
            {"id": i, **{key: None if x is None else float(x[i]) for key, x in figures.items()}}
            for i in range(mission.network.n)
        ],
    }
