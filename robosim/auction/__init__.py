"""Bidders share a resource by dual decomposition (T, sections II and V)."""
