"""Every command, registered on the application by being imported here."""

from robosim.cli import compare, demo, files, incentives, missions, reproduce
from robosim.cli.app import app

__all__ = ["app", "compare", "demo", "files", "incentives", "missions", "reproduce"]
