"""The networks of rnncli in PyTorch, built from the metadata of a .safetensors file alone. Needs PyTorch.

It is what somebody would write who has nothing but the file, so nothing of rnncli is imported here.
"""

import json
from typing import Any

import torch  # type: ignore[import-not-found,unused-ignore]
from torch import nn  # type: ignore[import-not-found,unused-ignore]


class Reader(nn.Module):  # type: ignore[misc,unused-ignore]
    """One-hot or embedded characters into recurrent layers, time first."""

    def __init__(self, network: dict[str, Any], characters: int, bidirectional: bool) -> None:
        super().__init__()
        self.characters, size = characters, network["embedding_size"]
        if size:
            self.embedding = nn.Embedding(characters, size)
        cell = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[network["cell"]]
        more = {"nonlinearity": network["activation"]} if network["cell"] == "rnn" else {}
        self.rnn = cell(
            size or characters, network["hidden_size"], network["layers"], bidirectional=bidirectional, **more
        )

    def forward(self, ids: torch.Tensor, state: Any = None, lengths: torch.Tensor | None = None) -> tuple[Any, Any]:
        """Outputs (T, B, directions · H) and the last state for ``ids`` (T, B)."""
        if hasattr(self, "embedding"):
            x = self.embedding(ids)
        else:
            x = nn.functional.one_hot(ids, self.characters).to(torch.float32)
        if lengths is None:
            return self.rnn(x, state)  # type: ignore[no-any-return,unused-ignore]
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
        outputs, state = self.rnn(packed, state)
        return nn.utils.rnn.pad_packed_sequence(outputs)[0], state


class Network(Reader):
    """A model of any task but translate."""

    def __init__(self, metadata: dict[str, str]) -> None:
        said = json.loads(metadata["rnncli"])
        network, vocabulary = said["network"], said["vocabulary"]
        characters = len(vocabulary["characters"]) + vocabulary["unknown"]
        super().__init__(network, characters, network["bidirectional"])
        self.task, labels = said["task"], said.get("labels")
        outputs = {"generate": characters, "classify": labels and len(labels)}.get(said["task"])
        if outputs is None:
            outputs = len(said["tags"]["characters"]) + said["tags"]["unknown"]
        width = network["hidden_size"] * (1 + network["bidirectional"])
        self.output = nn.Linear(width, outputs)
        self.shape = network["layers"], 1 + (network["cell"] == "lstm"), network["hidden_size"]
        if self.task == "generate" and labels:
            layers, states, hidden = self.shape
            self.label = nn.Embedding(len(labels), layers * states * hidden)

    def first_state(self, labels: torch.Tensor) -> Any:
        """That of texts with these labels (B,)."""
        layers, states, hidden = self.shape
        state = self.label(labels).reshape(-1, layers, states, hidden).permute(2, 1, 0, 3).contiguous()
        return state[0] if states == 1 else (state[0], state[1])

    def logits(self, ids: torch.Tensor, state: Any = None, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """(T, B, K), or (B, K) of a classifier."""
        outputs, last = self(ids, state, lengths)
        if self.task != "classify":
            return self.output(outputs)  # type: ignore[no-any-return,unused-ignore]
        hidden = last[0] if isinstance(last, tuple) else last
        directions = self.output.in_features // self.shape[2]
        return self.output(torch.cat(list(hidden[-directions:]), dim=1))  # type: ignore[no-any-return,unused-ignore]


class Translator(nn.Module):  # type: ignore[misc,unused-ignore]
    """Encoder, bridge and decoder."""

    def __init__(self, metadata: dict[str, str]) -> None:
        super().__init__()
        said = json.loads(metadata["rnncli"])
        network, sizes = said["network"], []
        for name in ("vocabulary", "target_vocabulary"):
            sizes.append(len(said[name]["characters"]) + said[name]["unknown"])
        self.shape = network["layers"], 1 + (network["cell"] == "lstm"), network["hidden_size"]
        layers, states, hidden = self.shape
        self.encoder = Reader(network, sizes[0], network["bidirectional"])
        self.bridge = nn.Linear(hidden * (1 + network["bidirectional"]), layers * states * hidden)
        self.decoder = Reader(network, sizes[1], False)
        self.output = nn.Linear(hidden, sizes[1])

    def first_state(self, ids: torch.Tensor) -> Any:
        """The decoder's, after texts of equal length, ``ids`` (T, B)."""
        last = self.encoder(ids)[1]
        hidden = last[0] if isinstance(last, tuple) else last
        layers, states, size = self.shape
        directions = self.bridge.in_features // size
        rows = self.bridge(torch.cat(list(hidden[-directions:]), dim=1))
        state = rows.reshape(-1, layers, states, size).permute(2, 1, 0, 3).contiguous()
        return state[0] if states == 1 else (state[0], state[1])

    def logits(self, ids: torch.Tensor, state: Any) -> torch.Tensor:
        """(T, B, M) of what follows each character of targets."""
        return self.output(self.decoder(ids, state)[0])  # type: ignore[no-any-return,unused-ignore]
