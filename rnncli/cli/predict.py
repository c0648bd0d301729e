"""rnncli predict: the label, the tags or the translation of each line."""

import json as jsonlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from rnncli.cli.completion import model_files
from rnncli.cli.options import int_range, option

if TYPE_CHECKING:
    from rnncli.inference.prediction import Prediction

CHUNK_SIZE = 1 << 16
"""Bytes read at once, at most; what has arrived is answered without waiting for more."""


def predict(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="The model file.", autocompletion=model_files, show_default=False)
    ],
    file: Annotated[str, typer.Argument(metavar="FILE", help="One text per line; - is standard input.")] = "-",
    top: Annotated[int, option("--top", help="The N most probable answers, with probabilities.", **int_range(1))] = 1,
    beam: Annotated[int, option("--beam", help="Beam width of a translator; 1 is greedy.", **int_range(1, 1000))] = 1,
    json: Annotated[bool, option("--json", help="One JSON object per line.")] = False,
) -> None:
    """Label, tag or translate: one line in, one line out.

    \b
      echo Ivanov | rnncli predict names.npz             Russian
      rnncli predict names.npz list.txt --top 3          with probabilities
      rnncli predict dates.npz list.txt --beam 5 --json  a wider search, as data
    """
    import os
    import sys

    from rnncli.cli.model_input import load_for
    from rnncli.datasets.columns import CHARACTERS, LAYOUTS, TAGS
    from rnncli.datasets.sources import open_sources, standard_input
    from rnncli.errors import InputError
    from rnncli.inference.prediction import predict as predict_texts
    from rnncli.terminal.console import is_interactive, say, write

    network = load_for("predict", model).model
    layout = LAYOUTS[network.task]
    if beam > 1 and layout.target != CHARACTERS:
        raise InputError(f"--beam applies to translators; {model} has --task {network.task}")
    if top > 1 and layout.target == TAGS and not json:
        raise InputError("--top of a tagger gives the tags of each character, which takes --json")
    if os.path.isdir(file):
        raise InputError(f"{file} is a folder; name a file with one text per line")
    if file == "-" and is_interactive(sys.stdin):
        say("type one text per line; Ctrl-D ends")
    with standard_input() if file == "-" else open_sources([file]).openers[0]() as stream:
        for lines in _lines(stream):
            for prediction in predict_texts(network, lines, top, beam):
                write(_as_json(prediction, layout.columns[layout.target_column]) if json else _as_text(prediction, top))


def _lines(stream: BinaryIO) -> Iterator[list[str]]:
    """The lines of a stream as they arrive, without their line ends; invalid UTF-8 becomes �."""
    read = getattr(stream, "read1", stream.read)
    pending = b""
    while data := read(CHUNK_SIZE):
        *lines, pending = (pending + data).split(b"\n")
        yield [_decode(line) for line in lines]
    if pending:
        yield [_decode(pending)]


def _decode(line: bytes) -> str:
    return line.removesuffix(b"\r").decode("utf-8", "replace").removeprefix("\ufeff")


def _as_text(prediction: "Prediction", top: int) -> str:
    """The best answer; or the ``top`` ones, each followed by its probability, separated by tabs."""
    if top == 1:
        return prediction.best + "\n"
    return "\t".join(f"{answer}\t{probability:.4f}" for answer, probability in prediction.answers) + "\n"


def _as_json(prediction: "Prediction", name: str) -> str:
    """An object with the answers under ``name``, that of their column."""
    answers = [{name: answer, "probability": probability} for answer, probability in prediction.answers]
    data = {"text": prediction.text, name: prediction.best if prediction.answers else None, "answers": answers}
    if prediction.tags:
        data["characters"] = [
            {"character": character, "tags": [{"tag": tag, "probability": p} for tag, p in tags]}
            for character, tags in zip(prediction.text, prediction.tags, strict=True)
        ]
    return jsonlib.dumps(data, ensure_ascii=False) + "\n"
