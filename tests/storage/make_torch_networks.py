"""Make the files of ``torch/``, against which test_torch_reference.py holds the import. Run by hand, needs PyTorch:

    python -m pip install torch safetensors numpy
    python tests/storage/make_torch_networks.py

``logits.npz`` has the weights of small networks, as PyTorch drew them, under ``case/PyTorch's name``, and the logits
that PyTorch computed from ``ids``. ``trained.safetensors`` is a language model that has memorised TEXT, saved as
any PyTorch user would: without metadata, with names of his own. ``alphabet.txt`` has its characters in the order of
their ids, that of their first appearance, and ``greedy.txt`` what it writes when the likeliest character is chosen
each time.

The files in the repository were made with PyTorch 2.13.0 on a CPU.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch  # type: ignore[import-not-found,unused-ignore]
from safetensors.torch import save_file  # type: ignore[import-not-found,unused-ignore]
from torch import nn  # type: ignore[import-not-found,unused-ignore]

FOLDER = Path(__file__).with_name("torch")
CHARACTERS, HIDDEN, EMBEDDING = 6, 4, 3
CASES: dict[str, tuple[type, dict[str, Any], int, int]] = {
    "rnn": (nn.RNN, {"num_layers": 2}, 0, CHARACTERS),
    "rnn-relu": (nn.RNN, {"nonlinearity": "relu"}, 0, CHARACTERS),
    "gru": (nn.GRU, {"num_layers": 2}, EMBEDDING, CHARACTERS),
    "lstm": (nn.LSTM, {"num_layers": 2}, 0, CHARACTERS),
    "lstm-no-bias": (nn.LSTM, {"bias": False}, EMBEDDING, CHARACTERS),
    "classifier": (nn.LSTM, {"bidirectional": True}, EMBEDDING, 3),
    "two-labels": (nn.GRU, {}, 0, 2),
    "one-logit": (nn.RNN, {"bidirectional": True}, 0, 1),
}
"""By name: the module, its options, the size of the embedding or 0, and the number of logits."""

TEXT = (
    "The tide went out before the sun was up, and left the harbour to the gulls. A boat lay on its side in the mud; "
    "its owner, who had come to paint it, sat down on the sea wall and ate his bread instead. There is no hurry, he "
    "told the cat, for what goes out at six comes back at noon.\n"
)
WRITTEN, MARGIN = 400, 0.5
"""Characters to write, and how far the likeliest must be before the next (in its logit), so that rounding chooses
none."""


class Net(nn.Module):  # type: ignore[misc,unused-ignore]
    def __init__(self, module: type, options: dict[str, Any], embedding: int, outputs: int) -> None:
        super().__init__()
        self.encoder = nn.Embedding(CHARACTERS, embedding) if embedding else None
        self.layers = module(embedding or CHARACTERS, HIDDEN, **options)
        directions = 2 if options.get("bidirectional") else 1
        self.decoder = nn.Linear(directions * HIDDEN, outputs, bias=options.get("bias", True))

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        x = self.encoder(ids) if self.encoder else nn.functional.one_hot(ids, CHARACTERS).float()
        outputs, last = self.layers(x)
        if self.decoder.out_features == CHARACTERS:
            return self.decoder(outputs)  # type: ignore[no-any-return,unused-ignore]
        hidden = last[0] if isinstance(last, tuple) else last
        directions = self.decoder.in_features // HIDDEN
        return self.decoder(torch.cat(list(hidden[-directions:]), dim=1))  # type: ignore[no-any-return,unused-ignore]


class CharLSTM(nn.Module):  # type: ignore[misc,unused-ignore]
    def __init__(self, characters: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(characters, 8)
        self.lstm = nn.LSTM(8, 40, batch_first=True)
        self.fc = nn.Linear(40, characters)

    def forward(self, ids: torch.Tensor, state: Any = None) -> tuple[torch.Tensor, Any]:
        outputs, state = self.lstm(self.embed(ids), state)
        return self.fc(outputs), state


def logits() -> dict[str, np.ndarray]:
    """The arrays of all cases."""
    arrays: dict[str, np.ndarray] = {}
    for case, parts in CASES.items():
        net = Net(*parts)
        for weights in net.parameters():
            weights.data = 2 * torch.rand_like(weights) - 1
        ids = torch.randint(CHARACTERS, (5, 3))
        values = {"ids": ids.to(torch.uint8), "logits": net(ids), **net.state_dict()}
        arrays |= {f"{case}/{name}": value.detach().numpy() for name, value in values.items()}
    return arrays


def trained(alphabet: str) -> CharLSTM:
    """A network that knows TEXT."""
    net, ids = CharLSTM(len(alphabet)), torch.tensor([[alphabet.index(character) for character in TEXT * 3]])
    optimizer = torch.optim.Adam(net.parameters(), 0.01)
    for step in range(600):
        scores, _ = net(ids[:, :-1])
        loss = nn.functional.cross_entropy(scores[0], ids[0, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 100 == 99:
            print(f"step {step + 1}: {loss.item():.4f} nats per character")
    return net


def greedy(net: CharLSTM, alphabet: str, prime: str) -> tuple[str, float]:
    """``prime`` and what follows, and the smallest margin by which a character was chosen."""
    ids, state, text, margin = [alphabet.index(character) for character in prime], None, prime, float("inf")
    for _ in range(WRITTEN):
        scores, state = net(torch.tensor([ids]), state)
        best = scores[0, -1].topk(2)
        margin = min(margin, (best.values[0] - best.values[1]).item())
        ids = [int(best.indices[0])]
        text += alphabet[ids[0]]
    return text, margin


if __name__ == "__main__":
    torch.manual_seed(16)
    FOLDER.mkdir(exist_ok=True)
    np.savez_compressed(FOLDER / "logits.npz", **logits())
    alphabet = "".join(dict.fromkeys(TEXT))
    net = trained(alphabet)
    with torch.no_grad():
        text, margin = greedy(net, alphabet, "The ")
    assert margin > MARGIN, f"a margin of {margin}: train longer"
    save_file(net.state_dict(), FOLDER / "trained.safetensors")
    (FOLDER / "alphabet.txt").write_bytes(alphabet.encode())
    (FOLDER / "greedy.txt").write_bytes(text.encode())
    print(f"PyTorch {torch.__version__}, margin {margin:.2f}:\n{text}")
