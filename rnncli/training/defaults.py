"""Choices by the task and the size of the text, where the user made none."""

import math
from typing import Any

from rnncli.datasets.pairs import PairCorpus
from rnncli.datasets.text import Corpus
from rnncli.engine.cells import CELLS
from rnncli.engine.optimizers import OPTIMIZERS
from rnncli.models.config import FEED_FORWARD, NetworkConfig
from rnncli.training.machine import cores
from rnncli.training.options import TrainingOptions

WORK, WORK_OF_PAIRS = 1e13, 4e12
"""Multiplications of a run of default length, two to four minutes on a laptop. It is counted and not timed, so that the
same seed gives the same model on a slow machine and a fast one. Pairs need fewer, as the tasks in the README show."""

LONG, WIDTHS, ENOUGH_EPOCHS = 200_000, (512, 384, 256), 10
"""A text of at least LONG characters gets the widest of these layers with which a run reads it ENOUGH_EPOCHS times."""

MOST_DROPOUT, SHORT = 0.5, 20_000
"""The figures behind WIDTHS, dropout and the rate: tiny Shakespeare, its last 10 % held out, two cores (AVX-512), GRU,
32 × 64 characters a step. The validation loss in nats, and how often the text was read, in three minutes:

    256 units, rate 0.005, dropout 0     1.562  (16)      512 units, rate 0.005, dropout 0.5   1.508  (7)
    256 units, rate 0.005, dropout 0.2   1.526  (22)      384 units, rate 0.008, dropout 0.4   1.496  (12)
    384 units, rate 0.005, dropout 0.3   1.510  (12)      384 units, rate 0.012, dropout 0.5   1.490  (13)
    384 units, rate 0.005, dropout 0.4   1.505  (12)      512 units, rate 0.008, dropout 0.5   1.494  (8)
    384 units, rate 0.005, dropout 0.5   1.503  (12)      384 units, rate 0.02, dropout 0.5    1.771

What did not pay: one mask for a whole window (variational dropout; 256 units, 0.3), 1.533; dropping recurrent weights
as well (DropConnect, 0.3; 256 units, 0.2), 1.531, and (384 units, 0.3), 1.519, and in 8 minutes (0.4; 512 units)
1.564 where there is 1.471 without; the mean of the weights at the end, 1.5053 for 1.5058; orthogonal recurrent
weights."""

WARMUP, RATE = 500, 8e-3
"""Steps of warm-up on running text, and the rate of Adam for a GRU with one-hot input. Networks of which the rate rises
in 50 steps are often saturated by then, and recover slowly: the longer the structure of a text, the more. Validation
losses in nats after 90 s on two cores (AVX-512), GRU, 32 × 64 characters a step, by rate and warm-up:

                                     0.005, 50   0.005, 300   0.008, 300   0.008, 500   0.012, 50   0.012, 300
    English manuals, 3 M characters      1.209        1.176        1.167                    1.359        1.194
    vim's manuals, 3 M, embedding        1.738        1.544                     1.563       2.297        1.709
    Python, 3 M                          1.343                                  1.348       1.358
    Korean messages, 1 M, embedding      1.932        1.951                     1.942       2.015

A warm-up of 1,000 steps gave English manuals 1.170 (0.008), vim's 1.532 (0.005)."""

EPOCHS, FEWEST_STEPS, FEWEST_STEPS_OF_PAIRS = 30, 300, 1_000
"""A run of default length reads no text more often than EPOCHS times, unless that were fewer steps than these."""

CLASSIFIER = {"hidden_size": 192, "embedding_size": 64, "dropout": 0.6}
CLASSIFIER_DECAY, CLASSIFIER_EPOCHS = 0.01, 60
"""A classifier learns by heart what it can, so it is held back. Right answers and macro-F1 on surnames of 18 languages,
15 % put aside, two draws: 83.5 % and 0.53, 82.2 % and 0.54 with this; 83.3 % and 0.52, 81.4 % and 0.50 with a
dropout of 0.5 and 30 epochs; 82.1 % and 0.50, 81.3 % and 0.49 with 0.5 and 60 epochs. 320 units, a rate of 0.003, 80
epochs and a decay of 0.05 gained nothing. Logistic regression on n-grams has 82.9 % and 0.50, 82.2 % and 0.51 there."""

TAGGER = {"dropout": 0.2}

FEW = 300
"""Sets of fewer lines are learnt as they are, without dropout and decay."""

CONTEXT = 8
"""Characters that a feed-forward network sees."""


def default_network(
    corpus: Corpus | PairCorpus, cell: str = NetworkConfig.cell, work: float | None = None
) -> NetworkConfig:
    """A network for a text of so many characters: wide where there is much to learn, narrow where it would only
    learn by heart, or where ``work`` multiplications are too few for a wide one. None stands for a length in steps,
    which says nothing of that."""
    size, vocabulary_size = characters(corpus), len(corpus.vocabulary)
    sizes = ((1_000, 32), (20_000, 96), (LONG, 192), (math.inf, WIDTHS[-1]))
    hidden_size = next(units for limit, units in sizes if size < limit)
    if isinstance(corpus, Corpus) and size >= LONG and work is not None and cell != FEED_FORWARD:
        gates = len(CELLS[cell]("tanh").gates)
        parameters = {units: gates * units * (units + vocabulary_size) + units * vocabulary_size for units in WIDTHS}
        enough = (units for units in WIDTHS if work / (3 * parameters[units] * size) >= ENOUGH_EPOCHS)
        hidden_size = next(enough, WIDTHS[-1])
    choices: dict[str, Any] = {
        "hidden_size": hidden_size,
        "embedding_size": 0 if vocabulary_size <= 256 else 64,
    }
    if len(corpus.training) >= FEW:
        choices |= {"classify": CLASSIFIER, "tag": TAGGER}.get(corpus.task, {})
    return NetworkConfig(
        cell=cell,
        **choices,
        context=CONTEXT if cell == FEED_FORWARD else 0,
        bidirectional=corpus.task != "generate",
    )


def default_dropout(corpus: Corpus | PairCorpus, parameters: int, epochs: float) -> float:
    """The more parameters for each character that is learnt, and the more often it is read, the more must be left out
    so that the network does not learn by heart. Measured, see the README. Short texts are learnt as they are, for
    there it is the point; a set of pairs has a choice of its own by its task."""
    size = characters(corpus)
    if isinstance(corpus, PairCorpus) or size < SHORT:
        return default_network(corpus).dropout
    return round(min(MOST_DROPOUT, 0.9 * parameters / size * min(1.0, epochs / ENOUGH_EPOCHS)), 1)


def default_learning(corpus: Corpus | PairCorpus, optimizer: str, config: NetworkConfig) -> dict[str, Any]:
    """Batch size, window, learning rate and weight decay."""
    rate = OPTIMIZERS[optimizer].learning_rate
    if isinstance(corpus, Corpus) and optimizer == "adam" and config.cell == "gru" and not config.embedding_size:
        rate = RATE
    batch_size, seq_length = default_streams(characters(corpus))
    if isinstance(corpus, PairCorpus):
        batch_size, seq_length = max(1, min(32, len(corpus.training) // 4)), TrainingOptions.seq_length
    return {
        "batch_size": batch_size,
        "seq_length": seq_length,
        "learning_rate": rate,
        **({"weight_decay": CLASSIFIER_DECAY} if corpus.task == "classify" and len(corpus.training) >= FEW else {}),
    }


def default_warmup(corpus: Corpus | PairCorpus, steps: float) -> int:
    """Steps of warm-up in a run of about so many: a tenth of them at most."""
    return min(WARMUP if isinstance(corpus, Corpus) else TrainingOptions.warmup, round(steps) // 10)


def default_streams(size: int) -> tuple[int, int]:
    """Batch size and window for a text of so many characters: as many streams as leave each at least some windows of
    its own."""
    seq_length = max(1, min(64, size - 1))
    batch_size = max(1, min(32, size // (8 * seq_length)))
    return batch_size, seq_length


def default_steps(corpus: Corpus | PairCorpus, parameters: int, in_step: float) -> int:
    """Steps of a run of default length, of ``in_step`` characters each: by WORK, but not more epochs than are good."""
    work = WORK if isinstance(corpus, Corpus) else WORK_OF_PAIRS
    affordable = work / (3 * parameters * in_step)  # forward, and twice as much backward
    often = CLASSIFIER_EPOCHS if corpus.task == "classify" else EPOCHS
    epochs = often * characters(corpus) / in_step
    fewest = FEWEST_STEPS if isinstance(corpus, Corpus) else FEWEST_STEPS_OF_PAIRS
    return max(fewest, round(min(affordable, epochs)))


def default_workers(parameters: int, in_step: float, batch_size: int, steps: float, seconds: float | None) -> int:
    """How many processes pay for a run of so many steps, or of so many seconds, that each read ``in_step`` characters.

    To start one costs some tenths of a second, and each step that they share some tens of microseconds: runs of a few
    seconds and steps of less than a millisecond stay with one.
    """
    work = 3.0 * parameters * in_step  # multiplications of a step
    if work < 2e7 or (seconds or steps * work / 3e10) < 5:
        return 1
    return max(1, min(cores(), batch_size // 4, 8))


def characters(corpus: Corpus | PairCorpus) -> int:
    """What there is to learn from: the characters of the longer column, where there are two."""
    if isinstance(corpus, Corpus):
        return len(corpus.training)
    return max(len(corpus.training.texts.ids), len(corpus.training.partners.ids))


def characters_in_step(corpus: Corpus | PairCorpus, batch_size: int, seq_length: int) -> float:
    """Characters that a step reads, on average."""
    if isinstance(corpus, Corpus):
        return batch_size * seq_length
    return batch_size * characters(corpus) / len(corpus.training)
