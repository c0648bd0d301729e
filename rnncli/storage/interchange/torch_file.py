"""A state_dict that torch.save has written. Such a file is a pickle, so PyTorch itself reads it, and weights only."""

import os
from collections.abc import Mapping
from typing import Any

from rnncli.engine.arrays import Array
from rnncli.storage.interchange.extras import load_extra


def read_torch(path: str) -> tuple[dict[str, Array], None]:
    """The arrays of a file by name, as float32; ValueError where it holds something else."""
    torch = load_extra("torch", "a .pt file")
    size = os.path.getsize(path)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # of any class, for a file may be anything
        reason = str(error).partition("\n")[0].partition(". ")[0]
        raise ValueError(f"PyTorch finds no weights in it ({reason}); save model.state_dict() alone") from None
    arrays = {}
    for name, tensor in _state_dict(content, torch).items():
        if tensor.layout != torch.strided or not tensor.dtype.is_floating_point:
            raise ValueError(f"{name!r:.60} is no array of floating-point numbers")
        if tensor.numel() * tensor.element_size() > size:  # a view of few numbers as many
            raise ValueError(f"{name!r:.60} is larger than the file")
        arrays[name] = tensor.detach().to(torch.float32).numpy()
    return arrays, None


def _state_dict(content: Any, torch: Any) -> Mapping[str, Any]:
    """The tensors by name in what was saved: these themselves, or one entry of a training checkpoint."""
    entries = [content, *content.values()] if isinstance(content, dict) else []
    for entry in entries:
        if isinstance(entry, dict) and entry and all(isinstance(value, torch.Tensor) for value in entry.values()):
            return entry
    raise ValueError("it holds no state_dict; save model.state_dict()")
