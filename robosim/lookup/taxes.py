"""Tax rules by name: of the project, of robosim's own those that a kind of world can apply, of installed packages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from robosim.errors import BadInput
from robosim.files.writing import quoted, suggestion
from robosim.kind import Kind, kind_of
from robosim.leader.tax_rule import RULES, TaxRule
from robosim.lookup import project
from robosim.lookup.installed import installed
from robosim.lookup.project import Misfit, Named, Unfit
from robosim.scenario.world_file import WorldFile

GROUP = "robosim.taxes"


def tax_rules(kind: Kind, world: Path | None = None, code: bool = True) -> Named[TaxRule]:
    """The tax rules that leaders of a kind of world can apply, by name: the project's, robosim's own, installed ones.

    `world` and `code` as in `strategies`. A project's rule stands in its file as `tax`, or under any name if it is
    called as its file.
    """

    def made(path: Path, name: str) -> TaxRule | Unfit:
        module = project.module(path)
        rules = [one for one in vars(module).values() if isinstance(one, TaxRule)]
        rule = getattr(module, "tax", None)
        rule = rule if isinstance(rule, TaxRule) else next((one for one in rules if one.name == name), None)
        if rule is None:
            return Unfit(f"{path} has no tax rule {name!r}", f"write tax = robosim.TaxRule(name={quoted(name)}, pay=…)")
        if rule.name != name:
            return Unfit(f"{path}: its tax rule is called {rule.name!r}", f"write name={quoted(name)}")
        why = _inapplicable(kind, rule)
        return rule if why is None else Unfit(f"{path}: {why.message}", why.fix)

    found = {name: RULES[name] for name in kind.taxes}
    for entry in installed(GROUP):
        rule = entry.load()
        if not isinstance(rule, TaxRule):
            raise BadInput(f"{entry.value}: is no robosim.TaxRule, got {type(rule).__name__} (correct its package)")
        if rule.needs <= kind.provides:
            found.setdefault(entry.name, rule)
    return Named(world=world, listed=found, made=made, code=code)


def applicable(kind: Kind, rule: TaxRule | str, known: Mapping[str, TaxRule]) -> TaxRule:
    """The rule, or the one that has this name, if leaders of this kind of world can apply it. Raises `BadInput`."""
    if not isinstance(rule, TaxRule):
        if rule not in known:
            raise BadInput(f"tax: {unknown_tax(rule, known)}")
        return known[rule]
    why = _inapplicable(kind, rule)
    if why is not None:
        raise BadInput(f"tax: {why.message} ({why.fix})")
    return rule


def _inapplicable(kind: Kind, rule: TaxRule) -> Unfit | None:
    missing = sorted(rule.needs - kind.provides)
    if missing:
        return Unfit(f"{rule.name!r} needs {', '.join(missing)}, which {kind.noun} has not", "use another rule")
    if rule.name in RULES and RULES[rule.name] != rule:
        return Unfit(f"{rule.name!r} is the name of one of robosim's own rules", "give yours a name of its own")
    return None


def tax_rule(scenario: WorldFile) -> TaxRule:
    """The rule that `leader.tax` names. Raises `BadInput` at the key."""
    known, name = tax_rules(kind_of(scenario), scenario.source), scenario.leader.tax
    try:
        if name not in known:
            raise scenario.error("leader.tax", unknown_tax(name, known))
        return known[name]
    except Misfit as problem:
        raise scenario.error("leader.tax", str(problem)) from None


def is_shipped(rule: TaxRule) -> bool:
    """Whether it is one of robosim's own rules."""
    return RULES.get(rule.name) is rule


def unknown_tax(name: object, known: Mapping[str, TaxRule]) -> str:
    """What is said of a rule that is not there."""
    names = ", ".join(known)
    return f"{name!r} is no tax rule of this world ({suggestion(name, known, f'use one of {names}')})"
