"""The mathematics: arrays in, arrays out.

Every forward and backward pass is written by hand on NumPy, and nothing else is imported. The order in which to read
it, in which each file imports only files above it:

    arrays          parameters in one flat vector with named views; buffers that are reused
    blas            which kernel multiplies matrices on this processor
    activations     functions of one array and their derivatives
    losses          the scalar to minimise and its gradient
    layers          the stateless layers: dense, embedding, dropout
    clamping        units set to a value while the network reads
    cells/          RNN, GRU and LSTM: one file each, the same shape of code
    padding         sequences of different lengths in one window
    recurrent       a recurrent layer: input projection and cell, in one direction or both
    stepper         stacked cells, one character at a time
    network         layers stacked into a recurrent network
    feedforward     the perceptrons, with the interface of a recurrent network
    optimizers      from a gradient to an update of the parameters; learning-rate schedules

Axes: T time steps, B streams (the batch), D inputs, H hidden units, G gates, V vocabulary, L layers.
Sequences are time-major. Weights multiply from the right. The gates of a cell lie on the *first* axis of
its weights, ``W_h`` is (G, H, H), so that ``h @ W_h`` gives every gate its own contiguous (B, H) block.
"""
