"""Attacks: every named strategy by every agent, programs that are searched for, and coalitions."""

from robosim.attacks.named import ALL as ALL
from robosim.attacks.named import Attack as Attack
from robosim.attacks.named import Attacks as Attacks
from robosim.attacks.named import OrderBroken as OrderBroken
from robosim.attacks.named import attack as attack
from robosim.attacks.search import Effort as Effort
from robosim.attacks.search import search as search
