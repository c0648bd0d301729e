"""What can go wrong, in the user's words.

Every message is one or two plain sentences: what is wrong, where, and what to do. The command line prints it and
ends with ``exit_code``; a library user catches :class:`RnncliError`.
"""


class RnncliError(Exception):
    """Base of all errors that are told to the user."""

    exit_code = 1


class InputError(RnncliError):
    """Wrong usage or bad input: a file, a text or an option that cannot be used. Nothing was written."""

    exit_code = 2


class ModelFileError(InputError):
    """A model file that is missing, damaged or no model at all."""


class TrainingError(RnncliError):
    """The run failed in the middle; what it learnt so far can be saved."""


class NotFiniteError(TrainingError):
    """A loss, a gradient or a weight is no finite number any more; what was saved before counts."""
