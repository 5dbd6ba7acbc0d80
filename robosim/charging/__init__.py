"""Electric vehicles charge at a station by the prices of an auction (T, sections II and V)."""
