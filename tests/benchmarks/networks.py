"""The networks of the study notes side by side: as many parameters, as much time, the same text.

    python tests/benchmarks/networks.py corpus.txt --time 2m

Each is trained by the command line, one after the other. The validation loss is that of the last tenth of the text.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

NETWORKS = {
    "single-layer perceptron": ["--cell", "mlp", "--layers", "0", "--context", "25"],
    "multi-layer perceptron": ["--cell", "mlp", "--layers", "2", "--hidden-size", "145", "--context", "8"],
    "RNN": ["--cell", "rnn", "--layers", "1", "--hidden-size", "267"],
    "LSTM": ["--cell", "lstm", "--layers", "1", "--hidden-size", "128"],
    "GRU": ["--cell", "gru", "--layers", "1", "--hidden-size", "149"],
}
"""Each of some 107,000 parameters for an alphabet of 65 characters."""


def train(corpus: str, options: list[str], time: str) -> tuple[dict[str, float], dict[str, float]]:
    """The first and the last event of a run."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "rnncli", "train", corpus, "--time", time, "--json", "-q"]
        command += ["-o", str(Path(folder) / "model.npz"), *options]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return json.loads(lines[0]), json.loads(lines[-1])


def main() -> None:
    """Print a row of a table for each network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus")
    parser.add_argument("--time", default="2m")
    arguments = parser.parse_args()
    print("| network | options | parameters | epochs | validation, nats |\n|---|---|---|---|---|")
    for name, options in NETWORKS.items():
        start, end = train(arguments.corpus, options, arguments.time)
        print(
            f"| {name} | `{' '.join(options)}` | {start['parameters']:,} | {end['epoch']:.1f} | "
            f"{end['best_validation_loss']:.4f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
