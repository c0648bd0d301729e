"""Whether a launcher of several ranks has started this process is known from its environment."""

import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from rnncli import launcher
from rnncli.errors import InputError


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No launcher, and nothing remembered."""
    for name in (name for pair in launcher.VARIABLES for name in pair):
        monkeypatch.delenv(name, raising=False)
    launcher.launched.cache_clear()
    launcher.mpi.cache_clear()
    yield
    launcher.launched.cache_clear()
    launcher.mpi.cache_clear()


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, (0, 1)),
        ({"OMPI_COMM_WORLD_RANK": "3", "OMPI_COMM_WORLD_SIZE": "8"}, (3, 8)),
        ({"PMI_RANK": "0", "PMI_SIZE": "2"}, (0, 2)),
        ({"SLURM_PROCID": "63", "SLURM_STEP_NUM_TASKS": "64"}, (63, 64)),
        ({"SLURM_PROCID": "0", "SLURM_NTASKS": "64"}, (0, 1)),  # a batch script, in which srun was not typed
        ({"PMI_RANK": "", "PMI_SIZE": "x"}, (0, 1)),
    ],
)
def test_launchers_are_known_by_their_variables(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: tuple[int, int]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert launcher.launched() == expected


def test_the_command_that_starts_as_many_ranks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PMI_RANK", "0")
    monkeypatch.setenv("PMI_SIZE", "2")
    assert launcher.launcher_command() == "mpirun -n 2"
    monkeypatch.setenv("SLURM_STEP_NUM_TASKS", "2")
    assert launcher.launcher_command() == "srun -n 2"


def test_another_mpi_than_that_of_the_launcher_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every rank would be alone, and all would write one file."""
    alone = SimpleNamespace(COMM_WORLD=SimpleNamespace(size=1), Get_library_version=lambda: "MPICH Version: 5.0\nmore")
    monkeypatch.setitem(sys.modules, "mpi4py", SimpleNamespace(MPI=alone))
    monkeypatch.setitem(sys.modules, "mpi4py.MPI", alone)
    monkeypatch.setenv("PMI_RANK", "0")
    monkeypatch.setenv("PMI_SIZE", "4")
    with pytest.raises(InputError, match=r"has started 4 ranks, and mpi4py sees 1: it uses MPICH Version: 5\.0;"):
        launcher.mpi()


def test_a_missing_mpi_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    monkeypatch.setenv("PMI_RANK", "0")
    monkeypatch.setenv("PMI_SIZE", "4")
    with pytest.raises(InputError, match="a run of 4 ranks needs mpi4py"):
        launcher.mpi()
