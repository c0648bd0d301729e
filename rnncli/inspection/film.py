"""What a model wrote in the course of its training, frame by frame: see :mod:`rnncli.training.film`."""

from rnncli.datasets.vocabulary import BYTES
from rnncli.results import Block, Table
from rnncli.training.film import TEMPERATURE
from rnncli.training.record import Record


def film(record: Record) -> list[Block]:
    """The film of a run as a table of step, training loss and text; nothing where the record has none."""
    prompt, frames, end = (record.state["film"][name] for name in ("prompt", "frames", "end"))
    frames = [*frames, end] if end else frames
    if not frames:
        return []
    readable = _from_bytes if record.data.encoding == BYTES else str
    rows = [(frame["step"], frame["loss"], readable(frame["text"])) for frame in frames]
    if record.data.task == "translate":
        note = f"Translations of {prompt!r}."
    else:
        label = f", for the label {prompt!r}" if prompt else ""
        note = f"Drawn from the same random numbers at a temperature of {TEMPERATURE}{label}."
    return [Table("What it wrote while it learnt", ("step", "training loss", "text"), rows, note)]


def _from_bytes(text: str) -> str:
    """What is meant by text that has a character for each byte; the last character of it may be cut."""
    return text.encode("latin-1", "replace").decode("utf-8", "replace")
