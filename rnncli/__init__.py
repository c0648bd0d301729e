"""rnncli: recurrent networks over characters, in NumPy that can be read.

import rnncli
model = rnncli.load("model.npz")
print(model.sample("hell"))
"""

from typing import TYPE_CHECKING

from rnncli.names import __version__ as __version__

if TYPE_CHECKING:
    from rnncli.api import TextModel


def load(path: str) -> "TextModel":
    """Open a model file; :class:`rnncli.errors.ModelFileError` if it cannot be one."""
    from rnncli.api import TextModel  # only now, so that `import rnncli` does not load NumPy

    return TextModel(path)
