"""The mathematics: arrays in, arrays out.

Every forward and backward pass is written by hand on NumPy, and nothing else is imported. The order in
which to read it:

    activations, losses     functions of one array and their derivatives
    parameters, workspace   one flat vector with named views; arrays that are used again
    dense, embedding, dropout   the layers without a memory
    cells/                  RNN, GRU and LSTM: one file each, the same shape of code
    network                 layers stacked into a recurrent network
    optimizers, schedules   how a gradient becomes a step

Axes: T time steps, B streams (the batch), D inputs, H hidden units, G gates, V vocabulary, L layers.
Sequences are time-major. Weights multiply from the right. The gates of a cell lie on the *first* axis of
its weights, ``W_h`` is (G, H, H), so that ``h @ W_h`` gives every gate its own contiguous (B, H) block.
"""
