"""What is learnt in some minutes with default options: by the network, by the counts beside it, and by both.

    python tests/benchmarks/learning.py corpus.txt other.txt --time 3m

For each text: ``rnncli train TEXT --time 3m --ngram 10``, scored on the last tenth, which was held out, in one pass
with the state carried; and the same with dynamic evaluation. The weight of the counts was fitted on the same tenth; the
loss that ``train`` reports, where each half has the weight of the other, stands in brackets.
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # for its neighbours, when it is run as a script

from tests.benchmarks.commands import print_heading, print_row, rnncli

ORDER = 10


def main() -> None:
    """Print a row of a table for each text and length."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", nargs="+")
    parser.add_argument("--time", nargs="+", default=["3m"])
    arguments, options = parser.parse_known_args()
    titles = ["text", "time", "network", "epochs", "network, nats", "counts", "both", "--adapt: network", "both"]
    print_heading(titles)
    for corpus in arguments.corpora:
        for length in arguments.time:
            with tempfile.TemporaryDirectory() as folder:
                model, held_out = Path(folder) / "model.npz", Path(folder) / "held-out.txt"
                *_, end = rnncli("train", corpus, "--time", length, "--ngram", ORDER, "-o", model, "-q", *options)
                [data] = rnncli("inspect", model)
                text = Path(corpus).read_text("utf-8-sig")
                held_out.write_text(text[-data["corpus"]["validation"] :], "utf-8")
                [plain] = rnncli("score", model, held_out, "--streams", 1)
                [adapted] = rnncli("score", model, held_out, "--adapt")
            network = data["network"]
            row = [
                Path(corpus).name,
                length,
                f"{network['cell'].upper()} {network['layers']} × {network['hidden_size']}, {network['dropout']:g}",
                f"{end['epoch']:.1f}",
                f"{plain['network_nats_per_character']:.4f}",
                f"{plain['counts_nats_per_character']:.4f}",
                f"{plain['nats_per_character']:.4f} ({end['counts']['mixture']:.4f})",
                f"{adapted['network_nats_per_character']:.4f}",
                f"{adapted['nats_per_character']:.4f}",
            ]
            print_row(row)


if __name__ == "__main__":
    main()
