"""What a model writes as it learns is kept, bounded, and changes nothing else."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from rnncli.datasets.strings import open_strings
from rnncli.inference.generation import GenerationConfig, generate_texts
from rnncli.inference.prediction import predict
from rnncli.inference.sampling import SamplingConfig
from rnncli.training.data import open_new
from rnncli.training.film import MAX_FRAMES, MAX_LENGTH, MIN_LEARNT, NO_FILM, TEMPERATURE, Film
from rnncli.training.plan import Overrides, start_run
from rnncli.training.record import Record, upgrade
from rnncli.training.trainer import Trainer
from tests.helpers import RECORD, random_model
from tests.training.test_trainer import PERIODIC, trainer_of

SETTINGS: dict[str, Any] = {"validation": PERIODIC, "learning_rate": 0.05, "seed": 3}


def sampled(model: Any, seed: int, length: int, label: str | None = None) -> str:
    config = GenerationConfig(SamplingConfig(TEMPERATURE), length=length)
    [characters] = generate_texts(model, "", config, [seed, 6], label)
    return "".join(characters)


def last_frame(trainer: Trainer) -> dict[str, Any]:
    return trainer.film.end or trainer.film.frames[-1]


def test_the_first_frame_is_of_the_untrained_model_and_the_last_of_the_last() -> None:
    trainer = trainer_of(**SETTINGS, eval_every=7, steps=30)
    before = sampled(trainer.model, 3, MAX_LENGTH)
    reports = [*trainer.run()]
    first, last = trainer.film.frames[0], last_frame(trainer)
    assert first == {"step": 0, "loss": reports[0].loss, "text": before}
    assert last["step"] == 30
    assert last["loss"] == trainer.history[-1]["loss"]
    assert last["text"] == sampled(trainer.model, 3, MAX_LENGTH) != before


def test_it_changes_nothing_else() -> None:
    def run(film: bool) -> list[Any]:
        trainer = trainer_of(**SETTINGS, eval_every=3, network={"dropout": 0.3})
        trainer = Trainer(trainer.model, trainer.dataset, trainer.options, film=film)
        losses = [report.loss for report in trainer.run()]
        assert bool(trainer.film.frames) == film
        return [losses, trainer.history, *map(bytes, trainer.arrays().values())]

    assert run(film=True) == run(film=False)


def test_a_run_that_goes_on_has_the_film_of_one_that_never_ended() -> None:
    settings = {**SETTINGS, "eval_every": 5, "schedule": "constant"}
    whole, first, later = (trainer_of(**settings, steps=steps) for steps in (20, 10, 20))
    [*whole.run()]
    [*first.run()]
    later.load_state(first.arrays(), first.counters())
    assert later.film.end == last_frame(first) != first.film.frames[-1]
    going_on = later.run()
    next(going_on)
    assert later.film.end is None
    list(going_on)
    assert later.film.to_json() == whole.film.to_json()


def test_it_is_bounded_and_its_frames_are_spread_over_the_run() -> None:
    trainer = trainer_of(steps=1)
    film = Film(trainer.dataset, trainer.options)
    for step in range(500):
        film.add(step, 1.0, str(step))
        steps = [frame["step"] for frame in film.frames]
        assert len(steps) == min(step + 1, MAX_FRAMES)
        assert (steps[0], steps[-1]) == (0, step)
    gaps = [late - early for early, late in pairwise(steps[:-1])]
    assert max(gaps) <= 4 * min(gaps)


def test_it_takes_a_small_part_of_a_run() -> None:
    trainer = trainer_of(seq_length=8)
    film = Film(trainer.dataset, trainer.options)
    assert film.is_due(5)
    film.add(5, 1.0, "x" * 16)
    due = [step for step in range(5, 200) if film.is_due(step)]
    assert due == list(range(5 + 2 * MIN_LEARNT, 200))  # 8 characters a step, in each stream


def pairs_trainer(task: str, **length: Any) -> Trainer:
    """A run on lines of digits: their parity, the digits from behind, or a tag for each."""
    lines = {"translate": "{text}\t{back}", "tag": "{text}\tddd"}
    line = lines.get(task, "{parity}\t{text}")
    digits = [(str(n), ("even", "odd")[n % 2]) for n in range(100, 220)]
    pairs: Any = [line.format(text=n, back=n[::-1], parity=parity).split("\t") for n, parity in digits]
    dataset = open_new({"task": task}, lambda reading: open_strings(pairs, reading))
    return start_run(dataset, Overrides({"hidden_size": 8}, {"workers": 1, "eval_every": 5}, length))


def test_a_label_is_written_for_and_a_line_is_translated() -> None:
    labelled = pairs_trainer("generate", steps=10)
    [*labelled.run()]
    assert labelled.film.prompt == "even"
    assert last_frame(labelled)["text"] == sampled(labelled.model, 0, MAX_LENGTH, "even")

    translated = pairs_trainer("translate", steps=10)
    [*translated.run()]
    [prediction] = predict(translated.model, [translated.film.prompt])
    assert translated.film.prompt.isdigit()
    assert last_frame(translated)["text"] == prediction.best


@pytest.mark.parametrize("task", ["classify", "tag"])
def test_what_writes_no_text_has_no_film(task: str) -> None:
    trainer = pairs_trainer(task, steps=5)
    [*trainer.run()]
    assert trainer.film.to_json() == NO_FILM


def test_weights_out_of_range_end_a_frame_and_nothing_else() -> None:
    trainer = trainer_of()
    trainer.model.parameters["output.b"][...] = np.inf
    assert trainer.film.write(trainer.model) == ""


def test_a_record_without_a_film_is_of_an_earlier_version() -> None:
    data, model = RECORD.to_json(), random_model()
    state = {name: value for name, value in RECORD.state.items() if name != "film"}
    record = Record.from_json(upgrade({**data, "state": state}, 6, model), model)
    assert record is not None
    assert record.state["film"] == NO_FILM
    assert record.software == RECORD.software
    with pytest.raises(ValueError, match="malformed"):
        Record.from_json({**data, "state": state}, model)


@pytest.mark.parametrize(
    "film",
    [
        None,
        [],
        {"frames": []},
        {"prompt": "", "frames": []},
        {"prompt": "", "frames": [], "end": []},
        {"prompt": "", "frames": [], "end": {"step": 0, "loss": 1.0}},
        {"prompt": 1, "frames": [], "end": None},
        {"prompt": "x" * 1000, "frames": [], "end": None},
        {"prompt": "", "frames": {}, "end": None},
        {"prompt": "", "frames": [{"step": 0, "loss": 1.0, "text": ""}] * 1000, "end": None},
        {"prompt": "", "frames": [{"step": -1, "loss": 1.0, "text": ""}], "end": None},
        {"prompt": "", "frames": [{"step": 0, "loss": float("nan"), "text": ""}], "end": None},
        {"prompt": "", "frames": [{"step": 0, "loss": 1.0, "text": "x" * 1000}], "end": None},
        {"prompt": "", "frames": [{"step": 0, "loss": 1.0, "text": None}], "end": None},
        {"prompt": "", "frames": [{"step": 0, "loss": 1.0}], "end": None},
        {"prompt": "", "frames": [[0, 1.0, ""]], "end": None},
    ],
)
def test_films_that_cannot_be_are_refused(film: Any) -> None:
    with pytest.raises(ValueError, match="its training record has film ="):
        Record.from_json({**RECORD.to_json(), "state": {**RECORD.state, "film": film}}, random_model())
