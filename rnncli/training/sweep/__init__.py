"""Sweeps: which network suits a text? Many short runs, whose options Optuna chooses.

The space of the options is in :mod:`.space`, one run in :mod:`.trial`, the order of runs and their storage in
:mod:`.study`, what came of them in :mod:`.findings`. Nothing here prints, and Optuna is loaded by
:mod:`.library` alone.
"""
