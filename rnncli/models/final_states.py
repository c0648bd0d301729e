"""Where each direction of a recurrent network ends: the hidden states that stand for a whole text."""

import numpy as np

from rnncli.engine.arrays import Array, Ids


def final_states(outputs: Array, lengths: Ids, directions: int) -> Array:
    """The final hidden states (B, directions · H) from ``outputs`` (T, B, directions · H): of the forward direction at
    the last character of each text, ``lengths`` (B,) − 1, of the reverse direction at the first."""
    size = outputs.shape[2] // directions
    hidden = outputs[lengths - 1, np.arange(len(lengths))]
    if directions == 2:
        hidden[:, size:] = outputs[0, :, size:]
    return hidden


def final_states_gradient(d_final: Array, outputs: Array, lengths: Ids, directions: int) -> Array:
    """The gradient of the outputs (T, B, directions · H), given that of :func:`final_states`."""
    size = outputs.shape[2] // directions
    d_outputs = np.zeros_like(outputs)
    d_outputs[lengths - 1, np.arange(len(lengths)), :size] = d_final[:, :size]
    if directions == 2:
        d_outputs[0, :, size:] = d_final[:, size:]
    return d_outputs
