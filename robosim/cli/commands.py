"""Every command, registered on the application by being imported here."""

from robosim.cli import demo, files, incentives, missions
from robosim.cli.app import app

__all__ = ["app", "demo", "files", "incentives", "missions"]
