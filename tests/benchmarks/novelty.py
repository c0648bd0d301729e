"""What counts beside a network change in the texts that it writes: how much is copied, and how many words are words.

    rnncli train corpus.txt --time 3m --ngram 10
    python tests/benchmarks/novelty.py model.npz corpus.txt

For each temperature, with counts and without: the share of 20-character sequences that occur in the training text
(``sample --novelty``), the longest one, the share of words that occur in the training text or in the held-out text, and
that of words that were not written before in the same text. Four texts of 10,000 characters; means.
"""

import argparse
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # for its neighbours, when it is run as a script

from tests.benchmarks.commands import print_heading, print_row, rnncli

TEMPERATURES = (0.7, 1.0)
TEXTS, LENGTH, SEED = 4, 10_000, 0


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def main() -> None:
    """Print a row of a table for each temperature, with counts and without."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("corpus")
    arguments = parser.parse_args()
    [overview] = rnncli("inspect", arguments.model)
    text, held_out = Path(arguments.corpus).read_text("utf-8-sig"), overview["corpus"]["validation"]
    known, elsewhere = set(words(text[:-held_out])), set(words(text[-held_out:]))
    titles = ["temperature", "predicted by", "copied", "longest copy", "words of the training text"]
    titles += ["of the held-out text", "distinct"]
    print_heading(titles)
    for temperature in TEMPERATURES:
        for name, options in (("network", ["--network-only"]), ("network and counts", [])):
            settings = ["-t", temperature, "--length", LENGTH, "--count", TEXTS, "--seed", SEED, "--novelty", *options]
            samples = rnncli("sample", arguments.model, *settings)
            written = [words(sample["text"]) for sample in samples]
            every = [word for text in written for word in text]
            row = [
                f"{temperature:g}",
                name,
                f"{sum(sample['copied'] for sample in samples) / TEXTS:.1%}",
                f"{max(len(sample['longest_copy']) for sample in samples)}",
                f"{sum(word in known for word in every) / len(every):.1%}",
                f"{sum(word in elsewhere for word in every) / len(every):.1%}",
                f"{sum(len(set(text)) / len(text) for text in written) / TEXTS:.1%}",
            ]
            print_row(row)


if __name__ == "__main__":
    main()
