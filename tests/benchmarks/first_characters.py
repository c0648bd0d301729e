"""How well a network predicts the first characters that it reads, by the probability with which a stream begins anew in
training (``state_reset``), and what that costs the whole text.

    python tests/benchmarks/first_characters.py corpus.txt other.txt --steps 1500 --layers 2 --hidden-size 128

For each text, seed and probability the loss in nats on the last tenth, which was held out: of the whole, in one pass
with the state carried; of 50 characters after each of some random places, from the zero state and with the state
carried there; and of 50 characters at the beginning of a line, from the zero state alone and with a line end read
first.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))  # for its neighbours, when it is run as a script

from rnncli.datasets.sources import open_sources
from rnncli.engine.arrays import Array, Ids
from rnncli.evaluation.losses import score, stateful
from rnncli.models.language_model import LanguageModel
from rnncli.training.data import open_new
from rnncli.training.plan import Overrides, start_run
from tests.benchmarks.commands import print_heading, print_row

PROBABILITIES = (0.0, 1 / 64, 1 / 32, 1 / 16, 1 / 8)
PLACES, FIRST = 1_000, 50


def main() -> None:
    """Print a row of a table for each text, seed and probability."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("corpora", nargs="+")
    parser.add_argument("--probabilities", nargs="+", type=float, default=PROBABILITIES)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--steps", type=int, default=1_500)
    parser.add_argument("--layers", type=int)
    parser.add_argument("--hidden-size", type=int)
    arguments = parser.parse_args()
    network = {name: value for name in ("layers", "hidden_size") if (value := getattr(arguments, name)) is not None}
    titles = ["text", "network", "seed", "reset", "whole", "first 50", "carried", "of a line", "after a line end"]
    print_heading(titles)
    for seed in arguments.seeds:
        for corpus in arguments.corpora:
            for probability in arguments.probabilities:
                dataset = open_new({"seed": seed}, lambda reading, corpus=corpus: open_sources([corpus], reading))
                learning = {"state_reset": probability, "seed": seed, "workers": 1}
                trainer = start_run(dataset, Overrides(network, learning, {"steps": arguments.steps}))
                for _ in trainer.run():
                    pass
                model, held_out = trainer.best_model, np.asarray(dataset.validation)
                losses = [score(model, held_out).nats, *first_characters(model, held_out)]
                known = [Path(corpus).name, model.config.describe(), seed, f"{probability:.4f}"]
                print_row([*known, *(f"{nats:.4f}" for nats in losses)])


def first_characters(model: LanguageModel, ids: Ids) -> list[float]:
    """Mean losses of ``FIRST`` characters: after random places, from the zero state and with the state carried; in a
    line, from its beginning and from the line end before it."""
    rng, last = np.random.default_rng(0), len(ids) - FIRST - 2
    places = rng.permutation(last)[:PLACES]
    carried = np.concatenate([losses.nats for losses in stateful(model, ids)])
    [line_end] = model.vocabulary.encode("\n")
    ends = np.flatnonzero(ids[:last] == line_end)
    ends = rng.permutation(ends)[:PLACES]
    return [
        from_zero(model, ids, places).mean(),
        carried[places + np.arange(FIRST)[:, None]].mean(),
        from_zero(model, ids, ends + 1).mean(),
        from_zero(model, ids, ends, FIRST + 1)[1:].mean(),
    ]


def from_zero(model: LanguageModel, ids: Ids, places: Ids, count: int = FIRST) -> Array:
    """Losses (count, B) of the characters after each of B places, the zero state before it."""
    read = ids[places + np.arange(count + 1)[:, None]].astype(np.intp)
    forward = model.forward(read[:-1], model.zero_state(len(places)))
    return model.losses_of(forward, read[1:])[0].copy()


if __name__ == "__main__":
    main()
