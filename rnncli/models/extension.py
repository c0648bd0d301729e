"""A model with more symbols than before: what it has learnt stays, and the new symbols are as in a new model."""

from typing import Any

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.models.base import Model


def extended(model: Model, alphabets: tuple[Any, ...], rng: np.random.Generator) -> Model:
    """``model`` over ``alphabets`` that hold all symbols of its own. Rows and columns of the symbols that it knows keep
    their values; those of new ones are drawn, except for biases, which are the lowest there is: before it is trained,
    the model expects what it did."""
    kind, before = type(model), list(model.alphabets)
    new = kind(model.config, *alphabets, dtype=model.parameters.flat.dtype)
    new.initialise(rng)
    places: dict[str, list[Any]] = {name: [slice(None)] * len(shape) for name, shape in new.parameters.shapes.items()}
    for which, (old, grown) in enumerate(zip(model.alphabets, alphabets, strict=True)):
        after = [*before[:which], grown, *before[which + 1 :]]
        shapes, larger = kind.shapes(model.config, *before), kind.shapes(model.config, *after)
        for name in shapes:
            for axis, (size, new_size) in enumerate(zip(shapes[name], larger[name], strict=True)):
                if size != new_size:  # the axis of this alphabet
                    places[name][axis] = _places(old, grown)
        before = after
    for name, values in model.parameters.items():
        for axis, place in enumerate(places[name]):
            if isinstance(place, list) and len(place) > values.shape[axis]:
                values = np.concatenate((np.zeros_like(values), values), axis)  # one logit l for two labels is 0 and l
        target: Array = new.parameters[name]
        if target.ndim == 1 and target.shape != values.shape:
            target[...] = min(0.0, float(values.min()))
        target[np.ix_(*(np.arange(size)[place] for size, place in zip(target.shape, places[name], strict=True)))] = (
            values
        )
    return new


def _places(old: Any, grown: Any) -> list[int]:
    """Where the symbols of the old alphabet are in the new one."""
    index = {symbol: i for i, symbol in enumerate(grown.symbols)}
    return [index[symbol] for symbol in old.symbols]
