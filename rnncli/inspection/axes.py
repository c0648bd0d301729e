"""What the axes of a parameter are: gates, characters, units, labels."""

from collections.abc import Sequence
from typing import Any

from rnncli.engine.feedforward import FeedForwardNetwork
from rnncli.models.base import Model, PairModel
from rnncli.models.language_model import NextCharacterModel

PADDING = "∅"
"""Before the beginning of a text, in the context of a feed-forward network."""

Axis = tuple[str, Sequence[str]]
"""What it counts, and the name of each of its elements."""


def places(context: int) -> list[str]:
    """The characters that a feed-forward network sees, the newest first."""
    return ["read", *(f"{n} back" for n in range(1, context))]


def output_symbols(model: Model) -> Sequence[str]:
    """What each logit stands for; of two labels the second has the only one."""
    if not isinstance(model, PairModel) or isinstance(model, NextCharacterModel):
        return list(model.vocabulary.symbols)
    symbols: Sequence[str] = model.target.symbols
    return symbols[-len(model.parameters["output.b"]) :]


def axes(model: Any, name: str) -> list[Axis]:
    """The axes of the parameter ``name``. The rows of a perceptron without a layer are two: place and character."""
    shape = model.parameters.shapes[name]
    prefix, inside = name.split(".", 1) if name.startswith(("encoder.", "decoder.")) else ("", name)
    network, vocabulary = model.network, model.vocabulary
    if prefix == "decoder":
        network, vocabulary = model.decoder, model.target
    found: list[Axis] = [("from", [str(n) for n in range(size)]) for size in shape]
    is_feed_forward = isinstance(network, FeedForwardNetwork)
    characters = "character", [*vocabulary.symbols, *([PADDING] if is_feed_forward else [])]
    if inside.startswith("output."):
        found[-1] = "to", output_symbols(model)
        if inside == "output.W" and is_feed_forward and not network.layers and not network.embedding_size:
            return [("place", places(network.context)), characters, found[-1]]
    elif inside == "embedding.W":
        found[0] = characters
    elif inside == "label.W":
        found[0] = "label", model.target.symbols
    elif is_feed_forward and len(shape) == 3:
        found[:2] = [("place", places(network.context)), characters]
    elif not is_feed_forward and inside.startswith("l") and inside.endswith((".W_x", ".W_h", ".b")):
        found[0] = "gate", network.cell.gates
        if inside in ("l1.W_x", "l1r.W_x") and not network.embedding_size:
            found[1] = characters
    return found
