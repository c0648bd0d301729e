"""The film of a run as a table."""

from dataclasses import replace
from typing import Any

from rnncli.inspection.film import film
from rnncli.results import Table
from rnncli.training.record import Record
from tests.helpers import DATA, RECORD


def record_of(film: dict[str, Any], **data: Any) -> Record:
    return replace(RECORD, state={**RECORD.state, "film": film}, data=replace(DATA, **data))


FRAMES = [{"step": 0, "loss": 4.0, "text": "e\u0301\n"}, {"step": 9, "loss": 2.5, "text": "the"}]


def test_each_frame_is_a_row() -> None:
    [table] = film(record_of({"prompt": "", "frames": FRAMES[:1], "end": FRAMES[1]}))
    assert isinstance(table, Table)
    assert table.rows == [(0, 4.0, "e\u0301\n"), (9, 2.5, "the")]
    assert "label" not in table.note


def test_the_prompt_is_named() -> None:
    [table] = film(record_of({"prompt": "Korean", "frames": FRAMES, "end": None}))
    assert isinstance(table, Table)
    assert "'Korean'" in table.note
    [table] = film(record_of({"prompt": "2 May", "frames": FRAMES, "end": None}, task="translate"))
    assert isinstance(table, Table)
    assert table.note == "Translations of '2 May'."


def test_bytes_are_shown_as_the_text_that_they_are() -> None:
    text = "순환".encode().decode("latin-1")[:-1]  # the last character is cut
    [table] = film(record_of({"prompt": "", "frames": [{**FRAMES[0], "text": text}], "end": None}, encoding="bytes"))
    assert isinstance(table, Table)
    assert table.rows[0][2] == "순\ufffd"


def test_without_frames_there_is_none() -> None:
    assert film(record_of({"prompt": "", "frames": [], "end": None})) == []
