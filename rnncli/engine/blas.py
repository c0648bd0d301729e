"""Which library multiplies matrices under NumPy, and with which kernel."""

import ctypes
from functools import cache

from numpy._core import _multiarray_umath  # type: ignore[attr-defined]

WITHOUT_PACKING = {"SkylakeX", "Cooperlake", "Sapphirerapids"}
"""Kernels of OpenBLAS, all with AVX-512, that multiply small matrices without packing them."""


@cache
def blas_kernel() -> str:
    """The name of OpenBLAS's kernel for this processor, as SkylakeX or Haswell; empty with another library, and where
    the system does not let one ask, as Windows."""
    try:
        name = ctypes.CDLL(_multiarray_umath.__file__).scipy_openblas_get_corename64_
    except (AttributeError, OSError):
        return ""
    name.restype = ctypes.c_char_p
    return str(name().decode())
