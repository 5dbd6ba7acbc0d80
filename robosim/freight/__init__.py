"""Suppliers share roads, or agents any problem with coupled costs and constraints (X)."""
