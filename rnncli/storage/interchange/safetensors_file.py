"""The .safetensors format: arrays by name and metadata, without code (https://huggingface.co/docs/safetensors).

Its library checks that the arrays fill the file exactly, before any of them is created.
"""

from rnncli.engine.arrays import Array
from rnncli.storage.checkpoint import Checkpoint
from rnncli.storage.interchange.extras import load_extra
from rnncli.storage.interchange.metadata import KEY, metadata_of
from rnncli.storage.interchange.pytorch import to_torch

READABLE = ("F64", "F32", "F16")
"""Types of numbers that NumPy knows, as the format names them."""


def write_safetensors(checkpoint: Checkpoint) -> bytes:
    """The content of a file with the weights of a model under PyTorch's names, and its metadata. InputError where
    PyTorch has no such network."""
    arrays = to_torch(checkpoint.model)
    save = load_extra("safetensors.numpy", "a .safetensors file").save
    content: bytes = save(arrays, metadata=metadata_of(checkpoint.model))
    return content


def read_safetensors(path: str) -> tuple[dict[str, Array], str | None]:
    """The arrays of a file by name, and the metadata that rnncli has written, if it has; ValueError for a damaged
    file."""
    library = load_extra("safetensors", "a .safetensors file")
    try:
        with library.safe_open(path, "np") as file:
            metadata, names = (file.metadata() or {}).get(KEY), file.keys()
            for name in names:
                if (dtype := file.get_slice(name).get_dtype()) not in READABLE:
                    raise ValueError(f"{name!r:.60} is of type {dtype}; save it as float32")
            return {name: file.get_tensor(name) for name in names}, metadata
    except library.SafetensorError as error:
        raise ValueError(f"it is no .safetensors file, or a damaged one ({error})") from None
