"""What a user asks a view."""

from dataclasses import dataclass, field

from rnncli.inspection.probe import Probe


@dataclass(frozen=True)
class ViewRequest:
    """A subject, what follows the name of the view on the command line, and the options of ``inspect``."""

    subject: Probe
    arguments: list[str] = field(default_factory=list)
    unit: str | None = None
    layer: int | None = None
    features: list[str] = field(default_factory=list)
    contrast: str | None = None
    label: str | None = None
    others: list[Probe] = field(default_factory=list)
    """Further models, for views that compare."""

    def command(self, view: str, *words: str) -> str:
        """A command for the same model."""
        return " ".join(["rnncli", "inspect", self.subject.path, view, *words])
