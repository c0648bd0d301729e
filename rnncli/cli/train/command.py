"""rnncli train: learn a text."""

from typing import Annotated, Any

import typer

from rnncli.cli.options import only_one
from rnncli.cli.train import options


def train(
    ctx: typer.Context,
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE", help="Texts: files, folders of them, or - for standard input.", show_default=False
        ),
    ],
    output: options.Output = "model.npz",
    task: options.Task = None,
    cell: options.Cell = None,
    layers: options.Layers = None,
    hidden_size: options.HiddenSize = None,
    bidirectional: options.Bidirectional = None,
    activation: options.Activation = None,
    context: options.Context = None,
    embedding_size: options.EmbeddingSize = None,
    dropout: options.Dropout = None,
    encoding: options.Encoding = "utf-8",
    min_count: options.MinCount = 1,
    validation: options.Validation = None,
    validation_split: options.ValidationSplit = None,
    batch_size: options.BatchSize = None,
    seq_length: options.SeqLength = None,
    optimizer: options.Optimizer = None,
    learning_rate: options.LearningRate = None,
    loss: options.Loss = None,
    schedule: options.Schedule = None,
    warmup: options.Warmup = None,
    clip_norm: options.ClipNorm = None,
    weight_decay: options.WeightDecay = None,
    seed: options.Seed = None,
    workers: options.Workers = None,
    epochs: options.Epochs = None,
    steps: options.Steps = None,
    time: options.Time = None,
    patience: options.Patience = None,
    eval_every: options.EvalEvery = None,
    save_every: options.SaveEvery = None,
    init_from: options.InitFrom = None,
    resume: options.Resume = False,
    force: options.Force = False,
    dry_run: options.DryRun = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Learn a text character by character, and write the model to a file.

    \b
      rnncli train corpus.txt                         some minutes, to model.npz
      rnncli train corpus.txt --time 10m -o big.npz   ten minutes, to big.npz
      rnncli train corpus.txt --resume --time 20m     go on with model.npz
      cat *.md | rnncli train - --cell lstm           standard input, another cell
      rnncli train names.tsv --task classify          label<TAB>text in each line
    """
    length = only_one(ctx, epochs=epochs, steps=steps, time=time)
    from rnncli.cli.train.request import Request
    from rnncli.cli.train.run import run

    run(
        Request(
            files=files,
            output=output,
            task=task,
            network=_given(
                cell=cell,
                layers=layers,
                hidden_size=hidden_size,
                bidirectional=bidirectional,
                activation=activation,
                context=context,
                embedding_size=embedding_size,
                dropout=dropout,
            ),
            learning=_given(
                batch_size=batch_size,
                seq_length=seq_length,
                optimizer=optimizer,
                learning_rate=learning_rate,
                loss=loss,
                schedule=schedule,
                warmup=warmup,
                clip_norm=clip_norm,
                weight_decay=weight_decay,
                patience=patience,
                eval_every=eval_every,
                seed=seed,
                workers=workers,
            ),
            length={"seconds" if name == "time" else name: value for name, value in length.items()},
            encoding=encoding,
            min_count=min_count,
            validation=validation,
            validation_split=validation_split,
            save_every=save_every,
            init_from=init_from,
            resume=resume,
            force=force,
            dry_run=dry_run,
            json=json,
            quiet=quiet,
        )
    )


def _given(**options: Any) -> dict[str, Any]:
    """Those options that are not None."""
    return {name: value for name, value in options.items() if value is not None}
