"""Features of what a model reads: of its characters, or of those that its bytes are."""

import numpy as np
import pytest

from rnncli.datasets.vocabulary import BYTES, Vocabulary
from rnncli.inspection.features.built_in import FEATURES, feature
from rnncli.inspection.features.labels import characters_of, labels, labels_of
from rnncli.models.config import NetworkConfig
from rnncli.models.language_model import LanguageModel
from tests.inspection.probes import probe_of

BY_BYTE = Vocabulary("".join(map(chr, range(256))), BYTES)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("upper case", "É말é", "11" + "000" + "00"),
        ("position in word", "né 말a", "122" + "0" + "1112"),
        ("position in line", "말\n🙂é", "111" + "0" + "1111" + "22"),
        ("inside brackets", "é(말)é", "00" + "1" + "111" + "0" + "00"),
        ("[말-힣]+", "a말é", "0" + "111" + "00"),
    ],
)
def test_each_byte_has_what_its_character_has(name: str, text: str, expected: str) -> None:
    assert "".join(f"{value:g}" for value in labels_of(BY_BYTE, BY_BYTE.from_user_text(text), name)) == expected


@pytest.mark.parametrize("name", FEATURES)
def test_in_a_text_of_ascii_bytes_are_characters(name: str) -> None:
    text = '  say "Hello (you)"\n\tAA 12.\n'
    assert labels_of(BY_BYTE, text, name).tolist() == feature(name, text).tolist()


def test_bytes_that_are_no_character_are_one_each() -> None:
    """As where a text begins or ends within a character."""
    text = BY_BYTE.from_user_text("말é")[1:-1] + "\xff"
    assert characters_of(BY_BYTE, text)[0] == "\ufffd" * 4
    assert characters_of(BY_BYTE, text)[1].tolist() == [1, 1, 1, 1]


def test_the_last_character_predicts_nothing() -> None:
    model = LanguageModel(NetworkConfig("rnn", 1, 3), Vocabulary(" (ab)"))
    assert labels(probe_of(model, "a (b)"), "inside brackets").tolist() == [0, 0, 1, 1]
    assert labels(probe_of(model, "a (b)"), "position in word").dtype == np.float32
