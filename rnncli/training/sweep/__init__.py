"""Sweeps: which network suits a text? Many short runs, whose options Optuna chooses.

The space of the options is in :mod:`.space`, what is searched of it and what is fixed in :mod:`.plan`, one run in
:mod:`.trial` and how it is judged in :mod:`.metric`, the order of runs and their storage in :mod:`.study`, what came of
them in :mod:`.findings`. Nothing here prints, and Optuna is loaded by :mod:`.library` alone.
"""
