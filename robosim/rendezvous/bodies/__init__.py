"""How robots get from where they are to where they are told: one body a file."""
