"""rnncli sample: let a model write."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from rnncli.cli.options import option, real, whole
from rnncli.errors import InputError

if TYPE_CHECKING:
    from rnncli.engine.edits import Edit
    from rnncli.engine.types import Ids

DISTRIBUTION, OUTPUT = "Choice of characters", "Output"


def sample(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model file.")] = "model.npz",
    prime: Annotated[str, option("--prime", help="Text to go on from, echoed first; - reads standard input.")] = "",
    length: Annotated[
        int, option("-l", "--length", help="Characters to write after the prime; -1 is without end.", **whole(-1))
    ] = 500,
    stop: Annotated[str, option("--stop", help="End before this text would be written.")] = "",
    label: Annotated[
        str | None,
        option("--label", help="Write as the texts with this label, for a model of some.", show_default=False),
    ] = None,
    count: Annotated[int, option("--count", help="Samples to write, made side by side.", **whole(1))] = 1,
    temperature: Annotated[
        float,
        option(
            "-t",
            "--temperature",
            help="Below 1 is safer, above 1 wilder, 0 the likeliest.",
            panel=DISTRIBUTION,
            **real(0),
        ),
    ] = 1.0,
    top_k: Annotated[
        int, option("--top-k", help="Only the K likeliest characters; 0 is all.", **whole(0), panel=DISTRIBUTION)
    ] = 0,
    top_p: Annotated[
        float,
        option(
            "--top-p",
            help="Only the likeliest characters that have this probability together.",
            panel=DISTRIBUTION,
            **real(0, 1, open_low=True),
        ),
    ] = 1.0,
    seed: Annotated[
        int | None,
        option(
            "--seed",
            help="The same seed gives the same text.",
            **whole(0),
            show_default="a new one",
            panel=DISTRIBUTION,
        ),
    ] = None,
    clamp: Annotated[
        list[str] | None,
        option(
            "--clamp",
            metavar="L:J=V",
            help="Hold unit J of layer L at V, its hidden state and cell alike, while reading and writing.",
            show_default=False,
            panel=DISTRIBUTION,
        ),
    ] = None,
    compare: Annotated[
        bool, option("--compare", help="The free and the clamped text side by side, from the same seed.", panel=OUTPUT)
    ] = False,
    skip_unknown: Annotated[
        bool, option("--skip-unknown", help="Leave out characters of the prime that the model has never seen.")
    ] = False,
    json: Annotated[bool, option("--json", help="One JSON object per sample.", panel=OUTPUT)] = False,
) -> None:
    """Let a model write, one character after another, as they are made.

    \b
      rnncli sample                           500 characters from model.npz
      rnncli sample --prime hell -t 0 -l 1    the likeliest character after hell
      rnncli sample big.npz -l -1 | head      without end, until head has enough
      rnncli sample --prime - < letter.txt    go on with a file
      rnncli sample names.npz --label Korean  one text of this label
      rnncli sample --clamp 1:17=1 --compare  hold a unit, and see what it does to the text
    """
    import json as jsonlib
    import secrets
    import sys
    from itertools import islice

    import numpy as np

    from rnncli.cli.clamping import clamped, side_by_side
    from rnncli.cli.models import language_model
    from rnncli.cli.priming import primed
    from rnncli.sampling import Choice, generate, opening, until, until_all_end
    from rnncli.terminal.console import is_interactive, say, write
    from rnncli.text.pairs import EDGE
    from rnncli.text.vocabulary import CODECS

    network = language_model(model)
    vocabulary = network.vocabulary
    codec = CODECS[vocabulary.encoding]
    prime = primed(prime, vocabulary)
    stop = vocabulary.typed(stop)
    if skip_unknown:
        prime = vocabulary.without_unknown(prime)
    if network.partner is not None and label is None:
        raise InputError(f"{model} writes texts with a label; name one with --label: {network.partner.listed()}")
    if network.partner is None and label is not None:
        raise InputError(f"{model} has learnt running text without labels, so --label says nothing to it")
    if top_k > len(vocabulary):
        say(f"--top-k {top_k} is all {len(vocabulary)} characters that the model knows")
    if length < 0 and (json or count > 1):
        raise InputError("--length -1 never ends, so it goes with one plain sample only")
    if seed is None:
        seed = secrets.randbits(32)
        if is_interactive(sys.stdout) and not json:
            say(f"seed {seed}")
    vocabulary.encode(prime, "the prime; --skip-unknown leaves them out")
    edits = [edit for written in clamp or [] for edit in clamped(written, model, network)]
    choice = Choice(temperature, top_k, top_p)

    def drawn(edits: "Sequence[Edit]") -> "Iterator[Ids]":
        """What is drawn from this seed while ``edits`` hold units, to the wanted length or the end of the texts."""
        rng = np.random.default_rng(seed)
        begin = EDGE + prime if label is not None else prime or opening(network, rng)
        ids = generate(network, vocabulary.encode(begin), choice, rng, count, label, edits)
        ids = islice(ids, length if length >= 0 else None)
        return ids if label is None else until_all_end(ids, int(vocabulary.encode(EDGE)[0]))

    def pieces_of(row: "Iterable[Ids]") -> Iterator[str]:
        characters = (vocabulary.symbols[int(ids[0])] for ids in row)
        return until(stop, characters if label is None else until(EDGE, characters))

    if compare:
        if not edits or json or count > 1 or length < 0:
            raise InputError("--compare shows one plain text of some --length beside the same with --clamp")
        write(side_by_side("".join(pieces_of(drawn(()))), "".join(pieces_of(drawn(edits)))))
        return
    # One text is written as it is made; several are made side by side, and written when they are done.
    rows = [drawn(edits)] if count == 1 else np.reshape(list(drawn(edits)), (-1, count)).T[..., None]
    for number, row in enumerate(rows, start=1):
        pieces = pieces_of(row)
        if json:
            result: dict[str, object] = {"label": label} if label is not None else {}
            result |= {"prime": prime, "text": "".join(pieces), "seed": seed, "sample": number}
            write(jsonlib.dumps(result, ensure_ascii=False) + "\n")
            continue
        last = prime
        write(prime, codec)
        for last in pieces:
            write(last, codec)
        if not last.endswith("\n") and vocabulary.encoding == "utf-8":
            write("\n")
