"""The version, and the names that users choose from, for a command line that must not load NumPy to list them.

A test compares each tuple with its registry: who adds a cell, say, registers it in ``rnncli.engine.cells.CELLS`` and
names it here.
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
