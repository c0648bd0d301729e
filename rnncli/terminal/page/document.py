"""The page as one HTML file: it opens offline in any browser, asks nobody for anything, and without script it is still
readable as what the model is, its numbers and what it writes.

A content security policy in the file allows its own style and script by their hashes and nothing else. What comes from
the model is escaped, in the markup and in the data of the script, so that an alphabet cannot become markup.
"""

import base64
import hashlib
import json
from html import escape
from importlib.resources import files

from rnncli.inspection.page import ModelPage
from rnncli.names import file_size
from rnncli.terminal.words import visible_line

MARK = "<!doctype html>\n<!-- a model of rnncli, alive -->\n"
"""How every page begins, so that none but a page is ever overwritten."""

ENGINE = ("weights", "cells", "network", "models", "sampling")
SCRIPTS = {
    "generate": (*ENGINE, "shared", "reader", "editor", "write", "watch", "steer", "step", "main"),
    "pairs": (*ENGINE, "shared", "pairs", "main"),
}

TITLES = {
    "generate": "This network writes, one character at a time.",
    "generate-labelled": "This network writes a text for a label, one character at a time.",
    "classify": "This network reads a text and names its label.",
    "tag": "This network reads a text and gives each character a tag.",
    "translate": "This network reads a text and writes another.",
}

PRECISIONS = {"int8": "int8, with a scale for each row", "float16": "float16", "trained": "as trained, float32"}

ALONE = " It has the network alone: the n-gram counts in the model file contain the training text and are left out."


def resource(name: str) -> str:
    """The text of a file beside this one."""
    return files("rnncli.terminal.page").joinpath(name).read_text("utf-8")


def script_of(part: str) -> str:
    """The scripts of one kind of page, as one."""
    return '"use strict";\n' + "\n".join(resource(f"{name}.js") for name in SCRIPTS[part])


def as_html(page: ModelPage) -> str:
    """The whole file; it has no character that UTF-8 cannot hold."""
    name = _text(page.path)
    return (
        f"{MARK}{head(f'{name} – a network, alive', style(), script(page))}"
        f'<body>\n<header><p class="kicker">{name}</p>\n<h1>{TITLES[page.kind]}</h1>\n'
        f'<p class="lead">{_text(_lead(page))}</p></header>\n'
        f"<main>\n{alive(page)}{_about(page)}</main>\n"
        f"{data(page)}<script>{script(page)}</script>\n</body></html>\n"
    )


def head(title: str, style: str, script: str) -> str:
    """The beginning of a file whose only style and script are these; ``title`` is markup."""
    policy = f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; script-src '{_hash(script)}'"
    return (
        '<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy, quote=True)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{style}</style></head>\n"
    )


def style() -> str:
    """The style that :func:`alive` needs."""
    return resource("page.css")


def script(page: ModelPage) -> str:
    """The script that runs the network of :func:`data` in the markup of :func:`alive`."""
    return script_of(_part(page))


def alive(page: ModelPage) -> str:
    """The sections in which the network lives; they appear where scripts run."""
    return f'<div id="alive" hidden>\n{resource(f"{_part(page)}.html")}</div>\n'


def data(page: ModelPage) -> str:
    """The model for the script."""
    description = json.dumps(page.to_json(), separators=(",", ":")).replace("<", "\\u003c")
    weights = base64.b64encode(page.weights.data).decode()
    return (
        f'<script type="application/json" id="model-data">{description}</script>\n'
        f'<script type="application/octet-stream" id="model-weights">{weights}</script>\n'
    )


def _part(page: ModelPage) -> str:
    """The kind of page, a key of ``SCRIPTS``."""
    return "generate" if page.kind.startswith("generate") else "pairs"


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _text(text: str) -> str:
    """Text on one line for the markup, control characters escaped."""
    return escape(visible_line(text))


def _lines(text: str) -> str:
    """The same with its line ends."""
    return "\n".join(map(_text, text.split("\n")))


def _lead(page: ModelPage) -> str:
    parameters = f"{page.model.parameters.flat.size:,} numbers"
    network = page.model.config.describe()
    return (
        f"{network[0].upper()}{network[1:]}: {parameters}, all of them in this file. The page computes every character "
        "here, in your browser. It works offline and sends nothing anywhere."
    )


def _about(page: ModelPage) -> str:
    """What one reads without script: facts, the weights, and what the model does."""
    facts = {name: value for name, value in page.facts.items() if name != "task"} | {"weights": _weights(page)}
    rows = "".join(f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>\n" for name, value in facts.items())
    return (
        '<noscript><p class="note">With JavaScript, this page runs the network. Without it, here is what it is.</p>'
        f'</noscript>\n<section id="about"><h2>About this model</h2>\n<dl>{rows}</dl>\n{said(page)}'
        f'<p class="note">Made by <code>rnncli export</code>.{ALONE if page.has_counts else ""}</p></section>\n'
    )


def _weights(page: ModelPage) -> str:
    """The precision of the weights, and what it costs."""
    text = f"{PRECISIONS[page.weights.precision]}, {file_size(len(page.weights.data))}"
    if not page.losses:
        return f"{text}; no text was at hand to measure what that changes"
    losses = "; ".join(f"{PRECISIONS[kind]}: {nats:.4f}" for kind, nats in page.losses.items())
    return f"{text}. Loss in nats per {page.model.unit} on {page.measured_on}: {losses}"


def said(page: ModelPage) -> str:
    """What it writes, or its answers to some texts."""
    if page.sample:
        return f'<h3>A sample, at temperature 0.7</h3>\n<pre class="text">{_lines(page.sample)}</pre>\n'
    rows = "".join(f"<tr><td>{_text(text)}</td><td>{_text(answer)}</td></tr>\n" for text, answer in page.examples)
    if not rows:
        return ""
    return (
        '<h3>Some answers</h3>\n<div class="scroll"><table><thead><tr><th scope="col">text</th>'
        f'<th scope="col">answer</th></tr></thead>\n<tbody>{rows}</tbody></table></div>\n'
    )
