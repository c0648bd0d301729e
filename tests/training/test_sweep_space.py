"""The space of a sweep: what users may write, and what it stands for."""

import re
from typing import Any

import pytest

from rnncli.training.sweep.space import (
    DEFAULT_SPACE,
    SWEPT,
    Choices,
    Range,
    domain,
    fixed_of,
    searched_of,
    space_of,
    with_defaults,
)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("cell", "gru,lstm", Choices(("gru", "lstm"))),
        ("cell", "rnn", Choices(("rnn",))),
        ("layers", "1:3", Range(1, 3)),
        ("layers", "1,3", Choices((1, 3))),
        ("layers", "2:2", Choices((2,))),
        ("hidden_size", "128:768", Range(128, 768, log=True)),
        ("hidden_size", "64", Choices((64,))),
        ("learning_rate", "1e-3:2e-2", Range(0.001, 0.02, log=True)),
        ("dropout", "0:0.6", Range(0.0, 0.6)),
        ("weight_decay", "0:0.1", Range(0.0, 0.1)),
        ("weight_decay", "0.01:0.1", Range(0.01, 0.1, log=True)),
    ],
)
def test_a_domain_is_read_and_written(name: str, text: str, expected: Any) -> None:
    found = domain(name).parse(text)
    assert found == expected
    assert domain(name).parse(str(found)) == expected


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("cell", "gru,lstn", "did you mean lstm?"),
        ("cell", "gru:lstm", "not known"),
        ("cell", "gru,gru", "gru is named twice"),
        ("layers", "3:1", "write 1:3"),
        ("layers", "1:", "'' is not an integer"),
        ("layers", "1:2:3", "'2:3' is not an integer"),
        ("hidden_size", "0:8", "0 is below 1"),
        ("dropout", "0:1", "1 is not a finite number"),
        ("dropout", "0.2,0.2", "0.2 is named twice"),
        ("learning_rate", "0:0.1", "0 is not a finite number above 0"),
        ("learning_rate", "fast", "fast is not a finite number"),
    ],
)
def test_what_is_no_domain_is_refused(name: str, text: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        domain(name).parse(text)


def test_what_is_not_chosen_is_as_usual_and_a_single_value_is_fixed() -> None:
    space = space_of({"cell": domain("cell").parse("lstm"), "warmup": domain("warmup").parse("0:9")})
    assert list(space) == [name for name in SWEPT if name in {*DEFAULT_SPACE, "warmup"}]
    assert fixed_of(space) == {"cell": "lstm"}
    assert "cell" not in searched_of(space)
    assert str(searched_of(space)["hidden_size"]) == DEFAULT_SPACE["hidden_size"]


def test_the_usual_space_reaches_to_the_default_and_a_chosen_one_does_not() -> None:
    chosen = {"dropout": Range(0.1, 0.3)}
    searched = {"hidden_size": Range(64, 512, log=True), **chosen}
    space = with_defaults(searched, chosen, {"hidden_size": 32, "dropout": 0.5})
    assert space == {"hidden_size": Range(32, 512, log=True), "dropout": Range(0.1, 0.3)}
    assert space["dropout"].nearest(0.5) == 0.3
    assert Choices(("rnn", "lstm")).nearest("gru") == "rnn"
    assert Choices(("rnn", "gru")).nearest("gru") == "gru"
    assert Choices((1, 64, 8)).nearest(50) == 64


def test_a_drawn_number_can_be_typed_and_stays_in_its_range() -> None:
    assert Range(0.001, 0.02, log=True).used(0.0123456) == 0.0123
    assert Range(0.0012345, 0.02).used(0.0012346) == 0.0012345
    assert Range(1, 5000, log=True).used(1234) == 1234
