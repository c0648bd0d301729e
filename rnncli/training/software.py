"""With what a model was trained: the versions on which its last digits depend."""

import platform

import numpy as np

from rnncli.engine.blas import blas_kernel
from rnncli.names import __version__

SOFTWARE = ("rnncli", "python", "numpy", "blas", "platform")
"""What is recorded. Nothing in it differs between machines of the same kind, so that the same seed gives the same
bytes."""


def software() -> dict[str, str]:
    """The versions of this process, by the names of SOFTWARE."""
    return {
        "rnncli": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": blas(),
        "platform": f"{platform.system()} {platform.machine()}",
    }


def blas() -> str:
    """The library that multiplies matrices, as NumPy was built with it, and its kernel: scipy-openblas 0.3 Haswell."""
    built = np.show_config(mode="dicts") or {}
    library = built.get("Build Dependencies", {}).get("blas", {})
    names = (library.get("name", ""), library.get("version", ""), blas_kernel())
    return " ".join(name for name in names if name and name != "unknown") or "unknown"
