"""Make torch_reference.npz, against which test_torch_reference.py holds the network. Run by hand, needs PyTorch:

    python -m pip install torch numpy
    python tests/engine/make_torch_reference.py

The file in the repository was made with PyTorch 2.13.0 on a CPU; another version may differ in the last digits. All
arrays are float64 and in PyTorch's own layout, under ``case/PyTorch's name``; ``grad`` before a name is the gradient
of the loss Σ d_output · output + Σ d_h_n · h_n (+ Σ d_c_n · c_n).
"""

from pathlib import Path

import numpy as np
import torch  # type: ignore[import-not-found,unused-ignore]

PATH = Path(__file__).with_name("torch_reference.npz")
STEPS, STREAMS, HIDDEN, CHARACTERS, EMBEDDING, LAYERS = 5, 3, 4, 7, 6, 2
CASES = ["rnn-tanh", "rnn-relu", "gru", "lstm", "gru-embedding"]
BIDIRECTIONAL = ["lstm-bidirectional", "gru-bidirectional"]
LENGTHS = [3, 5, 1]


def module(case: str, inputs: int) -> torch.nn.RNNBase:
    kind, _, option = case.partition("-")
    if kind == "rnn":
        return torch.nn.RNN(inputs, HIDDEN, LAYERS, nonlinearity=option, dtype=torch.float64)
    return {"gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[kind](inputs, HIDDEN, LAYERS, dtype=torch.float64)


def random(*shape: int) -> torch.Tensor:
    """Uniform in ±1."""
    return (2 * torch.rand(*shape, dtype=torch.float64) - 1).requires_grad_()


def reference(case: str) -> dict[str, torch.Tensor]:
    """Everything that goes in and comes out of one forward and one backward pass."""
    embedded = case.endswith("embedding")
    ids = torch.randint(CHARACTERS, (STEPS, STREAMS))
    table = random(CHARACTERS, EMBEDDING)
    network = module(case, EMBEDDING if embedded else CHARACTERS)
    for weights in network.parameters():
        weights.data = random(*weights.shape).data
    x = table[ids] if embedded else torch.nn.functional.one_hot(ids, CHARACTERS).to(torch.float64)

    names = ["h", "c"] if case.startswith("lstm") else ["h"]
    first = [random(LAYERS, STREAMS, HIDDEN) for _ in names]
    output, last = network(x, tuple(first) if len(first) > 1 else first[0])
    results = [output, *(last if len(first) > 1 else [last])]
    upstream = [torch.randn_like(result) for result in results]
    torch.autograd.backward(results, upstream)

    values = dict(network.named_parameters())
    values |= {f"{name}_0": state for name, state in zip(names, first, strict=True)}
    if embedded:
        values["embedding"] = table
    arrays = {"ids": ids.to(torch.uint8)} | values | {f"grad {name}": value.grad for name, value in values.items()}
    for name, result, gradient in zip(["output", *(f"{n}_n" for n in names)], results, upstream, strict=True):
        arrays |= {name: result, f"grad {name}": gradient}
    return arrays


def bidirectional_reference(case: str) -> dict[str, torch.Tensor]:
    """Two directions over texts of LENGTHS, packed, from zero states; the last states have no gradient."""
    ids = torch.randint(CHARACTERS, (STEPS, STREAMS))
    kind = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[case.partition("-")[0]]
    network = kind(CHARACTERS, HIDDEN, LAYERS, bidirectional=True, dtype=torch.float64)
    for weights in network.parameters():
        weights.data = random(*weights.shape).data
    x = torch.nn.functional.one_hot(ids, CHARACTERS).to(torch.float64)
    packed = torch.nn.utils.rnn.pack_padded_sequence(x, torch.tensor(LENGTHS), enforce_sorted=False)
    result, last = network(packed)
    output, _ = torch.nn.utils.rnn.pad_packed_sequence(result)
    upstream = torch.randn_like(output)
    output.backward(upstream)
    states = dict(zip(["h_n", "c_n"], last, strict=True)) if case.startswith("lstm") else {"h_n": last}
    values = dict(network.named_parameters())
    arrays = {"ids": ids.to(torch.uint8), "lengths": torch.tensor(LENGTHS, dtype=torch.uint8)}
    arrays |= values | {f"grad {name}": value.grad for name, value in values.items()}
    return arrays | {"output": output, "grad output": upstream} | states


if __name__ == "__main__":
    torch.manual_seed(14)
    contents = {f"{case}/{name}": array for case in CASES for name, array in reference(case).items()}
    torch.manual_seed(15)
    for case in BIDIRECTIONAL:
        contents |= {f"{case}/{name}": array for name, array in bidirectional_reference(case).items()}
    np.savez_compressed(PATH, **{name: array.detach().numpy() for name, array in contents.items()})
    print(f"PyTorch {torch.__version__}: wrote {len(contents)} arrays, {PATH.stat().st_size} bytes, to {PATH}")
