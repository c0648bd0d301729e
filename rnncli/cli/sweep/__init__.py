"""``rnncli sweep``: its command line, one sweep, and what is told of it."""
