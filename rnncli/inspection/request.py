"""What a view is asked."""

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

    def command(self, view: str, *words: str) -> str:
        """A command line that shows another view of the same model."""
        return " ".join(["rnncli", "inspect", self.probe.path, view, *words])
