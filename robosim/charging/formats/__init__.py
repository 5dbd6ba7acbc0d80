"""Charging sessions as people have them: tables in four spellings or one's own, ACN-Data, OCPI, workbooks."""
