"""rnncli score: how well a model predicts a text, or answers questions whose answers are known."""

import json as jsonlib
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnncli.cli.options import option, real, whole
from rnncli.errors import InputError

HOW, BESIDE = "How the text is read", "Besides"

if TYPE_CHECKING:
    from rnncli.datasets.sources import Sources
    from rnncli.evaluation.metrics import ConfusionMatrix
    from rnncli.models.base import Model


def score(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model file.", show_default=False)],
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="The text: files, folders, or - for standard input.", show_default=False),
    ],
    adapt: Annotated[
        bool,
        option(
            "--adapt", help="Go on learning while reading (dynamic evaluation); the file stays as it is.", panel=HOW
        ),
    ] = False,
    adapt_rate: Annotated[
        float, option("--adapt-rate", help="The learning rate of --adapt.", panel=HOW, **real(0, open_low=True))
    ] = 0.1,
    context: Annotated[
        int | None,
        option(
            "--context",
            help="Predict each character after this many others, and not after all before it.",
            panel=HOW,
            **whole(1, 4096),
            show_default="all",
        ),
    ] = None,
    baseline: Annotated[
        int | None,
        option(
            "--baseline",
            help="Beside it an n-gram model of this order, which has learnt --train.",
            panel=BESIDE,
            **whole(1, 20),
            show_default="none",
        ),
    ] = None,
    train: Annotated[
        list[str] | None,
        option(
            "--train",
            metavar="FILE",
            help="A text for the n-gram model.",
            panel=BESIDE,
            show_default="what the model has learnt",
        ),
    ] = None,
    per_character: Annotated[
        bool, option("--per-character", help="A table: what each character costs.", panel=BESIDE)
    ] = False,
    json: Annotated[bool, option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Tell how well a model predicts a text, read in one pass; or of lines with two columns, how many it gets right.

    \b
      rnncli score model.npz other.txt
      head -c 100000 corpus.txt | rnncli score model.npz - --json
      rnncli score model.npz play.txt --adapt        go on learning while reading
      rnncli score model.npz play.txt --baseline 8   an 8-gram model of the same training text beside it
      rnncli score names.npz unseen.tsv     accuracy, F1 and confusion of a classifier
    """
    from rnncli.cli.score_text import score_text
    from rnncli.datasets.sources import open_sources
    from rnncli.models.language_model import LanguageModel
    from rnncli.storage import checkpoint
    from rnncli.terminal.console import say

    if adapt and context is not None:
        raise InputError("--adapt carries the state from beginning to end, so --context does not go with it")
    if train and baseline is None:
        raise InputError("--train is what the n-gram model of --baseline learns; give both")
    loaded = checkpoint.load(model)
    sources = open_sources(files, loaded.model.vocabulary.encoding)
    if isinstance(loaded.model, LanguageModel):
        rate = adapt_rate if adapt else None
        score_text(model, loaded, sources, rate, context, baseline, train or [], per_character, json)
    elif adapt or context is not None or baseline is not None or per_character:
        raise InputError(
            f"{model} has learnt to {loaded.model.task}; --adapt, --context, --baseline and "
            "--per-character are about the prediction of text"
        )
    else:
        _score_answers(loaded.model, sources, json)
    for notice in sources.notices:
        say(notice)


def _score_answers(model: "Model", sources: "Sources", json: bool) -> None:
    """Compare predictions with the column that has the truth."""
    from rnncli.datasets.pairs import read_columns
    from rnncli.evaluation.metrics import ConfusionMatrix, sequence_metrics
    from rnncli.inference.prediction import predict
    from rnncli.terminal.console import say, write
    from rnncli.terminal.words import count, visible_line

    columns = read_columns(sources, model.task)
    texts, truth = (columns.second, columns.first) if model.task == "classify" else (columns.first, columns.second)
    if model.task != "translate":
        noun, wanted = ("tags", {*"".join(truth)}) if model.task == "tag" else ("labels", {*truth})
        if unknown := sorted(wanted - set(model.partner.symbols)):
            names = ", ".join(map(visible_line, unknown))
            say(f"{noun} that the model has never learnt, and so never answers: {names}")
    answers = [prediction.best for prediction in predict(model, texts)]
    grades = sequence_metrics(truth, answers)
    figures: dict[str, Any] = {"lines": len(texts)}
    if model.task == "translate":
        figures |= {"exact_match": grades.exact_match, "character_error_rate": grades.character_error_rate}
        lines = [("exact match", f"{grades.exact_match:.2%}")]
        lines += [("character error rate", f"{grades.character_error_rate:.2%}")]
        confusion = None
    else:
        tagged = model.task == "tag"
        of_lines = ("".join(truth), "".join(answers)) if tagged else (truth, answers)
        confusion = ConfusionMatrix.of(*of_lines)
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


def _by_name(confusion: "ConfusionMatrix") -> dict[str, Any]:
    return {
        "names": confusion.names,
        "f1": confusion.f1.tolist(),
        "precision": confusion.precision.tolist(),
        "recall": confusion.recall.tolist(),
        "confusion": confusion.counts.tolist(),
    }


def _draw(confusion: "ConfusionMatrix", task: str) -> None:
    import sys

    from rnncli.terminal.metrics import WIDEST_CONFUSION, draw_confusion, draw_f1
    from rnncli.terminal.screen import screen

    output = screen(sys.stdout)
    output.print(draw_f1(confusion, "Tag" if task == "tag" else "Label"))
    if len(confusion.names) <= WIDEST_CONFUSION:
        output.print(draw_confusion(confusion))
