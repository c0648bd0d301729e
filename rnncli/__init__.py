"""rnncli: recurrent networks over characters, in NumPy that can be read.

import rnncli
model = rnncli.train("corpus.txt", hidden_size=128, time="3m")
print(model.sample("hell"))
model.save("model.npz")
model = rnncli.load("model.npz")

What stands in ``__all__`` is the stable interface; ``rnncli guide python`` describes it.
"""

from typing import TYPE_CHECKING, Any

from rnncli.errors import InputError, ModelFileError, RnncliError, TrainingError
from rnncli.names import __version__

if TYPE_CHECKING:
    from rnncli.api import Prediction, Report, SamplingConfig, Score, TextModel, TrainOptions, load, train

LATE = ("Prediction", "Report", "SamplingConfig", "Score", "TextModel", "TrainOptions", "load", "train")
"""Names that load NumPy; it is not loaded before one of them is used."""

__all__ = [
    "InputError",
    "ModelFileError",
    "Prediction",
    "Report",
    "RnncliError",
    "SamplingConfig",
    "Score",
    "TextModel",
    "TrainOptions",
    "TrainingError",
    "__version__",
    "load",
    "train",
]


def __getattr__(name: str) -> Any:
    if name in LATE:
        from rnncli import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *LATE})
