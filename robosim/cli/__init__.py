"""The command line: thin commands over the public functions; numbers on stdout, progress and errors on stderr."""
