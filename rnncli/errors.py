"""Errors for the user.

Every message is one or two plain sentences: what is wrong, where, and what to do. The command line prints it and exits
with ``exit_code``; a library user catches :class:`RnncliError`.
"""


class RnncliError(Exception):
    """Base class of all errors that are reported to the user."""

    exit_code = 1


class InputError(RnncliError):
    """Wrong usage or bad input: a file, a text or an option that cannot be used. Nothing was written."""

    exit_code = 2


class DataChangedError(InputError):
    """The files that a model was trained on hold other bytes than then."""


class ModelFileError(InputError):
    """A model file that is missing, damaged or not a model at all."""


class TrainingError(RnncliError):
    """A run failed on the way; its progress can be saved."""


class NotFiniteError(TrainingError):
    """A loss, a gradient or a weight is NaN or infinite: the last saved model is the one to keep. Or so is what a model
    computes of a text."""
