"""How far from agreement faithful robots can be: which bound β is announced, and how it is found."""
