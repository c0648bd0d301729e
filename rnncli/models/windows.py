"""Long texts of pairs, window by window, so that memory follows the window and not the text.

The state is carried from window to window, and gradients stay within one (truncated back-propagation through time). A
direction that reads from the end begins anew at the end of each window, as in a latency-controlled bidirectional
network (Zhang et al. 2016, "Highway long short-term memory RNNs for distant speech recognition"). A text that fits into
one window is read exactly.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnncli.datasets.ragged import Padded
from rnncli.engine.arrays import Array, Parameters, Workspace
from rnncli.engine.clamping import Clamp
from rnncli.engine.layers import Dropout
from rnncli.engine.network import Forward, RecurrentNetwork

WINDOW = 2048
"""Characters of a text that are read at once."""

WindowStep = Callable[[Padded, Padded, Array, Parameters], tuple[float, Array, Array]]
"""From inputs, targets and the state before them, and gradients to be written, to the mean loss, the state after them
and the gradient of the state before."""


def loss_over_windows(
    network: RecurrentNetwork, inputs: Padded, targets: Padded, state: Array, gradients: Parameters, step: WindowStep
) -> tuple[float, Array]:
    """The mean loss of all ``targets``, one for each of ``inputs``, and the gradient of ``state``; writes
    ``gradients``."""
    if len(inputs.ids) <= WINDOW:
        loss, _, d_state = step(inputs, targets, state, gradients)
        return loss, d_state
    total, symbols = 0.0, targets.lengths.sum()
    gradients.flat[...] = 0
    of_window, d_first = gradients.zeros_like(), np.zeros_like(state)
    for number, (text, target) in enumerate(zip(inputs.windows(WINDOW), targets.windows(WINDOW), strict=True)):
        share = float(target.lengths.sum() / symbols)
        loss, state, d_state = step(text, target, state, of_window)
        state = network.carry(state)
        total += share * loss
        gradients.flat += share * of_window.flat
        if not number:
            d_first = share * d_state
    return total, d_first


def forward_over_windows(
    network: RecurrentNetwork,
    parameters: Parameters,
    text: Padded,
    state: Array,
    workspace: Workspace,
    dropout: Dropout | None = None,
    clamps: Sequence[Clamp] = (),
) -> Iterator[tuple[Padded, Forward]]:
    """The windows of ``text`` from ``state`` (L · directions, S, B, H), and the pass over each, valid until the next
    one is requested; ``clamps`` hold units."""
    for window in text.windows(WINDOW):
        forward = network.forward(parameters, window.ids, state, workspace, dropout, window.lengths, clamps)
        state = network.carry(forward.state)
        yield window, forward


@dataclass(frozen=True)
class FinalStates:
    """The final hidden states (B, directions · H) of B texts, ``hidden``: of the forward direction at the last
    character of each text, of the reverse direction at the first."""

    hidden: Array
    network: RecurrentNetwork
    parameters: Parameters
    workspace: Workspace
    windows: "list[_FinalWindow]"

    @classmethod
    def read(
        cls,
        network: RecurrentNetwork,
        parameters: Parameters,
        text: Padded,
        workspace: Workspace,
        dropout: Dropout | None = None,
        clamps: Sequence[Clamp] = (),
    ) -> "FinalStates":
        """Read ``text`` from the zero state; ``clamps`` hold units, for experiments without :meth:`backward`."""
        state = network.zero_state(len(text.lengths), parameters.flat.dtype)
        hidden = np.zeros((len(text.lengths), network.output_size), parameters.flat.dtype)
        windows = []
        for number, window in enumerate(text.windows(WINDOW)):
            ends = (text.lengths > number * WINDOW) & (text.lengths <= (number + 1) * WINDOW)
            # The masks of dropout are drawn again, and must be the same, where the window is read again.
            part = _FinalWindow(window, state, ends, not number, copy.deepcopy(dropout), [])
            forward = network.forward(parameters, window.ids, state, workspace, dropout, window.lengths, clamps)
            part.collect(forward.outputs, hidden, network.directions)
            if len(text.ids) <= WINDOW:
                part.forward.append(forward)
            windows.append(part)
            state = network.carry(forward.state)
        return cls(hidden, network, parameters, workspace, windows)

    def backward(self, d_hidden: Array, gradients: Parameters) -> None:
        """Write the gradients of the network's parameters, given that of ``hidden``. Of a long text the windows in
        which it ends, and for the reverse direction begins, are read again."""
        if len(self.windows) == 1:
            self._backward(self.windows[0], self.windows[0].forward[0], d_hidden, gradients)
            return
        names = list(self.network.shapes())
        for name in names:
            gradients[name][...] = 0
        of_window = gradients.zeros_like()
        for part in self.windows:
            if part.ends.any() or (part.is_first and self.network.directions == 2):
                forward = self.network.forward(
                    self.parameters, part.text.ids, part.state, self.workspace, part.dropout, part.text.lengths
                )
                self._backward(part, forward, d_hidden, of_window)
                for name in names:
                    np.add(gradients[name], of_window[name], out=gradients[name])

    def _backward(self, part: "_FinalWindow", forward: Forward, d_hidden: Array, gradients: Parameters) -> None:
        d_outputs = np.zeros_like(forward.outputs)
        part.scatter(d_hidden, d_outputs, self.network.directions)
        self.network.backward(self.parameters, gradients, forward, d_outputs, None, self.workspace)


@dataclass(frozen=True)
class _FinalWindow:
    """A window of texts: the ``state`` before it, and which of them have their ``ends`` (B,) in it."""

    text: Padded
    state: Array
    ends: NDArray[np.bool_]
    is_first: bool
    dropout: Dropout | None
    forward: list[Forward]
    """The pass over the window, where there is one window only."""

    def collect(self, outputs: Array, hidden: Array, directions: int) -> None:
        """Copy what is final of ``outputs`` (T, B, directions · H) to ``hidden`` (B, directions · H)."""
        size, which = outputs.shape[2] // directions, np.flatnonzero(self.ends)
        hidden[which, :size] = outputs[self.text.lengths[which] - 1, which, :size]
        if directions == 2 and self.is_first:
            hidden[:, size:] = outputs[0, :, size:]

    def scatter(self, d_hidden: Array, d_outputs: Array, directions: int) -> None:
        """The same way back, for gradients."""
        size, which = d_outputs.shape[2] // directions, np.flatnonzero(self.ends)
        d_outputs[self.text.lengths[which] - 1, which, :size] = d_hidden[which, :size]
        if directions == 2 and self.is_first:
            d_outputs[0, :, size:] = d_hidden[:, size:]
