"""User equilibrium beside the social optimum: of whole road networks, and of freight missions on their own paths."""
