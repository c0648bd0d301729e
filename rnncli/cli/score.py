"""rnncli score: how well a model predicts a text, or labels, tags and translates lines whose answers are known."""

import json as jsonlib
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnncli.cli.completion import model_files
from rnncli.cli.options import encoding_option, float_range, int_range, option
from rnncli.cli.streams import ReadingMode, network_only_option, streams_option, workers_option
from rnncli.errors import InputError
from rnncli.names import MAX_ORDER

if TYPE_CHECKING:
    from rnncli.datasets.sources import Sources
    from rnncli.datasets.unknown import UnknownCharacters
    from rnncli.evaluation.metrics import Metrics
    from rnncli.models.labelled_language_model import LabelledLanguageModel
    from rnncli.models.parallel import Workers
    from rnncli.storage.checkpoint import Checkpoint

READING, COMPARISON = "How the text is read", "Comparison"

ADAPT_RATE = 0.1

FORMATS = {
    "nats_per_character": ".4f",
    "nats_per_known_character": ".4f",
    "network_nats_per_character": ".4f",
    "counts_nats_per_character": ".4f",
    "bits_per_character": ".4f",
    "perplexity": ".3f",
    "macro_f1": ".4f",
}
"""How a metric is printed; all others are counts or fractions."""


def score(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="The model file.", autocompletion=model_files, show_default=False)
    ],
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="The text: files, folders, or - for standard input.", show_default=False),
    ],
    adapt: Annotated[
        bool,
        option(
            "--adapt",
            help="Dynamic evaluation: keep learning while reading. The model file does not change.",
            panel=READING,
        ),
    ] = False,
    adapt_rate: Annotated[
        float | None,
        option(
            "--adapt-rate",
            help="Learning rate of --adapt.",
            panel=READING,
            show_default=str(ADAPT_RATE),
            **float_range(0, open_low=True),
        ),
    ] = None,
    context: Annotated[
        int | None,
        option(
            "--context",
            help="Predict each character from the N characters before it.",
            panel=READING,
            **int_range(1, 4096),
            show_default="all before it",
        ),
    ] = None,
    baseline: Annotated[
        int | None,
        option(
            "--baseline",
            help="Score an n-gram baseline of this order as well.",
            panel=COMPARISON,
            **int_range(1, MAX_ORDER),
            show_default="none",
        ),
    ] = None,
    train: Annotated[
        list[str] | None,
        option(
            "--train",
            metavar="FILE",
            help="Training text of the baseline.",
            panel=COMPARISON,
            show_default="that of the model",
        ),
    ] = None,
    per_character: Annotated[
        bool, option("--per-character", help="A table of loss and accuracy by character.", panel=COMPARISON)
    ] = False,
    per_line: Annotated[
        bool,
        option("--per-line", help="The loss of each line, in one pass through the text.", panel=COMPARISON),
    ] = False,
    sort: Annotated[
        bool, option("--sort", help="The lines of --per-line with the highest loss first.", panel=COMPARISON)
    ] = False,
    encoding: Annotated[str | None, encoding_option(READING)] = None,
    skip_unknown: Annotated[
        bool,
        option(
            "--skip-unknown",
            help="Leave out characters that the model does not know, even if it has a symbol for them.",
            panel=READING,
        ),
    ] = False,
    streams: Annotated[int | None, streams_option(READING)] = None,
    network_only: Annotated[bool, network_only_option(READING)] = False,
    workers: Annotated[int | None, workers_option()] = None,
    json: Annotated[
        bool, option("--json", help="One JSON object on standard output; one a line with --per-line.")
    ] = False,
) -> None:
    """Evaluate a model: loss and perplexity on a text, or accuracy on a .tsv of lines with known answers.

    \b
      rnncli score model.npz other.txt
      head -c 100000 corpus.txt | rnncli score model.npz - --json
      rnncli score model.npz play.txt --adapt        keep learning, and counting, while reading
      rnncli score model.npz play.txt --baseline 8   beside an 8-gram model of the same training text
      rnncli score model.npz app.log --per-line --sort | head   the most surprising lines of a log
      rnncli score names.npz unseen.tsv              accuracy, F1 and confusion matrix of a classifier
    """
    from rnncli.cli.lines import print_lines
    from rnncli.datasets.sources import open_sources
    from rnncli.datasets.unknown import UnknownCharacters
    from rnncli.models.labelled_language_model import LabelledLanguageModel
    from rnncli.models.language_model import LanguageModel
    from rnncli.models.parallel import cores
    from rnncli.models.ranks import other_ranks
    from rnncli.storage import checkpoint
    from rnncli.terminal.console import say

    if adapt and context is not None:
        raise InputError("--adapt and --context are mutually exclusive: --adapt carries the state through the text")
    if streams is not None and (adapt or context is not None):
        other, reads = ("--adapt", "the text in one stream") if adapt else ("--context", "each context anew")
        raise InputError(f"--streams and {other} are mutually exclusive: {other} reads {reads}")
    if adapt_rate is not None and not adapt:
        raise InputError("--adapt-rate is the learning rate of --adapt; give both")
    if train and baseline is None:
        raise InputError("--train is the training text of the --baseline; give both")
    if sort and not per_line:
        raise InputError("--sort is the order of the lines of --per-line; give both")
    others = {"--baseline": baseline, "--per-character": per_character, "--streams": streams != 1 and streams}
    if per_line and (given := [flag for flag, value in others.items() if value]):
        raise InputError(f"--per-line prints the loss of each line of one pass; leave out {' and '.join(given)}")
    with other_ranks() as ranks:
        shared_by = ranks or workers or cores()
        loaded = checkpoint.load(model)
        network = loaded.model
        sources = open_sources(files, loaded.reading(encoding))
        unknown = UnknownCharacters(skip_unknown)
        if not isinstance(network, LanguageModel):
            flags = {"--adapt": adapt, "--context": context, "--baseline": baseline, "--per-character": per_character}
            flags |= {"--streams": streams, "--skip-unknown": skip_unknown, "--network-only": network_only}
            flags |= {"--per-line": per_line}
            if given := [flag for flag, value in flags.items() if value not in (None, False)]:
                raise InputError(f"{model} is {network.noun}, so {' and '.join(given)} does not apply")
        if isinstance(network, LanguageModel):
            rate = (adapt_rate or ADAPT_RATE) if adapt else None
            training = (train or [], encoding)
            mode = ReadingMode(rate, context, streams, shared_by, network_only)
            if per_line:
                print_lines(loaded, sources, unknown, mode, sort, json)
            else:
                _print_text(_score_text(loaded, sources, unknown, mode, baseline, training, per_character), json)
        elif isinstance(network, LabelledLanguageModel):
            _print_text(_score_labelled_texts(network, sources, unknown, shared_by), json)
        else:
            _score_answers(network, sources, unknown, shared_by, json)
        for warning in sources.warnings:
            say(warning)
        if unknown.number:
            say(unknown.told(network.vocabulary))


def _score_text(
    loaded: "Checkpoint",
    sources: "Sources",
    unknown: "UnknownCharacters",
    mode: ReadingMode,
    baseline: int | None,
    training: tuple[list[str], str | None],
    per_character: bool,
) -> dict[str, Any]:
    """The metrics of running text, as ``--json`` has them; ``training`` are the files of the n-gram baseline and their
    encoding."""
    from rnncli.cli.model_input import baseline_ids, require_two
    from rnncli.cli.streams import text_losses, token_losses
    from rnncli.datasets.disk_ids import in_memory
    from rnncli.datasets.text import IN_MEMORY, read_ids
    from rnncli.evaluation.metrics import (
        metrics_by_character,
        ngram_metrics,
        parts_metrics,
        text_metrics,
        unknown_metrics,
    )
    from rnncli.evaluation.token_losses import losses_by_character

    model: Any = loaded.model
    counts = None if mode.network_only else loaded.counts
    in_memory_limit = IN_MEMORY if mode.in_streams else sys.maxsize
    ids = read_ids(sources, model.vocabulary, in_memory=in_memory_limit, unknown=unknown)
    require_two(ids, ", ".join(sources.names))
    size, streams = len(model.vocabulary), 1
    if mode.in_streams:
        by_character, streams = text_losses(model, ids, mode.streams, mode.workers, counts)
    else:
        by_character = losses_by_character(token_losses(model, ids, mode, counts), size)
    data: dict[str, Any] = {**text_metrics(by_character.score), **parts_metrics(by_character), "streams": streams}
    data |= unknown_metrics(by_character, unknown.number, model.vocabulary.unknown and not unknown.skip)
    if baseline is not None:
        training_ids = baseline_ids(loaded, *training)
        data["baseline"] = ngram_metrics(training_ids, in_memory(ids), size, baseline)
    if per_character:
        data["per_character"] = metrics_by_character(by_character, model.vocabulary.symbols)
    return data


def _score_labelled_texts(
    model: "LabelledLanguageModel", sources: "Sources", unknown: "UnknownCharacters", workers: "Workers"
) -> dict[str, Any]:
    from dataclasses import replace

    from rnncli.datasets.columns import read_lines
    from rnncli.datasets.pairs import encode_lines
    from rnncli.evaluation.losses import score_pairs
    from rnncli.evaluation.metrics import text_metrics

    def known(text: str) -> str:
        return model.vocabulary.decode(unknown.encode(text, model.vocabulary))

    lines = (replace(line, text=known(line.text)) for line in read_lines(sources, model.task))
    pairs = encode_lines(lines, model.task, *model.alphabets)
    return {**text_metrics(score_pairs(model, pairs, workers=workers)), "unknown_characters": unknown.number}


def _score_answers(
    model: Any, sources: "Sources", unknown: "UnknownCharacters", workers: "Workers", json: bool
) -> None:
    """Compare predictions with the column that has the truth."""
    from rnncli.datasets.columns import CHARACTERS, LAYOUTS, TAGS, read_lines
    from rnncli.evaluation.metrics import answer_metrics
    from rnncli.inference.prediction import LINES, predict_batches
    from rnncli.terminal.console import say, write
    from rnncli.terminal.metrics import MAX_CLASSES, draw_confusion, draw_f1
    from rnncli.terminal.screen import screen
    from rnncli.terminal.words import visible_line

    lines, target = list(read_lines(sources, model.task)), LAYOUTS[model.task].target
    texts, targets = [line.text for line in lines], [line.target for line in lines]
    unknown.count("".join(texts), model.vocabulary)
    if target != CHARACTERS:
        expected = {*"".join(targets)} if target == TAGS else {*targets}
        if strange := sorted(expected - set(model.target.symbols)):
            say(f"{target}s that the model does not know and never predicts: {', '.join(map(visible_line, strange))}")
    batches = (texts[start : start + LINES] for start in range(0, len(texts), LINES))
    predictions = [answer.best for answers in predict_batches(model, batches, workers=workers) for answer in answers]
    metrics, confusion = answer_metrics(target, targets, predictions)
    if json:
        write(jsonlib.dumps(metrics | (confusion.to_json() if confusion else {}), ensure_ascii=False) + "\n")
        return
    write(_lines(metrics))
    if confusion is not None:
        output = screen(sys.stdout)
        output.print(draw_f1(confusion, target.capitalize(), output.width))
        if len(confusion.classes) <= MAX_CLASSES:
            output.print(draw_confusion(confusion, output.width))


def _lines(metrics: "Metrics", percent: str = ".2%") -> str:
    """A line for each metric, under its name in ``--json`` with blanks; fractions in the format ``percent``."""
    names = {name: name.replace("_", " ").replace("macro f1", "macro-F1") for name in metrics}
    width = max(map(len, names.values()))
    formats = {name: "," if isinstance(value, int) else FORMATS.get(name, percent) for name, value in metrics.items()}
    return "".join(f"{names[name]:{width}}  {value:{formats[name]}}\n" for name, value in metrics.items())


def _print_text(data: dict[str, Any], json: bool) -> None:
    from rnncli.cli.streams import say_streams
    from rnncli.results import Table
    from rnncli.terminal.console import terminal_width, write
    from rnncli.terminal.screen import screen
    from rnncli.terminal.view_result import draw_table
    from rnncli.terminal.words import wrapped

    if json:
        write(jsonlib.dumps(data, ensure_ascii=False) + "\n")
        return
    baseline, rows = data.pop("baseline", None), data.pop("per_character", None)
    streams = data.pop("streams", 1)
    if not data["unknown_characters"]:
        del data["unknown_characters"]
    write(_lines(data, percent=".1%"))
    say_streams(streams)
    if baseline:
        name, nats = f"{baseline['order']}-gram model", baseline["nats_per_character"]
        line = f"{name:18}  {nats:.4f} nats, {baseline['bits_per_character']:.4f} bits\n"
        write(wrapped(line, terminal_width(sys.stdout)))
    if rows:
        columns = ("character", "count", "mean nats", "share of the loss", "accuracy")
        cells = [(row["character"], row["count"], row["nats"], row["share"], row["accuracy"]) for row in rows]
        output = screen(sys.stdout)
        output.print(*draw_table(Table("", columns, cells), output.width))
