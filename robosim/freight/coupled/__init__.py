"""Problems with coupled costs and constraints (X, (P)): their optimum, bounds of it, their files."""
