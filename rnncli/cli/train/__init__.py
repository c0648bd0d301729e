"""``rnncli train``: the options, what is learnt, the run, and what it says."""
