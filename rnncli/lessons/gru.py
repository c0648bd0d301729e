"""What do the gates of a GRU do? One unit whose weights are set by hand, and the same learnt: "(" stores, ")" deletes,
"!" turns the sign of what is stored."""

from functools import cache

import numpy as np

from rnncli.engine.arrays import Array, Ids, Parameters
from rnncli.engine.cells import GRU
from rnncli.lessons.single_unit import BIAS, CANDIDATE, NOTABLE, SWING, UPDATES, SingleUnit, Trace, told
from rnncli.results import Paragraph, ViewResult

STORE, DELETE, TURN, OTHER = range(4)
COLUMNS = {"reset": "reset r", "update": "update z", "candidate": "candidate n", "hidden": "hidden h"}
UNIT = SingleUnit(GRU(), "()!", COLUMNS, ("reset", "update", "hidden"))


def gru(text: str) -> ViewResult:
    """Both gates, the candidate and the state at every character of ``text``, by hand and learnt."""
    by_hand, found = UNIT.trace(hand_made(), text), UNIT.trace(learnt(), text)
    weights = (
        f"Biases: r −{BIAS:g}, z {BIAS:g}; W_hn −{CANDIDATE:g}. ( ) ! take {SWING:g} off z, ( adds {CANDIDATE:g} to n, "
        f"! {SWING:g} to r."
    )
    note = f"h was to be 1, −1 or 0. In new texts it is nearest to the right one at {accuracy(learnt()):.1%}."
    return ViewResult(
        blocks=[
            Paragraph(
                "",
                "A GRU has no cell: h is all that it keeps, and always shown. Update gate z: is the old h kept, or a "
                "candidate n written? h = z · (h before) + (1 − z) · n, so that z is an LSTM's f and 1 − z its i. "
                "Reset gate r: how much of the old h does n see? n = tanh(x W_xn + r · (h before · W_hn)). Here ( is "
                "to store 1, ! to turn its sign, ) to delete.",
            ),
            *UNIT.rows_or_strips("By hand", weights, text, by_hand),
            *UNIT.rows_or_strips(f"Learnt in {UPDATES} updates", note, text, found),
            Paragraph("A surprise", _surprise(text, by_hand, found)),
        ]
    )


def _surprise(text: str, by_hand: Trace, learnt: Trace) -> str:
    """What goes wrong without the reset gate, and how the learnt gates differ."""
    first, second = UNIT.trace(never_reset(), "((")["hidden"]
    reset = f"Were r always open, n would see what ( is to replace: of h = {first:.2f} a second one makes {second:.2f}."
    place = UNIT.furthest(by_hand, learnt)
    if place is None:
        return reset
    gate, n = place
    before, z, candidate = learnt["hidden"][n - 1] if n else 0.0, learnt["update"][n], learnt["candidate"][n]
    parts = f"{z:.2f} · {before:.2f} + {1 - z:.2f} · {candidate:.2f}"
    return (
        f"{reset} What is learnt differs: {told(text, gate, n, by_hand, learnt)}: h = {parts} = "
        f"{learnt['hidden'][n]:z.2f}{', as both cancel' if z * before * candidate < -NOTABLE else ''}."
    )


def hand_made() -> Parameters:
    """Weights with which every mark opens the way for a candidate, of 1, 0 or the old h with the other sign."""
    parameters = UNIT.parameters()
    W_x, W_h, b = parameters["l1.W_x"][..., 0], parameters["l1.W_h"], parameters["l1.b"][:, 0]
    r, z, n = range(3)
    b[[r, z]] = -BIAS, BIAS
    W_x[z, [STORE, DELETE, TURN]] = -SWING
    W_x[r, TURN], W_x[n, STORE] = SWING, CANDIDATE
    W_h[n] = -CANDIDATE
    return parameters


def never_reset() -> Parameters:
    """The same with a reset gate that is always open."""
    parameters = hand_made()
    parameters["l1.b"][0] = BIAS
    return parameters


@cache
def learnt() -> Parameters:
    """The same cell after it was told, for random texts, what is stored at each character."""
    return UNIT.learnt(answers)


def answers(ids: Ids) -> Array:
    """What is stored at each character, 1 or −1, and 0 for nothing: (T, B)."""
    stored, found = np.zeros(ids.shape[1]), np.zeros(ids.shape)
    for t, now in enumerate(ids):
        stored = np.select([now == STORE, now == DELETE, now == TURN], [1.0, 0.0, -stored], stored) + 0.0  # no −0
        found[t] = stored
    return found


def accuracy(parameters: Parameters) -> float:
    """The share of characters in new texts at which h is nearest to the right one of −1, 0 and 1."""
    ids, hidden = UNIT.of_new_texts(parameters)
    return float((np.abs(hidden - answers(ids)) < 0.5).mean())
