"""What drivers' own misstatements cost: the script that makes the table in docs/online.md."""

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import robosim
from robosim.agent import Deviation
from robosim.controllers.selfish.evs import AsInData
from tests.real_days import DATA

ROOT = Path(__file__).parents[1]
real = pytest.mark.skipif(
    not (DATA / "acn_jpl").is_dir(), reason="LOUD: ../shared/data/ev is not here, no real day is played"
)


@pytest.fixture(scope="module")
def study() -> ModuleType:
    path = ROOT / "scripts" / "study_stated.py"
    spec = importlib.util.spec_from_file_location("study_stated", path)
    made = importlib.util.module_from_spec(spec)
    sys.modules["study_stated"] = made  # its dataclass looks itself up there
    spec.loader.exec_module(made)
    return made


@pytest.mark.deep
def test_net_costs_change_under_groves_as_under_vcg(study: ModuleType) -> None:
    """k_i is the same bits whatever car i says, so that the days without it need not be played."""
    few = {"station.count": 6, "station.limit_kw": 7.0, "station.replan_min": 15, "leader.epsilon_share": 1e-4}
    mission = robosim.load("charging", seed=3, set=study.KEYS | few)
    for car in (1, 4):
        lie = Deviation(strategy=AsInData(), missions=np.array([1]), agents=np.array([car]))
        changes = []
        for tax in ("vcg", study.TAXES["vcg"]):
            batch = mission.billed(tax).playing((lie,), batch=2)
            net = batch.settle(batch.played()).net_cost[:, car]
            changes.append(net[1] - net[0])
        assert changes[0] == pytest.approx(changes[1], abs=1e-9)
        assert abs(changes[0]) > 1e-3


@real
def test_a_misstatement_costs_who_makes_it_on_a_real_day(study: ModuleType) -> None:
    """A day of JPL with few cars: nobody gains under VCG more than what agreements leave open, most lose."""
    path = DATA / "acn_jpl" / "2019-05-01_2019-08-31.csv.gz"
    day = study.studied("jpl 2019-05-18", path, "2019-05-18", 20.0)
    assert (day.own["vcg"] > -study.NOTHING).all()
    assert (day.own["vcg"] > study.NOTHING).mean() > 0.8
    assert day.together[1] > day.together[0]
    np.testing.assert_allclose(day.own["vcg"], day.own["none"] + day.others, atol=1e-9)
    assert len(study.table([day]).splitlines()) == 2 + len(study.TAXES) + 2


@pytest.mark.deep
@real
def test_the_page_has_what_the_study_finds(study: ModuleType) -> None:
    days = [study.studied(*day) for site in study.SITES for day in study.busiest(site, 3)]
    found = [line.split("|") for line in study.table(days).splitlines() if line.startswith("| ")][1:]
    page = (ROOT / "docs" / "online.md").read_text(encoding="utf-8")
    for cells in found:
        rest = r" \|".join(re.escape(cell.rstrip()) for cell in cells[3:-1])
        assert re.search(rf"\| {re.escape(cells[1].strip())} \|{rest} \|", page), cells
