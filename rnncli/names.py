"""The version, the names that users choose from, the plural of a noun, and a command line of rnncli.

It imports nothing heavy, so that the command line lists its choices without loading NumPy. A test compares each tuple
with its registry: who adds a cell, say, registers it in ``rnncli.engine.cells.CELLS`` and names it here.
"""

import shlex
from collections.abc import Sequence

__version__ = "0.2.0"

RECURRENT_CELLS = ("rnn", "gru", "lstm")
CELLS = (*RECURRENT_CELLS, "mlp")
ACTIVATIONS = ("tanh", "relu", "leaky-relu", "sigmoid")

OPTIMIZERS = ("sgd", "momentum", "rmsprop", "adagrad", "adam")
SCHEDULES = ("constant", "linear", "cosine")
LOSSES = CROSS_ENTROPY, MSE = ("cross-entropy", "mse")
CLASS_WEIGHTS = ("none", "balanced")

TASKS = ("generate", "classify", "tag", "translate")
NORMAL_FORMS = ("nfc", "nfkc", "none")
SHUFFLES = ("lines", "documents")
VALIDATION_SPLITS = ("end", "tails")

MAX_ORDER = 20
"""Of n-gram models."""

MAX_FORGET_BIAS = 100
"""Of an LSTM, to either side of 0."""


def plural(number: int, noun: str) -> str:
    """1 layer, 2 layers, 2 processes"""
    ending = "" if number == 1 else "es" if noun.endswith("s") else "s"
    return f"{number:,} {noun}{ending}"


def file_size(size: int) -> str:
    """65 KB, 1.2 MB, in powers of 1,000, as disks and package indexes count bytes."""
    return f"{size / 1e6:.1f} MB" if size >= 999_500 else f"{size / 1e3:.0f} KB"


def listed(names: Sequence[str], most: int = 3) -> str:
    """a.txt, b.txt, c.txt and 4 more"""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def command_line(command: str, *arguments: str, options: Sequence[str] = ()) -> str:
    """An rnncli command line that a shell understands. Where an argument begins with a dash, the options come first
    and ``--`` ends them."""
    words = [*arguments, *options]
    if any(argument.startswith("-") and argument != "-" for argument in arguments):
        words = [*options, "--", *arguments]
    return shlex.join(["rnncli", command, *words])
