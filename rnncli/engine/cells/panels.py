"""Recurrent weights in column panels, so that a small product runs at the speed of a large one.

OpenBLAS copies ("packs") both matrices of a product before it multiplies them, which for the few rows of a time step
takes longer than it saves. With AVX-512 it has kernels that do without where M · N · K ≤ 10⁶; for M rows of H numbers,
N is the width of a panel. Without such a kernel there is nothing to win, and one panel holds all.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncli.engine.arrays import Array, Workspace
from rnncli.engine.blas import WITHOUT_PACKING, blas_kernel

MAX_UNPACKED = 10**6
"""M · N · K of the largest product that is not packed."""

MIN_WIDTH = 16
"""Narrower panels cost more than packing does."""


UNPACKED = blas_kernel() in WITHOUT_PACKING
"""Whether there is such a kernel."""


def panel_width(rows: int, inner: int, columns: int) -> int:
    """The width t of the panels for a product (``rows``, ``inner``) · (``inner``, ``columns``): the largest of
    columns / 2ᵏ that is not packed, or all columns, one panel, where there is none."""
    width = columns
    while UNPACKED and rows * inner * width > MAX_UNPACKED and width % 2 == 0 and width >= 2 * MIN_WIDTH:
        width //= 2
    return width if rows * inner * width <= MAX_UNPACKED else columns


def in_panels(W: Array, rows: int, workspace: Workspace, name: str) -> Array:
    """A copy in ``workspace`` of the weights W (G, D, H), or of a transposed view of them, for products of ``rows``
    rows: in P panels of t columns, (G, P, D, t). One copy per window is cheaper than packing, or multiplying by a
    transposed view, per step."""
    gates, inner, columns = W.shape
    width = panel_width(rows, inner, columns)
    panels = workspace.array(name, (gates, columns // width, inner, width), W.dtype)
    np.copyto(panels, W.reshape(gates, inner, -1, width).swapaxes(1, 2))
    return panels


def panel_product(rows: Array, panels: Array, out: Array) -> Callable[[], Array]:
    """Prepare ``out`` (G, B, H) = ``rows`` W of every gate, for W (G, D, H) :func:`in_panels`; ``rows`` is (B, D), the
    same for all gates, or (G, B, D)."""
    columns = out.reshape(*out.shape[:2], *panels.shape[1::2]).swapaxes(1, 2)  # of each panel, where they belong
    return partial(np.matmul, rows[..., None, :, :], panels, out=columns)


def products_of_window(steps: int, streams: int, inner: int, columns: int) -> int:
    """Into how many products to cut one over all steps of a window, (T · B, ``inner``) · (``inner``, ``columns``): one
    for each step where that has panels, else one for all."""
    return steps if panel_width(streams, inner, columns) < columns else 1
