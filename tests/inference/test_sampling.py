"""Draws have the distribution that was asked for, and text goes on from its prime."""

from itertools import islice
from typing import Any

import numpy as np
import pytest

from rnncli.engine.activations import softmax
from rnncli.inference.sampling import SamplingConfig, as_beginning, full_prime, generate
from rnncli.models.language_model import LanguageModel
from tests.helpers import random_ids, random_model, random_pair_model

SHARES = np.array([0.1, 0.4, 0.05, 0.25, 0.2])


def model_of(shares: np.ndarray) -> LanguageModel:
    """A model that expects these shares of its characters after any text."""
    model = random_model("".join(chr(0x100 + n) for n in range(len(shares))), hidden_size=1)
    model.parameters.flat[...] = 0
    model.parameters["output.b"][...] = np.log(shares)
    return model


def drawn_from(
    shares: np.ndarray, config: SamplingConfig, count: int = 40_000, steps: int = 1, seed: int = 5
) -> np.ndarray:
    """How often each character is drawn."""
    texts = generate(model_of(shares), np.array([0]), config, np.random.default_rng(seed), count)
    return np.sum([np.bincount(ids, minlength=len(shares)) for ids in islice(texts, steps)], axis=0)


GREEDY = [
    SamplingConfig(0.0),
    SamplingConfig(top_k=1),
    SamplingConfig(top_p=1e-9),
    SamplingConfig(1e-6),
    SamplingConfig(1e-30),
]


@pytest.mark.parametrize("config", GREEDY, ids=str)
def test_greedy_in_five_ways(config: SamplingConfig) -> None:
    for seed in range(30):
        shares = softmax(np.random.default_rng(seed).normal(size=11))
        assert drawn_from(shares, config, 5, steps=2)[shares.argmax()] == 10


@pytest.mark.parametrize("temperature", [1e-42, 1e-50, 5e-324])
def test_the_smallest_temperatures_are_greedy_too(temperature: float) -> None:
    assert drawn_from(SHARES, SamplingConfig(temperature), 10).tolist() == [0, 10, 0, 0, 0]


def test_a_choice_changes_nothing_in_the_model() -> None:
    model = model_of(SHARES)
    before = model.parameters.flat.tobytes()
    list(islice(generate(model, np.array([0]), SamplingConfig(0.5, 2, 0.9), np.random.default_rng(0)), 5))
    assert model.parameters.flat.tobytes() == before


def chi_square(observed: np.ndarray, shares: np.ndarray) -> float:
    expected = shares / shares.sum() * observed.sum()
    assert observed[expected == 0].sum() == 0
    possible = expected > 0
    return float(((observed - expected)[possible] ** 2 / expected[possible]).sum())


# What chi-square with this number of degrees of freedom exceeds once in a thousand times, from a printed table.
RARE = {1: 10.83, 2: 13.82, 3: 16.27, 4: 18.47}


@pytest.mark.parametrize(
    ("config", "shares"),
    [
        (SamplingConfig(), [0.1, 0.4, 0.05, 0.25, 0.2]),
        (SamplingConfig(0.5), [0.01, 0.16, 0.0025, 0.0625, 0.04]),
        (SamplingConfig(2, 3), [0, 0.4**0.5, 0, 0.5, 0.2**0.5]),
        (SamplingConfig(1, 0, 0.7), [0, 0.4, 0, 0.25, 0.2]),
        (SamplingConfig(1, 2), [0, 0.4, 0, 0.25, 0]),
    ],
    ids=str,
)
def test_draws_have_the_distribution_that_was_asked_for(config: SamplingConfig, shares: list[float]) -> None:
    degrees = sum(share > 0 for share in shares) - 1
    assert chi_square(drawn_from(SHARES, config), np.array(shares)) < RARE[degrees]
    assert chi_square(drawn_from(SHARES, config, 100, steps=400), np.array(shares)) < RARE[degrees]


def test_what_is_all_but_impossible_is_not_drawn() -> None:
    # Of 200,000 characters, one that is not the most probable is to be expected 1e-19 times.
    shares = np.array([1.0] + [np.exp(-60.0)] * 199)
    assert drawn_from(shares, SamplingConfig(), 2000, steps=100).tolist() == [200_000] + [0] * 199


def test_the_unknown_symbol_is_never_drawn() -> None:
    model = random_model("abc", unknown=True)
    model.parameters["output.b"][-1] = 50  # so that it is by far the most probable
    for config in (
        SamplingConfig(),
        SamplingConfig(0.0),
        SamplingConfig(5.0),
        SamplingConfig(top_k=2),
        SamplingConfig(top_p=0.5),
    ):
        drawn = [int(ids[0]) for ids in islice(generate(model, np.array([3, 0]), config, np.random.default_rng(1)), 60)]
        assert max(drawn) < 3


def greedy_by_brute_force(model: LanguageModel, prime: np.ndarray, length: int) -> list[int]:
    """Reads everything anew from the zero state for each character."""
    text = prime.tolist()
    for _ in range(length):
        logits, _ = model.logits(np.array(text)[:, None], model.zero_state())
        text.append(int(logits[-1, 0].argmax()))
    return text[len(prime) :]


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("length", [1, 3, 256, 257])  # the last is one longer than the windows in which a prime is read
def test_the_state_after_the_prime_is_kept(cell: str, length: int) -> None:
    model = random_model(cell=cell, layers=2, dtype=np.float64)
    prime = random_ids(model, length)
    drawn = islice(generate(model, prime, SamplingConfig(0), np.random.default_rng(0)), 12)
    assert [int(ids[0]) for ids in drawn] == greedy_by_brute_force(model, prime, 12)


def test_going_on_from_abc_is_drawing_from_what_follows_a_b_c() -> None:
    model, rng = random_model(cell="lstm", dtype=np.float64), np.random.default_rng(8)
    state = model.zero_state()
    for index in (0, 1, 2):
        logits, state = model.logits(np.array([[index]]), state)
    texts = [generate(model, np.array([0, 1, 2]), SamplingConfig(), rng, count=100) for _ in range(40)]
    drawn = np.concatenate([next(text) for text in texts])
    assert chi_square(np.bincount(drawn, minlength=5), softmax(logits[0])[0]) < RARE[4]


def test_texts_side_by_side_are_drawn_apart() -> None:
    model = random_model()
    texts = np.array([*islice(generate(model, np.array([0]), SamplingConfig(), np.random.default_rng(0), count=6), 30)])
    assert texts.shape == (30, 6)
    assert len({tuple(text) for text in texts.T.tolist()}) == 6


def test_the_same_generator_gives_the_same_text() -> None:
    model = random_model()
    one, same, other = (
        [
            int(ids[0])
            for ids in islice(generate(model, np.array([0]), SamplingConfig(), np.random.default_rng(seed)), 40)
        ]
        for seed in (1, 1, 2)
    )
    assert one == same != other


@pytest.mark.parametrize(
    ("characters", "prime", "read"),
    [
        ("\nab", "", "\n"),
        ("\nab", "ab", "\nab"),
        ("\nab", "\nab", "\nab"),
        ("\nab", "a\n", "\na\n"),
        ("abc", "ab", "ab"),
    ],
)
def test_a_text_begins_after_a_line_end_if_the_model_knows_any(characters: str, prime: str, read: str) -> None:
    rng = np.random.default_rng(0)
    assert as_beginning(random_model(characters), prime) == full_prime(random_model(characters), prime, rng) == read


@pytest.mark.parametrize("config", [{}, {"embedding_size": 3}, {"cell": "mlp", "context": 2}], ids=str)
def test_a_line_end_that_was_never_read_is_not(config: dict[str, Any]) -> None:
    model = random_model("\na", **config)
    model.forget(np.array([0]))
    assert as_beginning(model, "a") == "a"


def test_a_labelled_text_begins_after_its_boundary() -> None:
    model: Any = random_pair_model("generate")
    assert as_beginning(model, "") == "\n"
    assert as_beginning(model, "ab") == "\nab"


def test_where_nothing_is_to_be_read_a_text_begins_with_any_character() -> None:
    model = random_model("abc", unknown=True)
    assert {full_prime(model, "", np.random.default_rng(seed)) for seed in range(60)} == set("abc")
