"""Robots meet by average consensus while they drive (T, section VI)."""
