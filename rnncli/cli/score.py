"""rnncli score: how well a model predicts a text, or answers questions whose answers are known."""

import json as jsonlib
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnncli.cli.options import option
from rnncli.errors import InputError

if TYPE_CHECKING:
    from rnncli.grading import Confusion
    from rnncli.models.base import Model
    from rnncli.models.language_model import LanguageModel
    from rnncli.text.sources import Sources


def score(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model file.", show_default=False)],
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="The text: files, folders, or - for standard input.", show_default=False),
    ],
    json: Annotated[bool, option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Tell how well a model predicts a text, read in one pass; or of lines with two columns, how many it gets right.

    \b
      rnncli score model.npz other.txt
      head -c 100000 corpus.txt | rnncli score model.npz - --json
      rnncli score names.npz unseen.tsv     accuracy, F1 and confusion of a classifier
    """
    from rnncli import checkpoint
    from rnncli.models.language_model import LanguageModel
    from rnncli.terminal.console import say
    from rnncli.text.sources import open_sources

    network = checkpoint.load(model).model
    sources = open_sources(files, network.vocabulary.encoding)
    if isinstance(network, LanguageModel):
        _score_text(network, sources, json)
    else:
        _score_answers(network, sources, json)
    for notice in sources.notices:
        say(notice)


def _score_text(model: "LanguageModel", sources: "Sources", json: bool) -> None:
    import numpy as np

    from rnncli.scoring import score as score_ids
    from rnncli.terminal.console import write
    from rnncli.terminal.words import count
    from rnncli.text.corpus import read_ids
    from rnncli.text.pairs import read_pairs

    if model.partner is None:
        ids = read_ids(sources, model.vocabulary)
        if len(ids) < 2:
            where = ", ".join(sources.names)
            raise InputError(f"{where} holds fewer than two characters, so there is nothing to predict")
        result = score_ids(model, ids)
    else:
        pairs = read_pairs(sources, "generate", 0.0, alphabets=(model.vocabulary, model.partner)).training
        everything = np.arange(len(pairs))
        result = model.score(pairs.texts.padded(everything), pairs.partners.padded(everything))
    figures = {
        "characters": result.symbols,
        "nats_per_character": result.nats,
        "bits_per_character": result.bits,
        "perplexity": result.perplexity,
        "accuracy": result.accuracy,
    }
    if json:
        write(jsonlib.dumps(figures) + "\n")
    else:
        write(
            f"characters          {count(result.symbols)}\n"
            f"nats per character  {result.nats:.4f}\n"
            f"bits per character  {result.bits:.4f}\n"
            f"perplexity          {result.perplexity:.3f}\n"
            f"likeliest is right  {result.accuracy:.1%}\n"
        )


def _score_answers(model: "Model", sources: "Sources", json: bool) -> None:
    """Compare predictions with the column that has the truth."""
    from rnncli.grading import Confusion, grade_texts
    from rnncli.predicting import predict
    from rnncli.terminal.console import write
    from rnncli.terminal.words import count
    from rnncli.text.pairs import read_columns

    columns = read_columns(sources, model.task)
    texts, truth = (columns.second, columns.first) if model.task == "classify" else (columns.first, columns.second)
    answers = [prediction.best for prediction in predict(model, texts)]
    grades = grade_texts(truth, answers)
    figures: dict[str, Any] = {"lines": len(texts)}
    if model.task == "translate":
        figures |= {"exact_match": grades.exact_match, "character_error_rate": grades.character_error_rate}
        lines = [("exact match", f"{grades.exact_match:.2%}")]
        lines += [("character error rate", f"{grades.character_error_rate:.2%}")]
        confusion = None
    else:
        tagged = model.task == "tag"
        confusion = Confusion.of("".join(truth), "".join(answers)) if tagged else Confusion.of(truth, answers)
        figures |= {"accuracy": confusion.accuracy, "macro_f1": confusion.macro_f1, **_by_name(confusion)}
        lines = [("right characters" if tagged else "accuracy", f"{confusion.accuracy:.2%}")]
        if tagged:
            figures["exact_lines"] = grades.exact_match
            lines += [("right lines", f"{grades.exact_match:.2%}")]
        lines += [("macro-F1", f"{confusion.macro_f1:.4f}")]
    if json:
        write(jsonlib.dumps(figures, ensure_ascii=False) + "\n")
        return
    write("".join(f"{name:20}  {value}\n" for name, value in [("lines", count(len(texts))), *lines]))
    if confusion is not None:
        _draw(confusion, model.task)


def _by_name(confusion: "Confusion") -> dict[str, Any]:
    return {
        "names": confusion.names,
        "f1": confusion.f1.tolist(),
        "precision": confusion.precision.tolist(),
        "recall": confusion.recall.tolist(),
        "confusion": confusion.counts.tolist(),
    }


def _draw(confusion: "Confusion", task: str) -> None:
    import sys

    from rnncli.terminal.grades import WIDEST_CONFUSION, draw_confusion, draw_f1
    from rnncli.terminal.screen import screen

    output = screen(sys.stdout)
    output.print(draw_f1(confusion, "Tag" if task == "tag" else "Label"))
    if len(confusion.names) <= WIDEST_CONFUSION:
        output.print(draw_confusion(confusion))
