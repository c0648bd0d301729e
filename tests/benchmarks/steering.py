"""Whether find, prove, steer holds what it promises: the commands that rnncli prints are followed, and what the network
then writes is counted by code of its own.

    rnncli train plays.txt --steps 2600 -o plays.npz
    python tests/benchmarks/steering.py plays.npz "position in line"

``inspect units`` proposes ``ablate`` and ``sample --clamp``; ``ablate`` says whether the unit is the cause. The share
of the feature (of "position in line" the mean) in texts of 1,000 characters with and without the clamp: mean and
standard error, and in how many texts there is more.
"""

import argparse
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))  # for its neighbours, when it is run as a script

from tests.benchmarks.commands import print_heading, print_row, rnncli

TEXTS, LENGTH, SEED = 64, 1_000, 11


def position_in_line(text: str) -> float:
    """The mean number of characters since the line end."""
    return float(np.mean([n for line in text.split("\n") for n in range(len(line) + 1)]))


def inside_quotes(text: str) -> float:
    """The share between an odd and an even quotation mark of a paragraph."""
    inside = sum(len(part) for paragraph in text.split("\n\n") for part in paragraph.split('"')[1::2])
    return inside / len(text)


def inside_brackets(text: str) -> float:
    """The share behind more opening than closing brackets of a paragraph."""
    inside = 0
    for paragraph in text.split("\n\n"):
        depth = 0
        for character in paragraph:
            depth = max(0, depth + (character in "([{") - (character in ")]}"))
            inside += depth > 0
    return inside / len(text)


COUNTED: dict[str, Callable[[str], float]] = {
    "position in line": position_in_line,
    "inside quotes": inside_quotes,
    "inside brackets": inside_brackets,
}


def printed(*words: str) -> list[list[str]]:
    """The words of the commands that a view prints at its end."""
    command = [sys.executable, "-m", "rnncli", "inspect", *words]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [shlex.split(line)[1:] for line in output.partition("\nnext: ")[2].splitlines()]


def proposed_clamp(model: str, feature: str) -> str | None:
    """The clamp to which the printed commands lead from ``units`` by way of ``ablate``; None where they do not."""
    first, *_ = printed(model, "units", "--feature", feature)
    assert first[:3] == ["inspect", model, "ablate"]
    samples = [words for words in printed(*first[1:]) if words[0] == "sample"]
    return samples[0][samples[0].index("--clamp") + 1] if samples else None


def main() -> None:
    """Print a row of a table for each feature."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("features", nargs="+", choices=COUNTED)
    arguments = parser.parse_args()
    print_heading(["feature", "clamp", "free", "held", "more in"])
    for feature in arguments.features:
        clamp = proposed_clamp(arguments.model, feature)
        if clamp is None:
            print_row([feature, "none", "", "", ""])
            continue
        settings = ["--length", LENGTH, "--count", TEXTS, "--seed", SEED, "--network-only"]
        free, held = (
            np.array([COUNTED[feature](one["text"]) for one in rnncli("sample", arguments.model, *settings, *options)])
            for options in ([], ["--clamp", clamp])
        )
        means = (f"{amounts.mean():.3g} ± {amounts.std(ddof=1) / len(amounts) ** 0.5:.2g}" for amounts in (free, held))
        print_row([feature, clamp, *means, f"{(held > free).sum()} of {len(free)}"])


if __name__ == "__main__":
    main()
