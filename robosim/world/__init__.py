"""Physical worlds: what bodies do with what agents say, and what it costs."""
