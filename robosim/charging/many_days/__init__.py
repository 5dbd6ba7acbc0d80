"""Many days of a file, each a mission of its own, and what they come to under every rule."""
