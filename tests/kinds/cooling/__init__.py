"""Halls of computers that share cooling power: a kind of world for robosim, in a distribution of its own."""
