"""What a recurrent network has to say of a whole text: its hidden state after the last character it read."""

import numpy as np

from rnncli.engine.arrays import Array, Ids


def summary(outputs: Array, lengths: Ids, directions: int) -> Array:
    """The last hidden states (B, directions · H) from ``outputs`` (T, B, directions · H): of the forward direction that
    at the end of each text, of the other that at its beginning."""
    size = outputs.shape[2] // directions
    hidden = outputs[lengths - 1, np.arange(len(lengths))]
    if directions == 2:
        hidden[:, size:] = outputs[0, :, size:]
    return hidden


def final_states_gradient(d_summary: Array, outputs: Array, lengths: Ids, directions: int) -> Array:
    """The gradient of the outputs (T, B, directions · H), given that of :func:`summary`."""
    size = outputs.shape[2] // directions
    d_outputs = np.zeros_like(outputs)
    d_outputs[lengths - 1, np.arange(len(lengths)), :size] = d_summary[:, :size]
    if directions == 2:
        d_outputs[0, :, size:] = d_summary[:, size:]
    return d_outputs
