"""``rnncli sample --interactive``: a text that the user and the model write together."""

import sys

from rich.live import Live

from rnncli.datasets.vocabulary import Vocabulary
from rnncli.errors import InputError
from rnncli.inference.draft import Draft
from rnncli.models.output import NO_EOS
from rnncli.terminal.console import is_interactive
from rnncli.terminal.draft import draw_draft
from rnncli.terminal.keys import BACKSPACE, END, ENTER, pressed_keys
from rnncli.terminal.screen import screen

CHOICES = 9
"""As many as there are digits to choose them by."""

END_OF_TEXT = "(the end)"


def require_terminal() -> None:
    """InputError where nobody could press a key or see what it does."""
    for stream, name in ((sys.stdin, "input"), (sys.stdout, "output")):
        if not is_interactive(stream):
            raise InputError(f"--interactive asks in a terminal, and standard {name} is none; leave it out")


def write_interactively(draft: Draft, vocabulary: Vocabulary, prime: str, length: int | None, eos: int) -> str:
    """The text that was written after the ``prime``: at most ``length`` characters, to the id ``eos`` or until the user
    ends it."""
    names = [END_OF_TEXT if i == eos != NO_EOS else name for i, name in enumerate(vocabulary.symbols)]
    output, note = screen(sys.stdout), ""
    with pressed_keys() as keys, Live(console=output, auto_refresh=False, transient=True) as live:
        while length is None or len(draft.ids) < length:
            candidates = draft.candidates(CHOICES)
            shown = [(names[i], p) for i, p in candidates]
            text = prime + vocabulary.decode(draft.ids)
            live.update(draw_draft(text, shown, note, output.width, output.height), refresh=True)
            key, note = next(keys, END), ""
            chosen: list[int] = []
            if key == END:
                break
            if key == BACKSPACE:
                draft.undo()
            elif key == ENTER:
                chosen = [draft.draw()]
            elif key in "123456789":
                chosen = [i for i, _ in candidates[int(key) - 1 : int(key)]]
            elif vocabulary.unknown_characters(typed := vocabulary.from_user_text(key)):
                note = f"the model does not know {key!r}"
            else:
                chosen = vocabulary.encode(typed).tolist()
            if eos in chosen:
                break
            for symbol in chosen:
                draft.add(symbol)
    return vocabulary.decode(draft.ids)
