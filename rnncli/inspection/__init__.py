"""How to look inside a trained network: each view answers one question with plain data and draws nothing.

:mod:`rnncli.inspection.views` lists the views and says how to add one.
"""
