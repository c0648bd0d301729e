"""rnncli sample: let a model write."""

from typing import Annotated, Any

import typer

from rnncli.cli.options import ends, option, real, whole
from rnncli.errors import InputError

DISTRIBUTION, OUTPUT = "Choice of characters", "Output"


def sample(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model file.")] = "model.npz",
    prime: Annotated[str, option("--prime", help="Text to go on from, echoed first; - reads standard input.")] = "",
    length: Annotated[
        int, option("-l", "--length", help="Characters to write after the prime; -1 is without end.", **whole(-1))
    ] = 500,
    stop: Annotated[str, option("--stop", help="End before this text would be written.")] = "",
    until_line: Annotated[
        int | None,
        option("--until-line", help="End after so many lines.", **whole(1), show_default="no end of its own"),
    ] = None,
    label: Annotated[
        str | None,
        option("--label", help="Write as the texts with this label, for a model of some.", show_default=False),
    ] = None,
    count: Annotated[int, option("--count", help="Samples to write, made side by side.", **whole(1))] = 1,
    temperature: Annotated[
        Any,
        option(
            "-t",
            "--temperature",
            help="Below 1 is safer, above 1 wilder, 0 the likeliest; 0.5:1.2 moves over the text.",
            panel=DISTRIBUTION,
            parser=ends,
            metavar="X|X:Y",
        ),
    ] = "1",
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
    min_p: Annotated[
        float,
        option(
            "--min-p",
            help="Only characters at least this share as likely as the likeliest.",
            panel=DISTRIBUTION,
            **real(0, 1),
        ),
    ] = 0.0,
    no_repeat: Annotated[
        int,
        option(
            "--no-repeat",
            help="Write no N characters a second time, as long as there is another way; 0 is off.",
            **whole(0),
            panel=DISTRIBUTION,
        ),
    ] = 0,
    beam: Annotated[
        int,
        option(
            "--beam",
            help="Search the likeliest text among so many beginnings, and draw nothing; 0 is off.",
            **whole(0, 1024),
            panel=DISTRIBUTION,
        ),
    ] = 0,
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
    novelty: Annotated[
        bool,
        option("--novelty", help="Tell how much of it stands in the training text, word for word.", panel=OUTPUT),
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
      rnncli sample --beam 8 -l 80            the likeliest 80 characters
      rnncli sample --until-line 4 --novelty  four lines, and how much of them is copied
      rnncli sample --clamp 1:17=1 --compare  hold a unit, and see what it does to the text
    """
    import json as jsonlib
    import secrets
    import sys

    from rnncli.cli.clamping import clamped, side_by_side
    from rnncli.cli.models import load_for
    from rnncli.cli.priming import primed
    from rnncli.cli.writing import Copied, Writing
    from rnncli.datasets.vocabulary import CODECS
    from rnncli.inference.sampling import SamplingConfig
    from rnncli.terminal.console import is_interactive, say, write

    loaded = load_for("sample", model)
    network: Any = loaded.model
    vocabulary = network.vocabulary
    codec = CODECS[vocabulary.encoding]
    prime = primed(prime, vocabulary)
    if skip_unknown:
        prime = vocabulary.without_unknown(prime)
    if network.partner is not None and label is None:
        raise InputError(f"{model} writes texts with a label; name one with --label: {network.partner.listed()}")
    if network.partner is None and label is not None:
        raise InputError(f"{model} has learnt running text without labels, so --label says nothing to it")
    if top_k > len(vocabulary):
        say(f"--top-k {top_k} is all {len(vocabulary)} characters that the model knows")
    if length < 0 and (json or novelty or count > 1):
        raise InputError("--length -1 never ends, so it goes with one plain sample only")
    moves = temperature[0] != temperature[1]
    if moves and length < 0:
        raise InputError("--temperature X:Y moves over the --length of a text, and -1 has no end")
    if beam and (clamp or moves or no_repeat or count > 1 or length < 0):
        raise InputError("--beam searches one text of some --length, so no other way to write goes with it")
    if seed is None:
        seed = secrets.randbits(32)
        if is_interactive(sys.stdout) and not json and not beam:
            say(f"seed {seed}")
    vocabulary.encode(prime, "the prime; --skip-unknown leaves them out")
    clamps = [edit for written in clamp or [] for edit in clamped(written, model, network)]
    copied = Copied(model, loaded) if novelty else None
    writing = Writing(
        network,
        prime,
        label,
        count,
        length,
        vocabulary.typed(stop),
        until_line,
        seed,
        SamplingConfig(temperature[0], top_k, top_p, min_p),
        temperature,
        no_repeat,
        beam,
    )
    if compare:
        if not clamps or json or count > 1 or length < 0:
            raise InputError("--compare shows one plain text of some --length beside the same with --clamp")
        write(side_by_side(*("".join(writing.texts(held)[0]) for held in ((), clamps))))
        return
    for number, pieces in enumerate(writing.texts(clamps), start=1):
        if json:
            text = "".join(pieces)
            result: dict[str, object] = {"label": label} if label is not None else {}
            result |= {"prime": prime, "text": text, "seed": seed, "sample": number}
            result |= copied.to_json(text) if copied else {}
            write(jsonlib.dumps(result, ensure_ascii=False) + "\n")
            continue
        last, whole = prime, ""
        write(prime, codec)
        for last in pieces:
            write(last, codec)
            whole += last if copied else ""
        if not last.endswith("\n") and vocabulary.encoding == "utf-8":
            write("\n")
        if copied:
            say(copied.told(whole))
