"""What is wrong with a file that is not trusted, in one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager

from rnncli.datasets.sources import did_you_mean
from rnncli.errors import ModelFileError


@contextmanager
def named_faults(path: str, malformed: str, missing: str = "") -> Iterator[None]:
    """While ``path`` is read: ModelFileError, naming the file and the fault, for a file that is missing, cannot be
    opened, or does not hold what it should, for which ValueError, KeyError or TypeError was raised. ``malformed`` says
    so, as in "is not a valid rnncli model"; ``missing`` is what to do where no file has a similar name."""
    try:
        yield
    except FileNotFoundError:
        raise ModelFileError(f"{path} does not exist{did_you_mean(path) or missing}") from None
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror or error}") from None
    except KeyError as error:
        raise ModelFileError(f"{path} {malformed}: its metadata lack {error}") from None
    except (ValueError, TypeError) as error:
        raise ModelFileError(f"{path} {malformed}: {error}") from None
    except (MemoryError, RecursionError, OverflowError):
        raise ModelFileError(f"{path} {malformed}: its sizes are out of range") from None
