"""The data of a run on other machines: each rank reads its own streams, from the files or as rank 0 sends them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from rnncli.datasets.dataset import Alphabets, Dataset, open_dataset
from rnncli.datasets.sources import STDIN, STDIN_NAME, open_sources
from rnncli.datasets.spec import TEXT, DataSpec
from rnncli.datasets.stretch import cut, read_stretches
from rnncli.datasets.text import TextDataset
from rnncli.errors import DataChangedError, InputError
from rnncli.training.batches import stretches
from rnncli.training.options import TrainingOptions


@dataclass(frozen=True)
class RemoteData:
    """Data that lies in files, as a rank needs it to open them: what rank 0 has read, and with which alphabets. Of
    running text ``parts`` are the stretches that the rank reads."""

    spec: DataSpec
    alphabets: Alphabets
    parts: tuple[range, ...] = ()

    def open(self, files: Sequence[str]) -> Dataset:
        """The dataset, from these files on this machine; InputError where they are not those that rank 0 has read."""
        sources = open_sources(files, self.spec.reading)
        dataset: Any
        try:
            if self.parts:
                dataset = read_stretches(self.spec, sources, self.alphabets[0], *self.parts)
            else:
                dataset = open_dataset(replace(self.spec, files=tuple(files)), sources, self.alphabets)
        except DataChangedError:
            dataset = None
        if dataset is None or replace(dataset.spec, files=self.spec.files) != self.spec:
            raise InputError(f"{', '.join(sources.names)} is not the text that rank 0 has read (its bytes differ)")
        opened: Dataset = dataset
        return opened


def remote(dataset: Dataset, options: TrainingOptions, rank: int, size: int) -> Any:
    """What a rank gets: how to open the files; or its own part of what is in no file, as standard input."""
    parts = stretches(dataset.spec, options, rank, size) if dataset.spec.format == TEXT else ()
    if dataset.spec.files and STDIN_NAME not in dataset.spec.files and dataset.spec.validation_file != STDIN:
        return RemoteData(dataset.spec, dataset.alphabets, parts)
    return cut(dataset, *parts) if isinstance(dataset, TextDataset) else dataset
