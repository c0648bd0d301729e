"""``rnncli train``: its options, the data, the run, and what it reports."""
