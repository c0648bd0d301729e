"""The kernel of OpenBLAS is that which multiplies, also where the environment chose it."""

import platform
import subprocess
import sys

import pytest

from rnncli.engine.blas import blas_kernel
from tests.cli.running import ROOT, environment

CODE = "from rnncli.engine.blas import *; from rnncli.engine.cells import panels; print(blas_kernel(), panels.UNPACKED)"


@pytest.mark.skipif(not blas_kernel(), reason="NumPy's library of products does not tell its kernel here")
@pytest.mark.skipif(platform.machine() != "x86_64", reason="the kernels are those of x86_64")
def test_a_kernel_that_packs_gets_no_panels() -> None:
    """Haswell's runs on every processor of the last ten years."""
    result = subprocess.run(
        [sys.executable, "-c", CODE],
        env=environment(OPENBLAS_CORETYPE="Haswell"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.split() == ["Haswell", "False"]
