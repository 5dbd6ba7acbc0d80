"""Find what a user brings by name: programs, strategies and tax rules, in a project, in robosim, among packages."""
