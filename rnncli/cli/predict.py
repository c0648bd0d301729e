"""rnncli predict: the label, the tags or the translation of each line."""

import codecs
import itertools
import json as jsonlib
import os
import stat
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from operator import ne
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from rnncli.cli.completion import model_files
from rnncli.cli.options import encoding_option, float_range, int_range, option
from rnncli.cli.streams import workers_option
from rnncli.errors import InputError, RnncliError
from rnncli.names import plural

if TYPE_CHECKING:
    from rnncli.inference.prediction import Prediction

CHUNK_SIZE = 1 << 16
"""Bytes read at once, at most; what has arrived is answered without waiting for more."""

UNSURE = "unknown"
"""The answer in place of one with a probability below the threshold."""


def predict(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="The model file.", autocompletion=model_files, show_default=False)
    ],
    file: Annotated[str, typer.Argument(metavar="FILE", help="One text per line; - is standard input.")] = "-",
    top: Annotated[int, option("--top", help="The N most probable answers, with probabilities.", **int_range(1))] = 1,
    beam: Annotated[int, option("--beam", help="Beam width of a translator; 1 is greedy.", **int_range(1, 1000))] = 1,
    threshold: Annotated[
        float,
        option(
            "--threshold",
            help=f"Answer {UNSURE} where the most probable answer has a probability below this.",
            **float_range(0, 1),
        ),
    ] = 0.0,
    encoding: Annotated[str | None, encoding_option()] = None,
    workers: Annotated[int | None, workers_option()] = None,
    json: Annotated[bool, option("--json", help="One JSON object per line.")] = False,
) -> None:
    """Label, tag or translate: one line in, one line out.

    \b
      echo Ivanov | rnncli predict names.npz             Russian
      rnncli predict names.npz list.txt --top 3          with probabilities
      rnncli predict names.npz list.txt --threshold 0.8  unknown where it is not sure
      rnncli predict dates.npz list.txt --beam 5 --json  a wider search, as data
    """
    import sys

    from rnncli.cli.model_input import load_for
    from rnncli.datasets.columns import CHARACTERS, LAYOUTS, TAGS
    from rnncli.datasets.sources import open_sources, standard_input
    from rnncli.datasets.unknown import UnknownCharacters
    from rnncli.inference.prediction import predict_batches, too_long
    from rnncli.models.parallel import cores
    from rnncli.terminal.console import is_interactive, say, write

    loaded = load_for("predict", model)
    network, reading = loaded.model, loaded.reading(encoding)
    vocabulary, layout = network.vocabulary, LAYOUTS[network.task]
    if beam > 1 and layout.target != CHARACTERS:
        raise InputError(f"--beam applies to translators; {model} has --task {network.task}")
    if top > 1 and layout.target == TAGS and not json:
        raise InputError("--top of a tagger gives the tags of each character, which takes --json")
    if threshold and layout.target == TAGS:
        raise InputError(f"--threshold is for one answer per line; {model} tags each character, see --json")
    if os.path.isdir(file):
        raise InputError(f"{file} is a folder; name a file with one text per line")
    if file == "-" and is_interactive(sys.stdin):
        say("type one text per line; Ctrl-D ends")
    unknown, number, faults, normalised, unsure = UnknownCharacters(), 0, 0, 0, 0
    name = layout.columns[layout.target_column]
    written = partial(_as_json, name=name) if json else partial(_as_text, top=top)
    with standard_input() if file == "-" else open_sources([file], reading).openers[0]() as stream:
        # Only of a file: what is typed or piped in is answered as it arrives, and several processes read ahead.
        size = _file_size(stream)
        processes = (workers or cores()) if size else 1
        typed, copy = itertools.tee(_lines(stream, reading.codec))
        lines, to_predict = itertools.tee([vocabulary.from_user_text(line) for line in batch] for batch in copy)
        batches = (["" if too_long(line) else line for line in batch] for batch in to_predict)
        with closing(predict_batches(network, batches, top, beam, processes, size)) as predictions:
            for answers, read, originals in zip(predictions, lines, typed, strict=True):
                normalised += sum(map(ne, read, originals))
                unknown.count("".join(answer.text for answer in answers), vocabulary)
                unsure += sum(not answer.is_sure(threshold) for answer in answers)
                write("".join(written(answer, threshold) for answer in answers))
                for line_number, fault in enumerate(map(too_long, read), start=number + 1):
                    if fault:
                        faults += 1
                        say(f"{'standard input' if file == '-' else file}, line {line_number} {fault}")
                number += len(read)
    if normalised:
        say(f"normalised {plural(normalised, 'line')} to {vocabulary.normalize.upper()}, as the model has learnt it")
    if unknown.number:
        say(unknown.told(vocabulary))
    if threshold:
        say(f"below --threshold {threshold:g}: {unsure:,} of {plural(number, 'line')}")
    if faults:
        raise RnncliError(f"{plural(faults, 'line')} had no answer")


def _file_size(stream: BinaryIO) -> int:
    """The bytes of a file; 0 for a pipe and a terminal."""
    try:
        status = os.fstat(stream.fileno())
    except OSError:  # a stream without a descriptor
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else 0


def _lines(stream: BinaryIO, codec: str) -> Iterator[list[str]]:
    """The lines of a stream as they arrive, some at a time, without their line ends; invalid bytes become �."""
    from rnncli.inference.prediction import LINES

    read = getattr(stream, "read1", stream.read)
    decoder = codecs.getincrementaldecoder(codec)("replace")
    first, pending = True, ""
    while data := read(CHUNK_SIZE):
        text = decoder.decode(data)
        if first and text:
            first, text = False, text.removeprefix("\ufeff")
        *lines, pending = (pending + text).split("\n")
        for start in range(0, len(lines), LINES):
            yield [line.removesuffix("\r") for line in lines[start : start + LINES]]
    if pending := pending + decoder.decode(b"", final=True):
        yield [pending.removesuffix("\r")]


def _as_text(prediction: "Prediction", threshold: float, top: int) -> str:
    """The best answer; or the ``top`` ones, each followed by its probability, separated by tabs."""
    if not prediction.is_sure(threshold):
        return UNSURE + "\n"
    if top == 1:
        return prediction.best + "\n"
    return "\t".join(f"{answer}\t{probability:.4f}" for answer, probability in prediction.answers) + "\n"


def _as_json(prediction: "Prediction", threshold: float, name: str) -> str:
    """An object with the answers under ``name``, that of their column; the best one is null where it is not sure."""
    answers = [{name: answer, "probability": probability} for answer, probability in prediction.answers]
    best = prediction.best if prediction.answers and prediction.is_sure(threshold) else None
    data = {"text": prediction.text, name: best, "answers": answers}
    if prediction.tags:
        data["characters"] = [
            {"character": character, "tags": [{"tag": tag, "probability": p} for tag, p in tags]}
            for character, tags in zip(prediction.text, prediction.tags, strict=True)
        ]
    return jsonlib.dumps(data, ensure_ascii=False) + "\n"
