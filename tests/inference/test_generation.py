"""Whole texts are what sampling and beam search give, up to where they should stop."""

from itertools import islice

import numpy as np
import pytest

from rnncli.errors import InputError
from rnncli.inference.beam import BeamSearch
from rnncli.inference.generation import GenerationConfig, generate_texts
from rnncli.inference.sampling import SamplingConfig, generate, read_prime
from rnncli.models.labelled_language_model import LabelledLanguageModel
from rnncli.models.language_model import NextCharacterModel
from tests.helpers import cyclic_model, random_model, random_pair_model


def sampled(model: NextCharacterModel, prime: str, count: int, length: int, seed: int) -> list[str]:
    """Texts straight from the sampler."""
    drawn = generate(model, model.vocabulary.encode(prime), SamplingConfig(), np.random.default_rng(seed), count)
    return [model.vocabulary.decode(text) for text in np.array(list(islice(drawn, length))).T]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_texts_are_those_of_the_sampler(count: int) -> None:
    model = random_model()
    texts = generate_texts(model, "ab", GenerationConfig(length=30), seed=3, count=count)
    assert ["".join(text) for text in texts] == sampled(model, "ab", count, 30, seed=3)


def test_one_text_is_generated_as_it_is_consumed() -> None:
    [endless] = generate_texts(cyclic_model("abc"), "a", GenerationConfig(length=None), seed=1)
    assert "".join(islice(endless, 1000)) == ("bca" * 334)[:1000]


def test_a_text_with_a_beam_is_the_best_hypothesis() -> None:
    model = random_model(dtype=np.float64)
    ids = model.vocabulary.encode("cab")
    [(expected, _), *_] = BeamSearch(model, 4).search(read_prime(model, ids[:-1])[1], 12, int(ids[-1]))
    [text] = generate_texts(model, "cab", GenerationConfig(beam=4, length=12))
    assert "".join(text) == expected


@pytest.mark.parametrize("beam", [0, 3])
def test_what_stops_a_text_stops_a_sample_and_a_hypothesis(beam: int) -> None:
    model = cyclic_model("\nabc")

    def text(**stopping: object) -> str:
        [pieces] = generate_texts(model, "b", GenerationConfig(beam=beam, **stopping), seed=2)  # type: ignore[arg-type]
        return "".join(pieces)

    assert text(length=6) == "c\nabc\n"
    assert text(stop="bc") == "c\na"
    assert text(max_lines=2) == "c\nabc\n"
    assert text(max_lines=2, stop="bc") == "c\na"


def test_labelled_texts_end_by_themselves() -> None:
    model = random_pair_model("generate")
    assert isinstance(model, LabelledLanguageModel)
    model.parameters["output.b"][0] += 1  # so that they end soon
    texts = ["".join(text) for text in generate_texts(model, "", GenerationConfig(), seed=4, label="y", count=8)]
    assert not any("\n" in text for text in texts)
    assert len({len(text) for text in texts}) > 1
    assert max(map(len, texts)) < 500
    with pytest.raises(InputError, match="'z'"):
        generate_texts(model, "z", GenerationConfig(), label="y")
