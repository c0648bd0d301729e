"""The networks of the study notes side by side: as many parameters, as much time, the same text.

    python tests/benchmarks/networks.py corpus.txt --time 2m

Each is trained by the command line, one after the other. The validation loss is that of the last tenth of the text.
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # for its neighbours, when it is run as a script

from tests.benchmarks.commands import print_heading, print_row, rnncli

NETWORKS = {
    "single-layer perceptron": ["--cell", "mlp", "--layers", "0", "--context", "25"],
    "multi-layer perceptron": ["--cell", "mlp", "--layers", "2", "--hidden-size", "145", "--context", "8"],
    "RNN": ["--cell", "rnn", "--layers", "1", "--hidden-size", "267"],
    "LSTM": ["--cell", "lstm", "--layers", "1", "--hidden-size", "128"],
    "GRU": ["--cell", "gru", "--layers", "1", "--hidden-size", "149"],
}
"""Each of some 107,000 parameters for an alphabet of 65 characters."""


def main() -> None:
    """Print a row of a table for each network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus")
    parser.add_argument("--time", default="2m")
    arguments = parser.parse_args()
    print_heading(["network", "options", "parameters", "epochs", "validation, nats"])
    for name, options in NETWORKS.items():
        with tempfile.TemporaryDirectory() as folder:
            output = ["-o", Path(folder) / "model.npz", "-q"]
            start, *_, end = rnncli("train", arguments.corpus, "--time", arguments.time, *output, *options)
        loss = f"{end['best_validation_loss']:.4f}"
        print_row([name, f"`{' '.join(options)}`", f"{start['parameters']:,}", f"{end['epoch']:.1f}", loss])


if __name__ == "__main__":
    main()
