"""The version, the names that users choose from, and the plural of a noun.

It imports nothing, so that the command line lists its choices without loading NumPy. A test compares each tuple with
its registry: who adds a cell, say, registers it in ``rnncli.engine.cells.CELLS`` and names it here.
"""

__version__ = "0.1.0"

RECURRENT_CELLS = ("rnn", "gru", "lstm")
CELLS = (*RECURRENT_CELLS, "mlp")
ACTIVATIONS = ("tanh", "relu", "leaky-relu", "sigmoid")

OPTIMIZERS = ("sgd", "momentum", "rmsprop", "adagrad", "adam")
SCHEDULES = ("constant", "linear", "cosine")
LOSSES = ("cross-entropy", "mse")

TASKS = ("generate", "classify", "tag", "translate")
ENCODINGS = ("utf-8", "bytes")
VALIDATION_SPLITS = ("end", "tails")


def plural(number: int, noun: str) -> str:
    """1 layer, 2 layers, 2 processes"""
    ending = "" if number == 1 else "es" if noun.endswith("s") else "s"
    return f"{number:,} {noun}{ending}"
