"""Pictures of a day at a station."""
