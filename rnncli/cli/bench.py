"""rnncli bench: the speed and memory of a network on this machine."""

from typing import Annotated

from rnncli import names
from rnncli.cli.options import duration, int_range, one_of, option


def bench(
    cell: Annotated[str, option("--cell", help="Recurrent cell.", **one_of(*names.RECURRENT_CELLS))] = "gru",
    layers: Annotated[int, option("--layers", help="Recurrent layers.", **int_range(1))] = 1,
    hidden_size: Annotated[int, option("--hidden-size", help="Hidden units in each layer.", **int_range(1))] = 256,
    embedding_size: Annotated[
        int, option("--embedding-size", help="Size of the embedding; 0 is one-hot.", **int_range(0))
    ] = 0,
    vocabulary_size: Annotated[int, option("--vocabulary-size", help="Distinct characters.", **int_range(2))] = 65,
    batch_size: Annotated[
        int | None,
        option("--batch-size", help="Streams in a batch.", **int_range(1), show_default="32; 8 per MPI rank"),
    ] = None,
    seq_length: Annotated[
        int,
        option(
            "--seq-length", help="Characters in a window of truncated back-propagation through time.", **int_range(1)
        ),
    ] = 64,
    workers: Annotated[
        int | None,
        option("--workers", help="Processes that share each step.", **int_range(1), show_default="by cores and size"),
    ] = None,
    time: Annotated[
        float, option("--time", metavar="TIME", help="Duration of the measurement.", parser=duration)
    ] = 5.0,
    json: Annotated[bool, option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Benchmark a network on this machine: speed of training and sampling, and memory.

    \b
      rnncli bench                                 the default network for a large text
      rnncli bench --cell lstm --hidden-size 512   another network
      mpirun -n 4 rnncli bench                     how long ranks wait and communicate
    """
    import json as jsonlib
    import sys
    from dataclasses import asdict
    from math import prod

    from rnncli.models.config import NetworkConfig
    from rnncli.models.parallel import cores
    from rnncli.terminal.console import say, terminal_width, write
    from rnncli.terminal.words import count, wrapped
    from rnncli.training.benchmark import measure
    from rnncli.training.defaults import MIN_STREAMS, USUAL_BATCH, default_workers
    from rnncli.training.follow import mpi_group
    from rnncli.training.machine import Machine
    from rnncli.training.options import TrainingOptions
    from rnncli.training.parallel.shared_memory import make_group
    from rnncli.training.plan import check_ranks

    with mpi_group([]) as group:
        machine = Machine(cores(), ranks=group.size if group else 1)
        if batch_size is None:
            batch_size = max(USUAL_BATCH, MIN_STREAMS * machine.ranks)
        check_ranks(machine.ranks, names.plural(batch_size, "stream"), batch_size, workers)
        config = NetworkConfig(cell, layers, hidden_size, embedding_size)
        training = TrainingOptions(batch_size=batch_size, seq_length=seq_length, seconds=time)
        if workers is None:
            parameters = sum(map(prod, config.network(vocabulary_size).shapes().values()))
            workers = default_workers(machine, parameters, batch_size * seq_length, batch_size, 0, time)
        speed = measure(config, vocabulary_size, training, group or make_group(workers, batch_size))
    if json:
        write(jsonlib.dumps({**asdict(speed), "workers": workers}) + "\n")
        return
    median, fastest, slowest = (1000 * seconds for seconds in speed.step_seconds)
    peak = f"{speed.peak_flops / 1e9:.0f} GFLOP/s"
    kernel = f"OpenBLAS kernel {speed.blas_kernel}" if speed.blas_kernel else "BLAS kernel not known"
    of_all = sum(speed.parts.values())
    notes = {"products": f", at {speed.product_peak_share:.0%} of the peak"}
    parts = [
        f"  {part.replace('_', ' '):15}{1000 * seconds:.1f} ms, {seconds / of_all:.0%}{notes.get(part, '')}\n"
        for part, seconds in speed.parts.items()
    ]
    memory = "not known on this system" if speed.peak_memory is None else f"{speed.peak_memory / 1e6:.0f} MB at most"
    say(
        f"{cell.upper()}, {names.plural(layers, 'layer')} of {names.plural(hidden_size, 'unit')}, "
        f"{names.plural(batch_size, 'stream')} of windows of {seq_length}, {names.plural(workers, 'process')}"
    )
    lines = (
        f"processor        {speed.processor}, {kernel}\n"
        f"training         {count(speed.training)} characters per second\n"
        f"step             {median:.1f} ms ({fastest:.1f} to {slowest:.1f})\n"
        + "".join(parts)
        + f"matrix products  {speed.product_share:.0%} of the peak of {peak} in each process\n"
        f"sampling         {count(speed.sampling)} characters per second, one text at a time\n"
        f"memory           {memory}, all processes together\n"
    )
    write(wrapped(lines, terminal_width(sys.stdout)))
