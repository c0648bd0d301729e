"""How to look inside a trained network: one file per question, and each returns plain data and draws nothing.

To add a view, write a function here that answers its question with a dataclass, one in ``terminal/`` that draws it,
and name both in ``rnncli/cli/inspect.py``.
"""
