"""What a user writes and a type checker understands; `test_typed_api.py` runs it and checks it with `mypy --strict`.

Every `type: ignore` stands where the checker must see an error: one that is not needed is an error itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, assert_type

import numpy as np

import robosim
from robosim import Array, Case, Heard, Links, Rules, Said, View


@dataclass(frozen=True, kw_only=True)
class Wait(robosim.Strategy):
    """A strategy of one's own: stay where it is for some rounds."""

    rounds: int = 10

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        """Its first position until round `rounds`."""
        return memory, {"z": view.own["start"]} if k < self.rounds else view.faithful


class Half:
    """A controller of one's own: half of the way to the mean of the neighbours."""

    def start(self, own: Said, rules: Rules, links: Links) -> tuple[Array, Said]:
        """Each begins where it is."""
        return links.degree, {"z": own["start"]}

    def step(self, state: Array, heard: Heard) -> tuple[Array, Said]:
        """Half of what it heard, half of its own."""
        return state, {"z": heard.own["z"] / 2 + heard.total("z") / (2 * state[:, None])}

    def report(self, own: Said, decision: Array, meter: Said) -> Said:
        """What it pays for."""
        return {"cost": np.square(decision - own["start"]).sum(axis=2, keepdims=True)}


class Deaf:
    """No controller: it has no `step`."""

    def start(self, own: Said, rules: Rules, links: Links) -> tuple[None, Said]:
        """Each begins where it is."""
        return None, own


def share(case: Case) -> Array:
    """Everybody pays the same share of the costs."""
    return np.broadcast_to(case.reported.mean(axis=1, keepdims=True), case.reported.shape)


SHARE = robosim.TaxRule(name="share", pay=share)


def missions() -> None:
    """Without `kind` any mission, with it the one that was named; its record too."""
    assert_type(robosim.load("erratum"), robosim.Mission[robosim.Record])
    assert_type(robosim.run("erratum"), robosim.Record)
    meeting = robosim.load("rendezvous", set={"mission.rounds": 20}, kind=robosim.Rendezvous)
    assert_type(meeting, robosim.Rendezvous)
    assert_type(meeting.faithful().billed(SHARE).run(), robosim.RendezvousRecord)
    assert_type(robosim.run("market", kind=robosim.Auction), robosim.AuctionRecord)


def records() -> None:
    """What they hold."""
    small = {"station.count": 4, "station.limit_kw": 12.0}
    day = robosim.run("charging-day-ahead", set=small, seed=3, kind=robosim.Charging)
    assert_type(day, robosim.ChargingRecord)
    assert_type(day.day.metered_kw, Array)
    assert_type(day.gap, Array)
    freight = robosim.run("freight", kind=robosim.Freight)
    assert_type(freight, robosim.FreightRecord)
    assert_type(freight.payment, Array)
    record = robosim.run(
        "erratum", network=robosim.Network.of([(0, 1), (1, 2), (2, 3), (3, 4)]), kind=robosim.Rendezvous
    )
    assert_type(record.positions, Array)
    assert_type(record.settlement, robosim.Settlement)
    assert_type(record.verdict, robosim.Verdict)
    assert_type(record.verdict.epsilon, robosim.Epsilon)
    assert_type(record.verdict.epsilon.certified, float | None)
    assert_type(record.table(), list[dict[str, Any]])


def selfish() -> None:
    """Attacks, certificates, strategies of one's own."""
    mission = robosim.load("rendezvous", strategies={3: Wait(rounds=5)}, set={"mission.rounds": 20})
    mission.run()
    found = robosim.attack(mission, agents=[3], strategies=["stationary"], taxes=["none"])
    assert_type(found, robosim.Attacks)
    assert_type(found.attacks[0], robosim.Attack)
    assert_type(found.attacks[0].gain, float)
    certificate = robosim.certify(mission, seconds=0.0)
    assert_type(certificate, robosim.Certificate)
    assert_type(certificate.epsilon, robosim.Epsilon)


def programs() -> None:
    """Controllers and tax rules of one's own."""
    makes: Callable[[], robosim.Controller] = Half
    robosim.check_controller(makes)
    robosim.check_controller(Half)
    robosim.run("erratum", controller=Half())


def pictures() -> None:
    """By name."""
    assert_type(sorted(robosim.figures_of(robosim.run("erratum"))), list[str])


def mistakes(mission: robosim.Mission[robosim.Record], record: robosim.RendezvousRecord) -> None:
    """What nobody runs, as each line is an error."""
    print(robosim.laod)  # type: ignore[attr-defined]  # no such name
    print(mission.shape)  # type: ignore[attr-defined]  # not every mission has it
    print(record.payment)  # type: ignore[attr-defined]  # of freight only
    record.rounds = 3  # type: ignore[misc]  # records are read
    print(robosim.run("erratum").positions)  # type: ignore[attr-defined]  # `kind` says which kind of world it is
    robosim.load("erratum", sed=1)  # type: ignore[call-overload]  # no such option
    robosim.load("erratum", kind=int)  # type: ignore[type-var]  # no mission
    robosim.run("erratum", seed="one")  # type: ignore[call-overload]
    robosim.load("erratum", controller=Deaf())  # type: ignore[call-overload]  # has no step
    robosim.load("erratum", strategies={3: 5})  # type: ignore[dict-item]  # no strategy, nor the name of one
    robosim.attack("rendezvous")  # type: ignore[arg-type]  # a name, not a mission
    robosim.check_controller(Deaf)  # type: ignore[arg-type]
    robosim.TaxRule(name="share")  # type: ignore[call-arg]  # pays nothing
    mission.billed(share)  # type: ignore[arg-type]  # a rule has a name
    robosim.plot(record, kinds=3)  # type: ignore[arg-type]
