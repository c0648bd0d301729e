"""rnncli, as ranks run it when something is wrong with one of them: ``odd_rank.py FAULT ARGUMENT...``.

``fails`` lets rank 1 meet an error in its third step, ``begins-not`` before its first, ``scores-not`` while it reads a
part of a text; ``without-mpi4py`` is how all ranks are where it is not installed, and anything else is the folder in
which rank 1 works.
"""

import os
import sys
from itertools import count

from rnncli.cli import main
from rnncli.launcher import launched

fault = sys.argv.pop(1)
if fault == "without-mpi4py":
    sys.modules["mpi4py"] = None
elif launched()[0] == 1:
    if fault == "fails":
        from rnncli.training.batches import StreamBatches

        calls, read = count(1), StreamBatches.loss_and_gradients

        def fail_at_last(*arguments: object) -> object:
            if next(calls) == 3:
                raise MemoryError("no room for a gradient")
            return read(*arguments)

        StreamBatches.loss_and_gradients = fail_at_last
    elif fault == "begins-not":
        from rnncli.training import trainer

        def fail_at_once(*_arguments: object) -> object:
            raise MemoryError("no room for a network")

        trainer.make_update = fail_at_once
    elif fault == "scores-not":
        from rnncli.errors import RnncliError
        from rnncli.evaluation import streams

        def refuse(*_arguments: object) -> object:
            raise RnncliError("this part cannot be read")

        streams.losses_of = refuse
    else:
        os.chdir(fault)
main()
