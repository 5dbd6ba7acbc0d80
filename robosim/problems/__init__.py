"""What agents and leaders want: costs, limits and couplings as plain data, and their central optima."""
