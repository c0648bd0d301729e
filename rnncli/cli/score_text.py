"""``rnncli score`` for a model that writes: the loss of a text, and what stands beside it."""

import json as jsonlib
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from rnncli.cli.models import ngram_nats
from rnncli.datasets.pairs import read_pairs
from rnncli.datasets.sources import Sources
from rnncli.datasets.text import read_ids
from rnncli.errors import InputError
from rnncli.evaluation.losses import (
    LossByCharacter,
    TokenLosses,
    carried,
    dynamic_evaluation,
    fixed_context,
    losses_by_character,
)
from rnncli.models.score import Score
from rnncli.terminal.console import write
from rnncli.terminal.words import count

if TYPE_CHECKING:
    from rnncli.models.language_model import LanguageModel
    from rnncli.storage.checkpoint import Checkpoint


def score_text(
    path: str,
    loaded: "Checkpoint",
    sources: Sources,
    adapt_rate: float | None,
    context: int | None,
    baseline: int | None,
    train: list[str],
    per_character: bool,
    json: bool,
) -> None:
    """Score and print. InputError for a text too short, and for questions that a model of labelled texts has no answer
    to."""
    model: Any = loaded.model
    if model.partner is not None:
        if adapt_rate is not None or context is not None or baseline is not None or per_character:
            raise InputError(
                f"{path} has learnt labelled texts; --adapt, --context, --baseline and --per-character are about "
                "running text"
            )
        _print(_figures(_score_labelled(model, sources)), json)
        return
    ids = read_ids(sources, model.vocabulary)
    if len(ids) < 2:
        where = ", ".join(sources.names)
        raise InputError(f"{where} holds fewer than two characters, so there is nothing to predict")
    found = losses_by_character(_losses(model, ids, adapt_rate, context), len(model.vocabulary))
    figures = _figures(found.score)
    if baseline is not None:
        nats = ngram_nats(path, loaded, train, ids, baseline)
        figures["baseline"] = {
            "order": baseline,
            "nats_per_character": nats,
            "bits_per_character": nats / math.log(2),
        }
    if per_character:
        figures["per_character"] = _table(found, model.vocabulary.symbols)
    _print(figures, json)


def _losses(model: "LanguageModel", ids: Any, adapt_rate: float | None, context: int | None) -> Iterator[TokenLosses]:
    if adapt_rate is not None:
        return dynamic_evaluation(model, ids, adapt_rate)
    if context is not None:
        return fixed_context(model, ids, np.arange(1, len(ids)), context)
    return carried(model, ids)


def _score_labelled(model: "LanguageModel", sources: Sources) -> Score:
    pairs = read_pairs(sources, "generate", 0.0, alphabets=(model.vocabulary, model.partner)).training
    everything = np.arange(len(pairs))
    return model.score(pairs.texts.padded(everything), pairs.partners.padded(everything))


def _figures(score: Score) -> dict[str, Any]:
    return {
        "characters": score.symbols,
        "nats_per_character": score.nats,
        "bits_per_character": score.bits,
        "perplexity": score.perplexity,
        "accuracy": score.accuracy,
    }


def _table(found: LossByCharacter, symbols: list[str]) -> list[dict[str, Any]]:
    """What each character that occurs costs, the dearest in all first."""
    return [
        {
            "character": symbols[i],
            "count": int(found.count[i]),
            "nats": float(found.nats[i] / found.count[i]),
            "share": float(found.nats[i] / found.nats.sum()),
            "accuracy": float(found.correct[i] / found.count[i]),
        }
        for i in np.argsort(-found.nats, kind="stable")
        if found.count[i]
    ]


def _print(figures: dict[str, Any], json: bool) -> None:
    if json:
        write(jsonlib.dumps(figures, ensure_ascii=False) + "\n")
        return
    write(
        f"characters          {count(figures['characters'])}\n"
        f"nats per character  {figures['nats_per_character']:.4f}\n"
        f"bits per character  {figures['bits_per_character']:.4f}\n"
        f"perplexity          {figures['perplexity']:.3f}\n"
        f"likeliest is right  {figures['accuracy']:.1%}\n"
    )
    if beside := figures.get("baseline"):
        name = f"{beside['order']}-gram model"
        write(f"{name:18}  {beside['nats_per_character']:.4f} nats, {beside['bits_per_character']:.4f} bits\n")
    if rows := figures.get("per_character"):
        _draw(rows)


def _draw(rows: list[dict[str, Any]]) -> None:
    import sys

    from rnncli.results import Table
    from rnncli.terminal.screen import screen
    from rnncli.terminal.view_result import draw_table
    from rnncli.terminal.words import visible

    columns = ("character", "count", "nats each", "share of the loss", "likeliest is right")
    cells = [(visible(row["character"]), row["count"], row["nats"], row["share"], row["accuracy"]) for row in rows]
    screen(sys.stdout).print(*draw_table(Table("", columns, cells)))
