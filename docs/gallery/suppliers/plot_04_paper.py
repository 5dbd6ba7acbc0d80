"""
Figure 6 of the freight paper, again
====================================

Thirty cases in which all suppliers misreport some costs at random, under shadow prices.
"""

from robosim.kind import kinds

entry = kinds()["freight"].reproductions()["xie-figure-6"]
found = entry.make()
figure = next(iter(found.pictures.values()))()
