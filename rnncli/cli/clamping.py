"""``rnncli sample --clamp``: holding units while a model writes, and showing what that does."""

import math
import shutil
from itertools import zip_longest

from rnncli.engine.clamping import Clamp
from rnncli.errors import InputError
from rnncli.inspection.activations import held, state_names, unit_of
from rnncli.models.language_model import LanguageModel
from rnncli.terminal.words import visible_lines


def clamped(written: str, path: str, model: LanguageModel) -> list[Clamp]:
    """The edits for ``L:J=V`` of the model in the file ``path``; InputError where that is no unit or no number."""
    unit, _, value = written.partition("=")
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"--clamp {written} is not of the form L:J=V with a number V, as in 1:17=0.9")
    return held(
        model,
        unit_of(unit, model, path),
        dict.fromkeys(state_names(model), number),
    )


def side_by_side(free: str, held_text: str) -> str:
    """The text that the model writes freely on the left, and the one with units held on the right."""
    width = (shutil.get_terminal_size().columns - 3) // 2
    columns = [["free", ""], ["clamped", ""]]
    for column, text in zip(columns, (free, held_text), strict=True):
        for line in visible_lines(text).expandtabs(4).split("\n"):
            column += [line[start : start + width] for start in range(0, max(1, len(line)), width)]
    return "".join(f"{a:{width}} | {b}".rstrip() + "\n" for a, b in zip_longest(*columns, fillvalue=""))
