"""The trials of a sweep: Optuna chooses their values and keeps them in one journal file.

Several processes, on several machines with one file system, may work on the same journal at once. Trials begin and end
under a lock that the caller brings, so that there are never too many of them and the model that is kept is that of the
best. A process that is killed leaves a trial behind that nobody works on: whoever asks for the next one closes it and
lets it be run once more.
"""

import os
import socket
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from rnncli.datasets.dataset import Dataset
from rnncli.errors import InputError
from rnncli.training.sweep.library import optuna_library, quiet
from rnncli.training.sweep.plan import Plan
from rnncli.training.sweep.trial import COMPLETE, FAILED, STOPPED, Trial
from rnncli.training.trainer import EVALUATIONS, Trainer

STARTUP_TRIALS, FIRST_PRUNING = 5, EVALUATIONS // 4
"""Complete trials before one is pruned, and the evaluations of each that are never compared: the rate is warmed up
there, and high rates pay later."""

SILENCE = 600.0
"""Seconds without a sign of life after which a trial of another machine counts as dead: many times SIGN_OF_LIFE."""

MAX_RETRIES = 1

NAME = "rnncli"
"""That of the study in the journal."""

Save = Callable[[Trainer], dict[str, Any]]
"""Keeps the best model of a run; returns where, as plain data."""


class Sweep:
    """A sweep by ``plan`` in the journal at ``path``. ``exclusive`` keeps other processes out while a trial begins or
    ends. InputError for a file that is no journal, or that of another sweep."""

    def __init__(
        self, dataset: Dataset, plan: Plan, path: str, exclusive: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self.dataset, self.plan, self.path, self._exclusive = dataset, plan, path, exclusive
        self.optuna = optuna_library()
        with exclusive():
            self.study = self._open()

    def ask(self, trials: int) -> Trial | None:
        """The next trial of a sweep of ``trials`` in all; None where all of them have begun."""
        with self._exclusive(), quiet():
            self._close_the_dead()
            known = self.study.get_trials(deepcopy=False)
            retried = {trial.user_attrs.get("retry_of") for trial in known}
            begun = [trial for trial in known if self.state(trial) != "waiting" and trial.number not in retried]
            if len(begun) >= trials:
                return None
            distributions = {name: one.distribution(self.optuna) for name, one in self.plan.space.items()}
            asked = self.study.ask(distributions)
            values = {name: one.used(asked.params[name]) for name, one in self.plan.space.items()}
            trial = Trial(asked, self.dataset, self.plan.fixed | values, values)
            trial.sign_of_life()
            return trial

    def tell(self, trial: Trial, save: Save) -> bool:
        """Note how a trial has ended; ``save`` its model if it is the best of all. A run that was stopped is begun
        again by whoever asks next. False where another process has taken this one for dead: then nothing is noted."""
        states = self.optuna.trial.TrialState
        with self._exclusive(), quiet():
            frozen = self._frozen(trial.number)
            if frozen.state != states.RUNNING:
                return False
            best, metric = self.best, self.plan.metric
            trial.is_best = trial.state == COMPLETE and metric.is_better(_known(trial.metric), best and best.value)
            trial.trial.set_user_attr("result", trial.result())
            if trial.is_best:
                assert trial.trainer is not None
                trial.trial.set_user_attr("saved", save(trial.trainer))
            if trial.state == COMPLETE:
                self.study.tell(trial.number, trial.metric)
            elif trial.state == STOPPED:
                self.study.tell(trial.number, state=states.FAIL)
                self._retry(frozen, frozen.user_attrs.get("retries", 0))
            else:  # a run that cannot go on is as bad as one that is not worth it: the sampler is to avoid both
                self.study.tell(trial.number, state=states.PRUNED)
            return True

    @property
    def best(self) -> Any:
        """The best of the trials that are complete, of equals the first, as Optuna has it; None before there is one."""
        complete = [trial for trial in self.study.get_trials(deepcopy=False) if self.state(trial) == COMPLETE]
        sign = -1 if self.plan.metric.maximised else 1
        return min(complete, key=lambda trial: (sign * trial.value, trial.number), default=None)

    def saved_digests(self) -> set[str]:
        """The SHA-256 of the model files that this sweep has written."""
        trials = self.study.get_trials(deepcopy=False)
        return {trial.user_attrs["saved"]["sha256"] for trial in trials if "saved" in trial.user_attrs}

    def state(self, trial: Any) -> str:
        """The state of a trial of Optuna's: waiting, running, complete, pruned or failed."""
        if trial.state.name == "FAIL" or trial.user_attrs.get("result", {}).get("reason"):
            return FAILED
        return str(trial.state.name.lower())

    def _frozen(self, number: int) -> Any:
        return self.study.get_trials(deepcopy=False)[number]

    def _open(self) -> Any:
        optuna, identity = self.optuna, self.plan.identity(self.dataset)
        journal = optuna.storages.journal
        place = os.path.abspath(self.path)
        try:
            with quiet():
                backend = journal.JournalFileBackend(place, lock_obj=journal.JournalFileOpenLock(place))
                storage = optuna.storages.JournalStorage(backend)
                names = optuna.get_all_study_names(storage)
        except OSError as error:
            raise InputError(f"{self.path} cannot be the storage: {error.strerror}; name another --storage") from None
        except Exception:  # Optuna has no error of its own for this, but many
            raise InputError(
                f"{self.path} is not the storage of a sweep, so it is left alone; name another --storage"
            ) from None
        sampler, pruner = self._sampler(), optuna.pruners.MedianPruner(STARTUP_TRIALS, FIRST_PRUNING)
        direction = "maximize" if self.plan.metric.maximised else "minimize"
        if names not in ([], [NAME]):
            raise InputError(f"{self.path} holds a study that is none of rnncli's; name another --storage")
        with quiet():
            words = {"study_name": NAME, "storage": storage, "sampler": sampler, "pruner": pruner}
            study = optuna.load_study(**words) if names else optuna.create_study(**words, direction=direction)
            if "sweep" in study.user_attrs:
                self._compare(study.user_attrs["sweep"], identity)
                return study
            if not study.get_trials(deepcopy=False):
                study.enqueue_trial(self.plan.default, user_attrs={"default": True})
            study.set_user_attr("sweep", identity)
            return study

    def _sampler(self) -> Any:
        """TPE, whose draws depend on the seed, the number of the trial and the trials so far: however many processes
        ask, and however often they are started again."""
        seed = self.plan.fixed.get("seed", 0)

        class Sampler(self.optuna.samplers.TPESampler):  # type: ignore[name-defined,misc]
            def before_trial(self, study: Any, trial: Any) -> None:
                super().__init__(seed=(seed * 1_000_003 + trial.number) % 2**32, constant_liar=True)
                super().before_trial(study, trial)

        return Sampler()

    def _compare(self, there: dict[str, Any], here: dict[str, Any]) -> None:
        """InputError where the journal is that of another sweep, saying of which."""
        if there.get("text") != here["text"]:
            raise InputError(f"{self.path} is the sweep of another text; name another --storage")
        for part, what in (("options", "with other options"), ("space", "of another space")):
            before = there.get(part, {})
            for name in [*here[part], *before]:
                if before.get(name) != here[part].get(name):
                    flag = "--" + name.replace("_", "-")
                    values = (f"{flag} {one[name]}" if name in one else f"no {flag}" for one in (before, here[part]))
                    told = " there, ".join(values)
                    raise InputError(f"{self.path} is a sweep {what}: {told} here; name another --storage")

    def _close_the_dead(self) -> None:
        for trial in self.study.get_trials(deepcopy=False):
            if trial.state == self.optuna.trial.TrialState.RUNNING and _is_dead(trial):
                retries = trial.user_attrs.get("retries", 0)
                self.study.tell(trial.number, state=self.optuna.trial.TrialState.FAIL)
                if retries < MAX_RETRIES:
                    self._retry(trial, retries + 1)

    def _retry(self, trial: Any, retries: int) -> None:
        """Let a trial be the next one, with the same values."""
        default = {"default": True} if trial.user_attrs.get("default") else {}
        self.study.enqueue_trial(trial.params, {"retry_of": trial.number, "retries": retries, **default})


def _known(value: float | None) -> float:
    assert value is not None
    return value


def _is_dead(trial: Any) -> bool:
    """Whether nobody works any more on a trial of Optuna's that has begun; it is asked before this process begins one
    of its own."""
    process = trial.user_attrs.get("process")
    if process is None:
        return time.time() - float(trial.datetime_start.timestamp()) > SILENCE
    if process["host"] == socket.gethostname() and not _is_running(process["pid"]):
        return True
    return time.time() - float(process["time"]) > SILENCE


def _is_running(pid: int) -> bool:
    """Whether another process of this machine has this number, as far as the system tells."""
    if pid == os.getpid():
        return False
    if sys.platform == "win32":  # there a signal 0 would be Ctrl-C
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
