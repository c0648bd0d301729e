"""Unicode normal forms: the same text may be written with different characters, é as one or as e and an accent, and a
model of characters sees two texts (Unicode Standard Annex #15, "Unicode Normalization Forms")."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Literal, cast

NONE = "none"
"""The form of a text that stays as it is."""

_STARTER = re.compile("[\0-\u02ff\u3400-\u9fff\uac00-\ud7a3]")
"""Characters that neither combine with what is before them nor change their order with it: between them a text may be
cut and its parts normalised one by one. Latin, Chinese characters and Korean syllables are enough to find one soon."""


def normalise(text: str, form: str) -> str:
    """``text`` in a normal ``form``: nfc, nfkc, or none for the text itself."""
    return text if form == NONE else unicodedata.normalize(cast(Literal["NFC", "NFKC"], form.upper()), text)


def normalised(chunks: Iterator[str], form: str) -> Iterator[tuple[str, str]]:
    """A text in parts, each with its normal ``form``: together these are the normal form of the whole."""
    if form == NONE:
        yield from ((chunk, chunk) for chunk in chunks)
        return
    pending = ""
    for chunk in chunks:
        pending += chunk
        cut = next((i for i in range(len(pending) - 1, 0, -1) if _STARTER.match(pending[i])), 0)
        if cut:
            yield pending[:cut], normalise(pending[:cut], form)
            pending = pending[cut:]
    if pending:
        yield pending, normalise(pending, form)
