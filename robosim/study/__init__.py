"""Studies: missions × attacks × seeds × keys, in one file that can be stopped at any time and gone on with."""
