"""rnncli train --init-from: another model's weights, network and alphabet."""

from pathlib import Path

import numpy as np

from rnncli.storage import checkpoint
from tests.cli.running import refused, rnncli, succeeded


def test_a_run_starts_from_the_weights_of_another_model(folder: Path) -> None:
    (folder / "a.txt").write_text("abcabcabc")
    (folder / "b.txt").write_text("cbacbacba")
    first = ("--hidden-size", 5, "--steps", 3, "-q", "-o", "a.npz")
    succeeded(rnncli("train", "a.txt", *first))
    succeeded(
        rnncli("train", "b.txt", "--init-from", "a.npz", "--steps", 1, "--learning-rate", 1e-30, "-q", "-o", "b.npz")
    )
    a, b = (checkpoint.load(name).model for name in ("a.npz", "b.npz"))
    assert b.config == a.config
    np.testing.assert_allclose(b.parameters.flat, a.parameters.flat, atol=1e-20)


def test_what_does_not_fit_the_other_model_is_refused(folder: Path) -> None:
    (folder / "a.txt").write_text("abcabcabc")
    succeeded(rnncli("train", "a.txt", "--hidden-size", 5, "--steps", 1, "-q", "-o", "a.npz"))
    refused(rnncli("train", "a.txt", "--init-from", "a.npz", "--hidden-size", 6, "-o", "b.npz"), "--hidden-size")
    refused(rnncli("train", "a.txt", "--init-from", "none.npz", "-o", "b.npz"), "none.npz")
    for options in (("--encoding", "bytes"), ("--min-count", 2)):
        refused(rnncli("train", "a.txt", "--init-from", "a.npz", *options, "-o", "b.npz"), options[0])
    resume = ("train", "a.txt", "--resume", "--steps", 2, "-o", "a.npz", "--encoding")
    refused(rnncli(*resume, "bytes"), "--encoding bytes", "characters")
    succeeded(rnncli(*resume, "utf-8"))
    assert not (folder / "b.npz").exists()
