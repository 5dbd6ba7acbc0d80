"""Charging sessions as people have them: tables in four spellings, ACN-Data and OCPI, each recognised by its names."""
