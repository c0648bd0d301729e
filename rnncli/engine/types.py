"""Names for the array types that the engine passes around."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
"""Real numbers: float32 to work, float64 to check gradients."""

Ids = NDArray[np.integer[Any]]
"""Characters as integers in 0 … V − 1."""
