"""How the ranks of a group change the parameters together: after every step, or after some steps of their own."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from rnncli.engine.arrays import Array, Parameters
from rnncli.engine.optimizers import OPTIMIZERS, clip_grad_norm
from rnncli.models.base import Model
from rnncli.training.batches import BatchSource
from rnncli.training.options import OUTER, TrainingOptions
from rnncli.training.parallel.group import ProcessGroup, shard


@dataclass(frozen=True)
class UpdateResult:
    """Of the steps since the last exchange: the mean ``loss`` before each, the mean norm of the gradient, and the
    ``characters`` that all ranks have read."""

    loss: float
    gradient_norm: float
    characters: int


class Update(Protocol):
    """Changes the parameters of ``model``, which are the same on all ranks after each call; ``moments`` are what a
    resume needs besides."""

    model: Any
    optimizer: Any
    moments: dict[str, Array]

    def __call__(self, step: int, rates: Sequence[float]) -> UpdateResult:
        """Make a step at each of these learning rates, the first of which has the number ``step``."""


class SynchronousUpdate:
    """The gradient of every step is reduced over the ranks; each changes its own shard of the parameters, with moments
    of that shard alone (Rajbhandari et al. 2020, "ZeRO")."""

    def __init__(self, model: Model, batches: BatchSource, options: TrainingOptions, group: ProcessGroup) -> None:
        size, dtype = model.parameters.flat.size, model.parameters.flat.dtype
        self._batches, self._clip_norm, self._group, self._shard = batches, options.clip_norm, group, shard(size, group)
        self.model = model.on(group.array("parameters", (size,), dtype))
        self._gradients = Parameters(model.parameters.shapes, flat=group.gradients(size, dtype))
        rule = OPTIMIZERS[options.optimizer]
        self.moments = {name: group.array(f"moment {name}", (size,), dtype, axis=0) for name in rule.moment_names}
        own = {name: moment[self._shard] for name, moment in self.moments.items()}
        self.optimizer = rule(self._shard.stop - self._shard.start, dtype, options.weight_decay, own)

    def __call__(self, step: int, rates: Sequence[float]) -> UpdateResult:
        (rate,) = rates
        result = self._batches.loss_and_gradients(self.model, self._gradients, step)
        if result.share != 1:
            self._gradients.flat *= result.share  # so that the sum over the ranks is the mean over the whole step
        gradient = self._group.reduce_scatter(self._gradients.flat)
        loss, squared_norm = self._group.all_reduce(result.loss * result.share, float(np.dot(gradient, gradient)))
        norm = math.sqrt(squared_norm)
        if math.isfinite(loss) and math.isfinite(norm):
            clip_grad_norm(gradient, self._clip_norm, norm)
            self.optimizer.step(self.model.parameters.flat[self._shard], gradient, rate)
            self._group.all_gather(self.model.parameters.flat)
        return UpdateResult(loss, norm, result.characters)


OUTER_RATE, OUTER_MOMENTUM = 0.7, 0.7
"""Of the outer step of :class:`LocalUpdate`, by measurement; see ``rnncli guide machines``."""


class LocalUpdate:
    """Each rank makes its steps alone, with a clipped gradient and moments of its own, from the same beginning. Then
    the moments are averaged over the ranks (local SGD, Stich 2019), and the mean way of the parameters is the gradient
    of an outer step with Nesterov momentum (Douillard et al. 2023, "DiLoCo")."""

    def __init__(self, model: Model, batches: BatchSource, options: TrainingOptions, group: ProcessGroup) -> None:
        size, dtype = model.parameters.flat.size, model.parameters.flat.dtype
        self._batches, self._clip_norm, self._group, self._shard = batches, options.clip_norm, group, shard(size, group)
        self.model = model.on(group.array("parameters", (size,), dtype))
        self._own = model.on(np.zeros(size, dtype))
        self._gradients = model.parameters.zeros_like()
        self._addend = group.gradients(size, dtype)
        rule = OPTIMIZERS[options.optimizer]
        self._averaged = {name: group.array(f"moment {name}", (size,), dtype) for name in rule.moment_names}
        self._outer = group.array(f"moment {OUTER}", (size,), dtype, axis=0)
        self.moments = {**self._averaged, OUTER: self._outer}
        self.optimizer = rule(size, dtype, options.weight_decay)

    def __call__(self, step: int, rates: Sequence[float]) -> UpdateResult:
        parameters, own = self.model.parameters.flat, self._own.parameters.flat
        own[...] = parameters
        for name, moment in self._averaged.items():
            self.optimizer.moments[name][...] = moment
        losses, norms, characters = 0.0, 0.0, 0
        for number, rate in enumerate(rates):
            result = self._batches.loss_and_gradients(self._own, self._gradients, step + number)
            norm = math.sqrt(float(np.dot(self._gradients.flat, self._gradients.flat)))
            losses, norms = losses + result.loss * result.share, norms + norm
            characters += result.characters
            clip_grad_norm(self._gradients.flat, self._clip_norm, norm)
            self.optimizer.step(own, self._gradients.flat, rate)
        for name, moment in self._averaged.items():
            moment[self._shard] = self._mean(self.optimizer.moments[name])
            self._group.all_gather(moment)
        way, momentum = self._mean(own), self._outer[self._shard]
        way -= parameters[self._shard]
        momentum *= OUTER_MOMENTUM
        momentum += way
        parameters[self._shard] += OUTER_RATE * (way + OUTER_MOMENTUM * momentum)
        self._group.all_gather(parameters)
        losses, norms = self._group.all_reduce(losses, norms)
        return UpdateResult(losses / len(rates), norms / len(rates) / self._group.size, characters)

    def _mean(self, own: Array) -> Array:
        """The own shard of the mean of ``own`` (P,) over all ranks."""
        self._addend[...] = own
        total = self._group.reduce_scatter(self._addend)
        total /= self._group.size
        return total


def make_update(model: Model, batches: BatchSource, options: TrainingOptions, group: ProcessGroup) -> Update:
    """The update that the options ask for."""
    kind = SynchronousUpdate if options.local_steps == 1 else LocalUpdate
    return kind(model, batches, options, group)
