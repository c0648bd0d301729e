"""rnncli sample: generate text."""

import json as jsonlib
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnncli.cli.completion import model_files
from rnncli.cli.options import float_range, int_range, option, temperature_range
from rnncli.cli.streams import network_only_option
from rnncli.errors import InputError, NotFiniteError
from rnncli.names import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rnncli.datasets.vocabulary import Vocabulary

DECODING, OUTPUT = "Decoding", "Output"


def sample(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="The model file.", autocompletion=model_files)
    ] = "model.npz",
    prime: Annotated[
        str, option("--prime", help="Text to continue, the beginning of a line, echoed first; - is standard input.")
    ] = "",
    length: Annotated[
        int, option("-l", "--length", help="Characters after the prime at most; -1 is no limit.", **int_range(-1))
    ] = 500,
    stop: Annotated[str, option("--stop", help="Stop before this string.")] = "",
    max_lines: Annotated[
        int | None,
        option(
            "--max-lines",
            formerly="--until-line",
            help="Stop after N lines.",
            **int_range(1),
            show_default="no limit",
        ),
    ] = None,
    label: Annotated[
        str | None,
        option("--label", help="Label of the text, for a model of labelled texts.", show_default=False),
    ] = None,
    count: Annotated[int, option("--count", help="Number of samples, generated as one batch.", **int_range(1))] = 1,
    temperature: Annotated[
        Any,
        option(
            "-t",
            "--temperature",
            help="0 is greedy, 1 the model's own distribution; X:Y changes from X to Y over the length.",
            panel=DECODING,
            parser=temperature_range,
            metavar="X|X:Y",
        ),
    ] = "1",
    top_k: Annotated[
        int,
        option("--top-k", help="Keep the K most probable characters; 0 keeps all.", **int_range(0), panel=DECODING),
    ] = 0,
    top_p: Annotated[
        float,
        option(
            "--top-p",
            help="Nucleus sampling: keep the most probable characters that have this probability together.",
            panel=DECODING,
            **float_range(0, 1, open_low=True),
        ),
    ] = 1.0,
    min_p: Annotated[
        float,
        option(
            "--min-p",
            help="Keep characters at least this fraction as probable as the most probable one.",
            panel=DECODING,
            **float_range(0, 1),
        ),
    ] = 0.0,
    no_repeat: Annotated[
        int,
        option(
            "--no-repeat",
            help="Block repeated n-grams of N characters, unless there is no other way; 0 is off.",
            **int_range(0),
            panel=DECODING,
        ),
    ] = 0,
    beam: Annotated[
        int,
        option(
            "--beam",
            help="Beam search with N hypotheses instead of sampling; 0 is off.",
            **int_range(0, 1024),
            panel=DECODING,
        ),
    ] = 0,
    seed: Annotated[
        int | None,
        option(
            "--seed",
            help="The same seed gives the same text.",
            **int_range(0),
            show_default="random",
            panel=DECODING,
        ),
    ] = None,
    clamp: Annotated[
        list[str] | None,
        option(
            "--clamp",
            metavar="L:J=V|FILE=V",
            help="Clamp unit J of layer L, its hidden state and an LSTM's cell, to the value V; or the states along a "
            "direction that inspect probe has written, to where its feature has the value V: 1 is true, 0 false.",
            show_default=False,
            panel=DECODING,
        ),
    ] = None,
    compare: Annotated[
        bool, option("--compare", help="The free and the clamped text side by side, from the same seed.", panel=OUTPUT)
    ] = False,
    network_only: Annotated[bool, network_only_option(DECODING)] = False,
    skip_unknown: Annotated[
        bool, option("--skip-unknown", help="Drop characters of the prime that the model does not know.")
    ] = False,
    novelty: Annotated[
        bool,
        option("--novelty", help="Report how much of the text is copied from the training text.", panel=OUTPUT),
    ] = False,
    sources: Annotated[
        bool,
        option(
            "--sources",
            help="Colour what is copied from the training text, and list the file and line of the longest copies.",
            panel=OUTPUT,
        ),
    ] = False,
    interactive: Annotated[
        bool, option("--interactive", help="Choose the characters from the most probable, one by one.", panel=DECODING)
    ] = False,
    json: Annotated[bool, option("--json", help="One JSON object per sample.", panel=OUTPUT)] = False,
) -> None:
    """Generate text, character by character.

    \b
      rnncli sample                           500 characters from model.npz
      rnncli sample --prime hell -t 0 -l 1    the most probable character after hell
      rnncli sample big.npz -l -1 | head      no limit, until head has enough
      rnncli sample --prime - < letter.txt    continue a file
      rnncli sample names.npz --label Korean  a text of this label
      rnncli sample --beam 8 -l 80            the most probable 80 characters
      rnncli sample --max-lines 4 --novelty   four lines, and how much of them is copied
      rnncli sample --sources                 what of it is copied, and from which file and line
      rnncli sample --clamp 1:17=1 --compare  the effect of a unit on the text
      rnncli sample --interactive             choose from the most probable characters
    """
    import secrets
    import sys
    from dataclasses import asdict

    import numpy as np

    from rnncli.cli.copied import show_novelty, show_sources
    from rnncli.cli.model_input import check_label, load_for, parse_clamp, primed, training_data, training_ids
    from rnncli.inference.copies import find_sources
    from rnncli.inference.draft import Draft
    from rnncli.inference.generation import GenerationConfig, generate_texts, is_random
    from rnncli.inference.novelty import novelty as novelty_of
    from rnncli.inference.sampling import SamplingConfig, full_prime
    from rnncli.terminal.console import is_interactive, say, write

    if interactive:
        flags = {"--stop": stop, "--max-lines": max_lines, "--no-repeat": no_repeat, "--beam": beam, "--json": json}
        flags |= {"--count": count > 1, "--compare": compare, "--novelty": novelty, "--sources": sources}
        flags |= {"--prime -": prime == "-", "--temperature X:Y": temperature[0] != temperature[1]}
        if given := [flag for flag, value in flags.items() if value]:
            raise InputError(f"--interactive lets you choose each character, so {' and '.join(given)} does not apply")
        from rnncli.cli.interactive import require_terminal, write_interactively

        require_terminal()
    loaded = load_for("sample", model)
    network: Any = loaded.model
    writer = network if network_only else loaded.writer
    vocabulary = network.vocabulary
    prime = primed(prime, vocabulary)
    if skip_unknown:
        prime = vocabulary.without_unknown(prime)
    check_label(loaded, label)
    if top_k > len(vocabulary):
        say(f"--top-k {top_k} keeps all of the model's {plural(len(vocabulary), 'character')}")
    if length < 0 and (json or novelty or sources or count > 1):
        raise InputError("--length -1 never ends, so --json, --novelty, --sources and --count do not apply")
    first_temperature, last_temperature = temperature
    ramp = first_temperature != last_temperature
    if ramp and length < 0:
        raise InputError("--temperature X:Y changes over the --length of a text, and -1 has no end")
    if beam and (clamp or ramp or no_repeat or count > 1 or length < 0):
        raise InputError(
            "--beam finds one text of a limited --length; --clamp, --no-repeat, --count and -t X:Y do not apply"
        )
    vocabulary.encode(prime, "the prime; --skip-unknown leaves them out")
    vocabulary.encode(vocabulary.from_user_text(stop), "--stop, which would never come")
    clamps = [one for value in clamp or [] for one in parse_clamp(value, model, network)]
    training_text = None
    if novelty:
        training_text = vocabulary.decode(map(int, training_ids(loaded, "--novelty needs it")))
    learnt = training_data(loaded, "--sources needs it") if sources else None
    config = GenerationConfig(
        SamplingConfig(first_temperature, top_k, top_p, min_p),
        last_temperature,
        no_repeat,
        beam,
        length if length >= 0 else None,
        vocabulary.from_user_text(stop),
        max_lines,
    )
    if not is_random(writer, prime, config):
        seed = None
    elif seed is None:
        seed = secrets.randbits(32)
        if is_interactive(sys.stdout) and not json:
            say(f"seed {seed}")
    if interactive:
        rng = np.random.default_rng(seed)
        begin = vocabulary.encode(full_prime(writer, prime, rng))
        draft = Draft(writer, begin, config.sampling, rng, label, clamps)
        write(prime + write_interactively(draft, vocabulary, prime, config.length, writer.eos) + "\n", vocabulary.codec)
        return
    if compare:
        if not clamps or json or novelty or sources or count > 1 or length < 0:
            raise InputError(
                "--compare takes --clamp and a limited --length; --json, --novelty, --sources and --count do not apply"
            )
        both = (generate_texts(writer, prime, config, seed, label, clamps=held)[0] for held in ((), clamps))
        write(_side_by_side(*map("".join, both)))
        return
    for number, chunks in enumerate(generate_texts(writer, prime, config, seed, label, count, clamps), start=1):
        if json:
            text = "".join(chunks)
            result: dict[str, object] = {"label": label} if label is not None else {}
            result |= {"prime": prime, "text": text, "seed": seed, "sample": number}
            if training_text is not None:
                found = novelty_of(text, training_text)
                result |= {"copied": found.copied, "longest_copy": found.longest}
            if learnt is not None:
                result["sources"] = [asdict(source) for source in find_sources(text, learnt)]
            write(jsonlib.dumps(result, ensure_ascii=False) + "\n")
            continue
        in_colour = learnt is not None and vocabulary.encoding == "utf-8" and sys.stdout.isatty()
        text = "".join(chunks) if in_colour else _stream(prime, chunks, vocabulary, keep=novelty or sources)
        if learnt is not None:
            show_sources(prime, text, find_sources(text, learnt), in_colour)
        if training_text is not None:
            show_novelty(novelty_of(text, training_text))


def _stream(prime: str, chunks: "Iterator[str]", vocabulary: "Vocabulary", keep: bool) -> str:
    """Write a text while it is generated, and return it where the caller wants to ``keep`` it."""
    from rnncli.terminal.console import write

    last, text = prime, ""
    write(prime, vocabulary.codec)
    try:
        for last in chunks:
            write(last, vocabulary.codec)
            if keep:
                text += last
    except NotFiniteError:
        write("\n")  # so that the error has a line of its own
        raise
    if not last.endswith("\n") and vocabulary.encoding == "utf-8":
        write("\n")
    return text


def _side_by_side(free: str, clamped: str) -> str:
    """Two texts in columns, broken into lines as wide as half of the terminal; a line that the text ends has a mark."""
    import shutil
    from itertools import zip_longest

    from rich.cells import chop_cells, set_cell_size

    from rnncli.terminal.words import PICTURES, visible_lines

    width = (shutil.get_terminal_size().columns - 3) // 2
    columns = [["free", ""], ["clamped", ""]]
    for column, text in zip(columns, (free, clamped), strict=True):
        for line in visible_lines(text).expandtabs(4).replace("\n", PICTURES["\n"] + "\n").split("\n"):
            column += chop_cells(line, width)
    rows = zip_longest(*columns, fillvalue="")
    return "".join(f"{set_cell_size(left, width)} | {right}".rstrip() + "\n" for left, right in rows)
