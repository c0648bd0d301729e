"""rnncli predict: the label, the tags or the translation of each line."""

import codecs
import json as jsonlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from rnncli.cli.completion import model_files
from rnncli.cli.options import encoding_option, int_range, option
from rnncli.errors import InputError, RnncliError
from rnncli.names import plural

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
    encoding: Annotated[str | None, encoding_option()] = None,
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
    from rnncli.datasets.unknown import UnknownCharacters
    from rnncli.inference.prediction import predict as predict_texts
    from rnncli.inference.prediction import too_long
    from rnncli.terminal.console import is_interactive, say, write

    loaded = load_for("predict", model)
    network, reading = loaded.model, loaded.reading(encoding)
    vocabulary, layout = network.vocabulary, LAYOUTS[network.task]
    if beam > 1 and layout.target != CHARACTERS:
        raise InputError(f"--beam applies to translators; {model} has --task {network.task}")
    if top > 1 and layout.target == TAGS and not json:
        raise InputError("--top of a tagger gives the tags of each character, which takes --json")
    if os.path.isdir(file):
        raise InputError(f"{file} is a folder; name a file with one text per line")
    if file == "-" and is_interactive(sys.stdin):
        say("type one text per line; Ctrl-D ends")
    unknown, number, faults, normalised = UnknownCharacters(), 0, 0, 0
    name = layout.columns[layout.target_column]
    with standard_input() if file == "-" else open_sources([file], reading).openers[0]() as stream:
        for typed in _lines(stream, reading.codec):
            lines = list(map(vocabulary.from_user_text, typed))
            normalised += sum(a != b for a, b in zip(lines, typed, strict=True))
            refused = {i: fault for i, line in enumerate(lines) if (fault := too_long(line))}
            answers = predict_texts(network, ["" if i in refused else line for i, line in enumerate(lines)], top, beam)
            for i, answer in enumerate(answers):
                number += 1
                if i in refused:
                    say(f"{'standard input' if file == '-' else file}, line {number} {refused[i]}")
                unknown.count(answer.text, vocabulary)
                write(_as_json(answer, name) if json else _as_text(answer, top))
            faults += len(refused)
    if normalised:
        say(f"normalised {plural(normalised, 'line')} to {vocabulary.normalize.upper()}, as the model has learnt it")
    if unknown.number:
        say(unknown.told(vocabulary))
    if faults:
        raise RnncliError(f"{plural(faults, 'line')} had no answer")


def _lines(stream: BinaryIO, codec: str) -> Iterator[list[str]]:
    """The lines of a stream as they arrive, without their line ends; invalid bytes become �."""
    read = getattr(stream, "read1", stream.read)
    decoder = codecs.getincrementaldecoder(codec)("replace")
    first, pending = True, ""
    while data := read(CHUNK_SIZE):
        text = decoder.decode(data)
        if first and text:
            first, text = False, text.removeprefix("\ufeff")
        *lines, pending = (pending + text).split("\n")
        yield [line.removesuffix("\r") for line in lines]
    if pending := pending + decoder.decode(b"", final=True):
        yield [pending.removesuffix("\r")]


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
