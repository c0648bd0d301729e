"""What ``rnncli train`` learns from: which task it is, and the corpus of it."""

from dataclasses import replace

from rnncli.cli.train.request import Request
from rnncli.datasets.pairs import PairCorpus, guess_task, read_pairs
from rnncli.datasets.sources import STDIN, Sources, open_sources
from rnncli.datasets.text import Corpus, fraction_of, read_corpus
from rnncli.errors import InputError
from rnncli.models.base import Model
from rnncli.storage.checkpoint import Checkpoint
from rnncli.training.options import TrainingOptions

RUNNING_TEXT = "running text"


def read(request: Request, old: Checkpoint | None, start: Model | None) -> tuple[Corpus | PairCorpus, list[str]]:
    """The corpus, and what the user should know of it. ``old`` is the run that is taken up, ``start`` the model whose
    weights are the beginning."""
    model = old.model if old else start
    encoding = model.vocabulary.encoding if model else request.encoding
    sources = open_sources(request.files, encoding)
    what, notices = _what(request, sources, model)
    asked, tails = request.validation, _tails(request)
    if old is not None:
        asked, tails = (old.record.get("corpus", {}).get(name) for name in ("held_out", "tails"))
        if request.validation not in (None, asked):
            raise InputError("--validation cannot be changed by --resume; begin a new model with -o")
        if request.validation_split not in (None, "tails" if tails else "end"):
            raise InputError("--validation-split cannot be changed by --resume; begin a new model with -o")
        if sources.digest() != old.record.get("corpus", {}).get("sha256"):
            raise InputError(
                f"{', '.join(sources.names)} is not the text that {request.output} was trained on (its bytes differ); "
                "resume with the same text, or begin anew with -o"
            )
    validation = _validation(asked, request, encoding)
    corpus: Corpus | PairCorpus
    if what == RUNNING_TEXT:
        vocabulary = model.vocabulary if model else None
        if tails and isinstance(validation, Sources):
            raise InputError("--validation-split tails takes a fraction of every stream, and no file")
        corpus = read_corpus(sources, validation, request.min_count, vocabulary, tails or 0)
    else:
        if tails:
            raise InputError("--validation-split tails is for running text; of pairs, lines are drawn by --seed")
        if encoding == "bytes":
            raise InputError("--encoding bytes is for running text; pairs are lines of UTF-8")
        seed = old.record["options"]["seed"] if old else request.learning.get("seed", 0)
        alphabets = (model.vocabulary, model.partner) if model else None
        corpus = read_pairs(sources, what, validation, request.min_count, seed, alphabets)
    notices += sources.notices + (validation.notices if isinstance(validation, Sources) else [])
    return replace(corpus, held_out=asked), notices


def _what(request: Request, sources: Sources, model: Model | None) -> tuple[str, list[str]]:
    """The task of the pairs, or RUNNING_TEXT, and how that was found out."""
    if model is not None:
        if request.task not in (None, model.task):
            raise InputError(f"--task {request.task} does not fit the model, which has learnt to {model.task}")
        return (RUNNING_TEXT if model.task == "generate" and model.partner is None else model.task), []
    columns = all(name.endswith(".tsv") for name in sources.names)
    if request.task not in (None, "generate"):
        return request.task, []
    guess = guess_task(sources) if columns and request.task is None else RUNNING_TEXT
    if request.task == "generate":
        return ("generate" if columns else RUNNING_TEXT), []
    if guess is None:
        raise InputError(
            f"{', '.join(sources.names)} may be several things; say --task classify, tag, translate or generate, or "
            "pipe it into rnncli train - to learn it as running text"
        )
    return guess, [f"task     {guess}, by the look of the lines; set it with --task"] if columns else []


def _tails(request: Request) -> int:
    """Of how many streams the tail is held out."""
    batch_size: int = request.learning.get("batch_size", TrainingOptions.batch_size)
    return batch_size if request.validation_split == "tails" else 0


def _validation(asked: str | None, request: Request, encoding: str) -> "float | Sources | None":
    if asked is None:
        return None
    if asked == STDIN and STDIN in request.files:
        raise InputError("standard input cannot be both the text and the validation; put one of them into a file")
    fraction = fraction_of(asked)
    if fraction is None:
        return open_sources([asked], encoding)
    if not 0 <= fraction < 1:
        raise InputError(f"--validation {asked} is neither a fraction from 0 to below 1 nor a file")
    return fraction
