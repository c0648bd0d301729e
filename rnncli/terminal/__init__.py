"""How things look: numbers as words, progress, charts, coloured cells.

Everything for people goes to standard error; standard output is for data.
"""
