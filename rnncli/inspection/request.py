"""What a view is asked."""

import shlex
from dataclasses import dataclass, field

from rnncli.inspection.probe import Probe


@dataclass(frozen=True)
class ViewRequest:
    """A probe, the ``arguments`` after the name of the view on the command line, and the options of ``inspect``."""

    probe: Probe
    arguments: list[str] = field(default_factory=list)
    unit: str | None = None
    layer: int | None = None
    features: list[str] = field(default_factory=list)
    contrast: str | None = None
    label: str | None = None
    prime: str = ""
    """A short text to be read from the initial state; empty where there is none."""
    others: list[Probe] = field(default_factory=list)
    """Further models, for views that compare."""
    text_options: list[str] = field(default_factory=list)
    """The ``--text`` or ``--prime`` that chose the text of the probe; empty where that is the held-out part."""

    def command(self, view: str, *words: str) -> str:
        """A command line that shows another view of the same model and text."""
        return shlex.join(["rnncli", "inspect", self.probe.path, view, *words, *self.text_options])

    def clamped_sample(self, unit: str) -> str:
        """A command line that samples with and without ``unit`` held at 1."""
        return shlex.join(["rnncli", "sample", self.probe.path, "--clamp", f"{unit}=1", "--compare"])
