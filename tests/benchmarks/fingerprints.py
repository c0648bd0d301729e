"""The SHA-256 of the parameters after some steps, for every cell, task and arrangement, with one worker and two.

    python tests/benchmarks/fingerprints.py > before.txt

Run it before a change that must leave the results alone and after it, on one machine, and compare: the same seed gives
the same bytes on the same kind of machine. It knows the command line and the model file alone, so it runs against any
version: ``PYTHONPATH`` says which.
"""

import hashlib
import subprocess
import sys
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

ROOT = Path(__file__).parents[2]
CELLS = ("rnn", "gru", "lstm")
RUNNING = ["data/structure.txt", "--task", "generate"]
CASES: dict[str, list[str]] = {
    **{f"generate {cell}": [*RUNNING, "--cell", cell, "--layers", "2"] for cell in CELLS},
    "generate gru, embedding": [*RUNNING, "--embedding-size", "8", "--dropout", "0.3"],
    "generate mlp": [*RUNNING, "--cell", "mlp", "--context", "5"],
    "generate perceptron": [*RUNNING, "--cell", "mlp", "--layers", "0"],
    "generate rnn, relu, mse": [*RUNNING, "--cell", "rnn", "--activation", "relu", "--loss", "mse"],
    "generate tails": [*RUNNING, "--validation-split", "tails"],
    "generate bytes": [*RUNNING, "--encoding", "bytes", "--optimizer", "rmsprop"],
    "generate, defaults": RUNNING,
    **{
        f"{task} {cell}": [f"data/{file}", "--task", task, "--cell", cell]
        for (task, file), cell in product(
            (("classify", "names.tsv"), ("tag", "blanks.tsv"), ("translate", "dates.tsv"), ("generate", "names.tsv")),
            CELLS,
        )
    },
    "classify two, one direction": ["data/reviews.tsv", "--task", "classify", "--no-bidirectional", "--layers", "2"],
    "tag, two layers": ["data/blanks.tsv", "--task", "tag", "--layers", "2", "--optimizer", "adagrad"],
    "translate, two layers": ["data/dates.tsv", "--task", "translate", "--layers", "2", "--optimizer", "momentum"],
}
SMALL = ["--steps", "23", "--eval-every", "10", "--hidden-size", "48", "--batch-size", "16", "--seed", "3", "-q", "-f"]
DEFAULTS = ["--steps", "23", "--seed", "3", "-q", "-f"]


def fingerprint(words: list[str], workers: int, model: Path) -> str:
    """Train, and hash all arrays but the metadata."""
    options = DEFAULTS if words == RUNNING else SMALL
    command = [sys.executable, "-m", "rnncli", "train", *words, *options, "--workers", str(workers), "-o", str(model)]
    subprocess.run(command, cwd=ROOT, check=True)
    digest = hashlib.sha256()
    with np.load(model) as file:
        for name in file.files[1:]:
            digest.update(name.encode() + file[name].tobytes())
    return digest.hexdigest()


def main() -> None:
    """A line for each case and number of workers."""
    with TemporaryDirectory() as folder:
        for (name, words), workers in product(CASES.items(), (1, 2)):
            print(f"{fingerprint(words, workers, Path(folder) / 'model.npz')}  {name}, workers {workers}", flush=True)


if __name__ == "__main__":
    main()
