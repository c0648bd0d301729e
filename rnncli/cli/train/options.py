"""The options of ``rnncli train``, each with its help, its panel and what it does when it is not given."""

from typing import Annotated

from rnncli.cli.options import duration, one_of, option, real, whole

NETWORK, LEARNING, LENGTH, TEXT, FILES = "Network", "Learning", "Length", "Text", "Model file and output"
BY_SIZE = "by the size of the text"

Output = Annotated[str, option("-o", "--output", help="The model file.", panel=FILES)]
Task = Annotated[
    str | None,
    option(
        "--task",
        help="What to learn: to write, or to label, tag or translate lines of two columns.",
        show_default="generate, for .tsv files by their look",
        panel=TEXT,
        **one_of("generate", "classify", "tag", "translate"),
    ),
]
Cell = Annotated[
    str | None,
    option(
        "--cell",
        help="The kind of recurrent cell, or a feed-forward network of the last characters (mlp).",
        show_default="gru",
        panel=NETWORK,
        **one_of("rnn", "gru", "lstm", "mlp"),
    ),
]
Layers = Annotated[
    int | None,
    option(
        "--layers",
        help="Hidden layers, one on top of the other; an mlp may have none.",
        **whole(0),
        show_default="1",
        panel=NETWORK,
    ),
]
Bidirectional = Annotated[
    bool | None,
    option(
        "--bidirectional/--one-direction",
        help="Read from the end as well; to write, only one direction makes sense.",
        show_default="both, but for generate",
        panel=NETWORK,
    ),
]
Context = Annotated[
    int | None,
    option("--context", help="Characters that an mlp sees.", **whole(1, 4096), show_default="8", panel=NETWORK),
]
HiddenSize = Annotated[
    int | None,
    option("--hidden-size", help="Hidden units in each layer.", **whole(1, 65536), show_default=BY_SIZE, panel=NETWORK),
]
Activation = Annotated[
    str | None,
    option(
        "--activation",
        help="Activation of rnn and mlp.",
        show_default="tanh",
        panel=NETWORK,
        **one_of("tanh", "relu", "leaky-relu", "sigmoid"),
    ),
]
EmbeddingSize = Annotated[
    int | None,
    option(
        "--embedding-size",
        help="Size of a learnt vector per character; 0 is one-hot.",
        **whole(0),
        show_default="0 up to 256 characters",
        panel=NETWORK,
    ),
]
Dropout = Annotated[
    float | None,
    option(
        "--dropout",
        help="Share of values left out between layers and before the output while training.",
        show_default="by size and length",
        panel=NETWORK,
        **real(0, 1, open_high=True),
    ),
]
Encoding = Annotated[
    str, option("--encoding", help="Read characters of UTF-8, or bytes.", panel=TEXT, **one_of("utf-8", "bytes"))
]
MinCount = Annotated[
    int, option("--min-count", help="Rarer characters become one unknown symbol.", **whole(1), panel=TEXT)
]
Validation = Annotated[
    str | None,
    option(
        "--validation",
        metavar="FRACTION|FILE",
        help="Fraction at the end of the text to hold out, or a text to check on.",
        show_default="0.1, of tiny texts 0",
        panel=TEXT,
    ),
]
ValidationSplit = Annotated[
    str | None,
    option(
        "--validation-split",
        help="Hold out the end of the text, or as char-rnn does the tail of every stream, which is easier to predict.",
        show_default="end",
        panel=TEXT,
        **one_of("end", "tails"),
    ),
]
BatchSize = Annotated[
    int | None,
    option(
        "--batch-size",
        help="Streams of text, or lines of two columns, in a step.",
        **whole(1),
        show_default=BY_SIZE,
        panel=LEARNING,
    ),
]
SeqLength = Annotated[
    int | None,
    option(
        "--seq-length",
        help="Characters in a window of back-propagation through time.",
        **whole(1),
        show_default="64, or less",
        panel=LEARNING,
    ),
]
Optimizer = Annotated[
    str | None,
    option(
        "--optimizer",
        help="How a gradient becomes a step.",
        show_default="adam",
        panel=LEARNING,
        **one_of("sgd", "momentum", "rmsprop", "adagrad", "adam"),
    ),
]
LearningRate = Annotated[
    float | None,
    option(
        "--learning-rate",
        help="Step size at its highest.",
        show_default="by optimizer and cell, of adam 0.005 or 0.008",
        panel=LEARNING,
        **real(0, open_low=True),
    ),
]
Loss = Annotated[
    str | None,
    option(
        "--loss",
        help="What is made small; mse is the mean squared error against one-hot targets.",
        show_default="cross-entropy",
        panel=LEARNING,
        **one_of("cross-entropy", "mse"),
    ),
]
Schedule = Annotated[
    str | None,
    option(
        "--schedule",
        help="How the learning rate falls over the run.",
        show_default="cosine",
        panel=LEARNING,
        **one_of("constant", "linear", "cosine"),
    ),
]
Warmup = Annotated[
    int | None,
    option(
        "--warmup",
        help="Steps over which the learning rate first rises.",
        **whole(0),
        show_default="500, of pairs 50, in short runs a tenth",
        panel=LEARNING,
    ),
]
ClipNorm = Annotated[
    float | None,
    option(
        "--clip-norm", help="Largest norm of the gradient; 0 is no limit.", show_default="5", panel=LEARNING, **real(0)
    ),
]
WeightDecay = Annotated[
    float | None, option("--weight-decay", help="Decoupled weight decay.", show_default="0", panel=LEARNING, **real(0))
]
Seed = Annotated[
    int | None,
    option("--seed", help="The same seed gives the same model.", **whole(0), show_default="0", panel=LEARNING),
]
Workers = Annotated[
    int | None,
    option(
        "--workers",
        help="Processes that share each step.",
        **whole(1),
        show_default="by cores and size",
        panel=LEARNING,
    ),
]
Epochs = Annotated[
    float | None,
    option(
        "--epochs",
        help="End after reading the text so often.",
        show_default="some minutes",
        panel=LENGTH,
        **real(0, open_low=True),
    ),
]
Steps = Annotated[
    int | None, option("--steps", help="End after so many steps.", **whole(1), show_default=False, panel=LENGTH)
]
Time = Annotated[
    float | None,
    option(
        "--time",
        metavar="TIME",
        help="End after this time: 90s, 3m, 1h30m.",
        parser=duration,
        show_default=False,
        panel=LENGTH,
    ),
]
Patience = Annotated[
    int | None,
    option(
        "--patience",
        help="End after so many evaluations without a better one; 0 is never.",
        **whole(0),
        show_default="0",
        panel=LENGTH,
    ),
]
EvalEvery = Annotated[
    int | None,
    option(
        "--eval-every", help="Steps between evaluations.", **whole(1), show_default="up to 16 in a run", panel=LENGTH
    ),
]
SaveEvery = Annotated[
    int | None,
    option("--save-every", help="Steps between saves.", **whole(1), show_default="when evaluated", panel=FILES),
]
InitFrom = Annotated[
    str | None,
    option(
        "--init-from",
        metavar="MODEL",
        help="Begin with the weights, the network and the alphabet of this model.",
        show_default=False,
        panel=FILES,
    ),
]
Resume = Annotated[
    bool, option("--resume", help="Go on exactly where the run that wrote the model file stopped.", panel=FILES)
]
Force = Annotated[bool, option("-f", "--force", help="Replace an existing model.", panel=FILES)]
DryRun = Annotated[bool, option("-n", "--dry-run", help="Say what would be done, and write nothing.", panel=FILES)]
Json = Annotated[bool, option("--json", help="Events as JSON lines on standard output.", panel=FILES)]
Quiet = Annotated[bool, option("-q", "--quiet", help="Say nothing but errors.", panel=FILES)]
