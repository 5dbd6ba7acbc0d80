"""Deviations from the faithful programs: one per class, a file for each kind of agent."""
