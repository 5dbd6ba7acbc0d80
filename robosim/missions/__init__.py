"""The mission loop, and each kind of mission that settles its own way."""
