"""World file → mission, for every kind of world."""
