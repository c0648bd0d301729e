"""Recurrent weights in column panels, so that a small product runs at the speed of a large one.

OpenBLAS copies ("packs") both matrices of a product before it multiplies them, which for the few rows of a time step
takes longer than it saves. With AVX-512 it has kernels that do without where M · N · K ≤ 10⁶; for M rows of H numbers,
N is the width of a panel. Without AVX-512 there is nothing to win.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncli.engine.arrays import Array, Workspace

MAX_UNPACKED = 10**6
"""M · N · K of the largest product that is not packed."""

MIN_WIDTH = 16
"""Narrower panels cost more than packing does."""


def has_unpacked_kernel() -> bool:
    """Whether this processor has AVX-512, by what NumPy found when it was loaded."""
    try:
        from numpy._core._multiarray_umath import __cpu_features__ as features  # type: ignore[import-not-found]
    except ImportError:
        return False
    return bool(features.get("AVX512F"))


UNPACKED = has_unpacked_kernel()


def panel_width(rows: int, inner: int, columns: int) -> int:
    """The width t of the panels for a product (``rows``, ``inner``) · (``inner``, ``columns``): the largest of
    columns / 2ᵏ that is not packed, or all columns, one panel, where there is none."""
    width = columns
    while UNPACKED and rows * inner * width > MAX_UNPACKED and width % 2 == 0 and width >= 2 * MIN_WIDTH:
        width //= 2
    return width if rows * inner * width <= MAX_UNPACKED else columns


def in_panels(W: Array, rows: int, workspace: Workspace, name: str) -> Array:
    """The weights W (G, D, H), or a transposed view of them, for products of ``rows`` rows: in panels (G, H / t, D, t)
    of ``workspace``, or as they are where one panel is enough. One copy per window is cheaper than packing per step."""
    gates, inner, columns = W.shape
    width = panel_width(rows, inner, columns)
    if width == columns and W.flags.c_contiguous:
        return W
    shape = (gates, inner, columns) if width == columns else (gates, columns // width, inner, width)
    panels = workspace.array(name, shape, W.dtype)
    np.copyto(panels, W if width == columns else W.reshape(gates, inner, -1, width).swapaxes(1, 2))
    return panels


def panel_product(rows: Array, W: Array, out: Array) -> Callable[[], Array]:
    """Prepare ``out`` (G, B, H) = ``rows`` W of every gate, for W (G, D, H), which may be :func:`in_panels`; ``rows``
    is (B, D), the same for all gates, or (G, B, D)."""
    if W.ndim == 4:  # a product for each panel, written where its columns belong
        rows = rows[..., None, :, :]
        out = out.reshape(*out.shape[:2], -1, W.shape[-1]).swapaxes(1, 2)
    return partial(np.matmul, rows, W, out=out)
