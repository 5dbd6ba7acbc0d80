"""Pictures of a freight mission."""
