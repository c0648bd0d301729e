"""The file that a command writes: refused before anything is computed where it could not be, or would overwrite."""

from pathlib import Path

from rnncli.errors import InputError
from rnncli.storage.atomic import temporary_path
from rnncli.storage.checkpoint import is_model

WITH_O = "write elsewhere with -o"


def check_writable(output: str, elsewhere: str = WITH_O) -> None:
    """InputError, ending with what to do (``elsewhere``), for a file that cannot be written."""
    path = Path(output)
    if output == "-":
        raise InputError(f"a model cannot be written to standard output; {elsewhere}")
    if path.is_dir():
        raise InputError(f"{path} is a folder; name a file in it, or {elsewhere}")
    if not path.parent.is_dir():
        raise InputError(f"the folder {path.parent} does not exist; create it, or {elsewhere}")
    probe = temporary_path(path)
    try:
        with open(probe, "xb"):
            pass
        probe.unlink(missing_ok=True)  # only now: Windows removes no file that is open; whoever takes the lock may have
    except FileExistsError:
        pass  # a killed process with our number has left it, as in a container that was started again
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}; {elsewhere}") from None


def check_model_output(output: str, force: bool, alternatives: str = "replace it with --force") -> None:
    """The same for a model file, and where one is there already unless ``force`` allows to replace it; what is no model
    is never replaced."""
    check_writable(output)
    path = Path(output)
    if path.exists() and not is_model(path):
        raise InputError(f"{path} exists and is not an rnncli model, so it is left alone; {WITH_O}")
    if path.exists() and not force:
        raise InputError(f"{path} exists; {alternatives}, or {WITH_O}")
