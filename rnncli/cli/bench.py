"""rnncli bench: how fast is a network on this machine?"""

from typing import Annotated

from rnncli.cli.options import duration, one_of, option, whole
from rnncli.cli.train import options


def bench(
    cell: Annotated[str, option("--cell", help="The kind of cell.", **one_of("rnn", "gru", "lstm"))] = "gru",
    layers: Annotated[int, option("--layers", help="Recurrent layers.", **whole(1))] = 1,
    hidden_size: Annotated[int, option("--hidden-size", help="Hidden units in each layer.", **whole(1))] = 256,
    embedding_size: Annotated[int, option("--embedding-size", help="0 is one-hot.", **whole(0))] = 0,
    vocabulary_size: Annotated[int, option("--vocabulary-size", help="Different characters.", **whole(2))] = 65,
    batch_size: Annotated[int, option("--batch-size", help="Streams read side by side.", **whole(1))] = 32,
    seq_length: Annotated[int, option("--seq-length", help="Characters in a window.", **whole(1))] = 64,
    workers: options.Workers = None,
    time: Annotated[float, option("--time", metavar="TIME", help="How long to train.", parser=duration)] = 5.0,
    json: Annotated[bool, option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Measure a network on this machine: characters per second of training and of sampling, and memory.

    \b
      rnncli bench                                 what train takes for a large text
      rnncli bench --cell lstm --hidden-size 512   another network
    """
    import json as jsonlib
    from dataclasses import asdict
    from math import prod

    from rnncli.models.config import NetworkConfig
    from rnncli.terminal.console import say, write
    from rnncli.terminal.words import count, plural
    from rnncli.training.benchmark import measure
    from rnncli.training.defaults import default_workers
    from rnncli.training.options import TrainingOptions
    from rnncli.training.parallel.shared_memory import make_group

    config = NetworkConfig(cell, layers, hidden_size, embedding_size)
    training = TrainingOptions(batch_size=batch_size, seq_length=seq_length, seconds=time)
    if workers is None:
        parameters = sum(map(prod, config.network(vocabulary_size).shapes().values()))
        workers = default_workers(parameters, batch_size * seq_length, batch_size, 0, time)
    speed = measure(config, vocabulary_size, training, make_group(workers, batch_size))
    if json:
        write(jsonlib.dumps({**asdict(speed), "workers": workers}) + "\n")
        return
    median, fastest, slowest = (1000 * seconds for seconds in speed.step_seconds)
    say(
        f"{cell.upper()}, {plural(layers, 'layer')} of {plural(hidden_size, 'unit')}, "
        f"{batch_size} streams of windows of {seq_length}, {plural(workers, 'process')}"
    )
    write(
        f"training   {count(speed.training)} characters per second\n"
        f"step       {median:.1f} ms ({fastest:.1f} to {slowest:.1f})\n"
        f"products   {speed.product_share:.0%} of the peak of {speed.peak_flops / 1e9:.0f} GFLOP/s in each process\n"
        f"sampling   {count(speed.sampling)} characters per second, one text at a time\n"
        f"memory     {speed.peak_memory / 1e6:.0f} MB at most, all processes together\n"
    )
