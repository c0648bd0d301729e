"""rnncli predict: what a classifier, a tagger or a translator says of each line."""

import json as jsonlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from rnncli.cli.options import option, whole

if TYPE_CHECKING:
    from rnncli.inference.prediction import Prediction

PIECE = 1 << 16
"""Bytes read at once, at most: what has arrived is answered without waiting for more."""


def predict(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model file.", show_default=False)],
    file: Annotated[str, typer.Argument(metavar="FILE", help="A text in each line; - is standard input.")] = "-",
    top: Annotated[int, option("--top", help="The N likeliest answers, with their probabilities.", **whole(1))] = 1,
    beam: Annotated[
        int, option("--beam", help="Translations followed at once; 1 is greedy, the quickest.", **whole(1, 1000))
    ] = 1,
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

    from rnncli.cli.models import load_for
    from rnncli.datasets.sources import open_sources
    from rnncli.errors import InputError
    from rnncli.inference.prediction import predict as predict_texts
    from rnncli.terminal.console import is_interactive, say, write

    network = load_for("predict", model).model
    if beam > 1 and network.task != "translate":
        raise InputError(f"--beam is for translators; {model} has --task {network.task}")
    if top > 1 and network.task == "tag" and not json:
        raise InputError("--top of a tagger has an answer for each character; it goes with --json")
    if os.path.isdir(file):
        raise InputError(f"{file} is a folder; name a file with a text in each line")
    if file == "-" and is_interactive(sys.stdin):
        say("type a text in each line; Ctrl-D ends")
    with sys.stdin.buffer if file == "-" else open_sources([file]).openers[0]() as stream:
        for lines in _lines(stream):
            for prediction in predict_texts(network, lines, top, beam):
                write(_as_json(prediction, network.task) if json else _as_text(prediction, top))


def _lines(stream: BinaryIO) -> Iterator[list[str]]:
    """The lines of a stream as they arrive, without their ends; bytes that are no UTF-8 become �."""
    read = getattr(stream, "read1", stream.read)
    pending = b""
    while data := read(PIECE):
        *lines, pending = (pending + data).split(b"\n")
        yield [_decoded(line) for line in lines]
    if pending:
        yield [_decoded(pending)]


def _decoded(line: bytes) -> str:
    return line.removesuffix(b"\r").decode("utf-8", "replace").removeprefix("\ufeff")


def _as_text(prediction: "Prediction", top: int) -> str:
    """The best answer; or the best ones, each followed by its probability, with tabs between."""
    if top == 1:
        return prediction.best + "\n"
    return "\t".join(f"{answer}\t{probability:.4f}" for answer, probability in prediction.answers) + "\n"


def _as_json(prediction: "Prediction", task: str) -> str:
    name = {"classify": "label", "tag": "tags", "translate": "target"}[task]
    answers = [{name: answer, "probability": probability} for answer, probability in prediction.answers]
    data = {"text": prediction.text, name: prediction.best if prediction.answers else None, "answers": answers}
    if prediction.tags:
        data["characters"] = [
            {"character": character, "tags": [{"tag": tag, "probability": p} for tag, p in tags]}
            for character, tags in zip(prediction.text, prediction.tags, strict=True)
        ]
    return jsonlib.dumps(data, ensure_ascii=False) + "\n"
