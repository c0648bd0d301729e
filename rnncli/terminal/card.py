"""A model card in Markdown: what a model is, where it comes from, how well it does, what it is for and how to load it.

The sections are those of Mitchell et al. 2019, "Model Cards for Model Reporting", as far as a model file can answer
them; who shares a model adds what only people know: the licence of the text, and for whom it is meant.
"""

import re
from pathlib import Path
from typing import Any

from rnncli.inspection.info import ANSWERS, info_facts, quality_in_words
from rnncli.names import command_line
from rnncli.terminal.words import visible_line

PURPOSES = {
    "generate": (
        "It writes text in the manner of its training text, character by character, and tells how probable another "
        "text is: where it is surprised, something is unlike what it has read.",
        "It knows nothing but that text. What it writes only looks like it: it is neither true nor advice, and it does "
        "not answer questions. It may repeat passages that it has read; `rnncli sample --novelty` measures how much. "
        "Characters that it has never read are unknown to it.",
    ),
    "generate-labelled": (
        "It writes short texts of a label that one names, in the manner of its training texts.",
        "It knows nothing but these texts and labels. What it writes only looks like them, may repeat one of them, and "
        "is neither true nor advice.",
    ),
    "classify": (
        "It gives each line of text one of its labels, with a probability.",
        "It gives one of its labels to any text, also to one that has none of them: `rnncli predict --threshold 0.8` "
        "answers `unknown` where it is not sure. Its probabilities are not calibrated, and what is wrong or one-sided "
        "in its training data is so in its answers. Do not let it decide on people alone.",
    ),
    "tag": (
        "It gives each character of a line a tag.",
        "It tags any text, also one that is unlike all that it has read. Its probabilities, which "
        "`rnncli predict --json` shows, are not calibrated.",
    ),
    "translate": (
        "It turns each line into another one, character by character, as in the lines that it has learnt.",
        "It answers any line, also one that is unlike all that it has read, and may then invent something: "
        "`rnncli predict --threshold 0.8` answers `unknown` where it is not sure. It is no translator of languages "
        "unless that is what it has learnt.",
    ),
}
"""What a model of each kind is for, and what not."""

CONTAINS_TEXT = (
    "**This file contains its training text**: the n-gram counts beside the network hold every character of it. Share "
    "the file only where you may share the text. {command} takes the counts out."
)

MAY_QUOTE = "The file does not hold the training text itself, but a network can memorise passages of it."

OF_ITS_FILM = " One line of the data stands in it: the one of whose translations its film of learning consists."

REPEATABLE = "The same text, options and seed give the same bytes on the same kind of machine with these versions."

TIMED = "The run was limited by time, so another one does not give the same bytes."

NOT_RECORDED = "With which versions it was trained is not recorded: an older rnncli has made it."

SOURCE = ("trained on", "SHA-256", "alphabet", *ANSWERS.values(), "counts")
"""The facts that are about the data."""

PIPE = "\\|"
"""How a bar is written in a table."""


def model_card(info: dict[str, Any]) -> str:
    """The card of a :func:`rnncli.inspection.info.model_info`."""
    path, facts = Path(info["model"]).name, info_facts(info)
    purpose, limits = PURPOSES[info["kind"]]
    network = facts.pop("what").partition(": ")[2]
    facts.pop("quality", None)
    source = {name: facts.pop(name) for name in SOURCE if name in facts}
    parts = [
        f"# {_code(path)}",
        f"{info['what'].capitalize()}, character by character, made with rnncli. Its network: {network}.",
        "## What it is for",
        purpose,
        "## What it is not for",
        limits,
        "## What it learnt from",
        _table(source),
        _reading(info),
        _origin(info, path),
        "## How well it does",
        _quality(info, path),
        "## How it was trained",
        _table(facts),
        _repeatable(info),
        "## How to load it",
        _loading(info, path),
    ]
    return "\n\n".join(parts) + "\n"


def _reading(info: dict[str, Any]) -> str:
    vocabulary, data = info["vocabulary"], info["data"] or {}
    encoding = data.get("encoding", vocabulary["encoding"])
    words = [f"Read as {_code(encoding)}, normal form {_code(vocabulary['normalize'])}"]
    if vocabulary["unknown"]:
        words.append("characters outside the alphabet as one unknown symbol")
    if data.get("columns"):
        words.append(f"columns {', '.join(map(_code, data['columns']))}")
    if data.get("shuffle", "none") != "none":
        words.append(f"{data['shuffle']} in random order")
    return "; ".join(words) + (". The SHA-256 is that of the bytes of all files, one after the other." if data else ".")


def _origin(info: dict[str, Any], path: str) -> str:
    if not info["contains_text"]:
        return MAY_QUOTE + (OF_ITS_FILM if info["task"] == "translate" else "")
    without = command_line("train", "FILE", options=["-o", path, "--resume", "--ngram", "0"])
    return CONTAINS_TEXT.format(command=_code(without))


def _quality(info: dict[str, Any], path: str) -> str:
    words = "The file does not say" if info["quality"] is None else quality_in_words(info)
    return f"{words[0].upper()}{words[1:]}. On other data: {_code(command_line('score', path, 'FILE'))}."


def _repeatable(info: dict[str, Any]) -> str:
    if not info["software"]:
        return NOT_RECORDED
    return REPEATABLE if info["training"]["seconds"] is None else TIMED


def _loading(info: dict[str, Any], path: str) -> str:
    if info["task"] == "generate":
        label = info["labels"][0] if "labels" in info else None
        options = ["--length", "200", "--seed", "1", *(["--label", label] if label is not None else [])]
        use = command_line("sample", path, options=options)
        call = f"model.sample(length=200, seed=1{'' if label is None else f', label={label!r}'})"
    else:
        use = f"echo 'a line of text' | {command_line('predict', path)}"
        call = "model.predict('a line of text').best"
    commands = "\n".join([use, command_line("info", path), command_line("inspect", path)])
    python = f"import rnncli\n\nmodel = rnncli.load({path!r})\nprint({call})"
    return f"On the command line:\n\n{_block('sh', commands)}\n\nFrom Python:\n\n{_block('python', python)}"


def _block(language: str, text: str) -> str:
    fence = "`" * max(3, _longest_fence(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _table(facts: dict[str, str]) -> str:
    """A row for each; as code, so that nothing of a text or a name is taken for Markdown."""
    rows = (f"| {name} | {_code(value).replace('|', PIPE)} |" for name, value in facts.items())
    return "\n".join(["| | |", "|---|---|", *rows])


def _code(text: str) -> str:
    """A span of code, on one line, whatever stands in it."""
    text = visible_line(text)
    fence = "`" * (_longest_fence(text) + 1)
    gap = " " if text.startswith("`") or text.endswith("`") or not text.strip() else ""
    return f"{fence}{gap}{text}{gap}{fence}"


def _longest_fence(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
