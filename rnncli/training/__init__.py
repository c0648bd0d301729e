"""How weights change: the plan of a run, the loop, and the process group that shares it.

The loop is a generator of reports and knows nothing of terminals or files: who iterates over it draws, saves, stops.
"""
