"""Robots with a size that meet without touching each other or what stands around."""
