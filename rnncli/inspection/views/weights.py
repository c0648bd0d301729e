"""What is in the matrices?"""

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.inspection.activations import recurrent_cell
from rnncli.inspection.request import ViewRequest
from rnncli.models.base import Model
from rnncli.models.language_model import LanguageModel
from rnncli.results import Block, Table, ViewResult, with_numbers

NEIGHBOURS = 4
CHARACTERS = 24
"""Characters whose neighbours are shown, spread over the alphabet."""


def singular_values(matrix: Array) -> tuple[float, float, float]:
    """The largest, the median and the smallest singular value."""
    values = np.linalg.svd(matrix.astype(np.float64), compute_uv=False)
    return float(values[0]), float(np.median(values)), float(values[-1])


def spectral_radius(matrix: Array) -> float:
    """The largest absolute eigenvalue of a square matrix."""
    return float(np.abs(np.linalg.eigvals(matrix.astype(np.float64))).max())


def character_vectors(model: Model) -> Array:
    """A vector (V, ·) for each character: its embedding, or with one-hot input all weights from it."""
    part = model.reader_parameters
    W = part["embedding.W"] if model.config.embedding_size else part["l1.W_x" if model.config.layers else "output.W"]
    if model.config.embedding_size:
        return W[: len(model.vocabulary)]
    if not model.config.layers:
        W = W.reshape(model.config.context, -1, W.shape[-1])
    return np.concatenate(list(W[:, : len(model.vocabulary)]), axis=1)


def weights(request: ViewRequest) -> ViewResult:
    """Sizes and spectra of all matrices, and the nearest neighbours of characters."""
    model = request.probe.model
    shapes = [
        (name, " × ".join(map(str, v.shape)), v.size, float(np.sqrt(np.mean(v * v))))
        for name, v in model.parameters.items()
    ]
    blocks: list[Block] = [
        Table(
            "Parameters",
            ("name", "shape", "elements", "root mean square"),
            shapes,
            f"{model.parameters.flat.size:,} in total",
        )
    ]
    rows = []
    for name, values in model.parameters.items():
        if name.endswith("W_h"):
            for gate, matrix in zip(model.network.cell.gates, values, strict=True):
                rows.append((f"{name} {gate}", spectral_radius(matrix), *singular_values(matrix)))
    if rows:
        columns = ("matrix", "spectral radius", "largest singular value", "median", "smallest")
        blocks.append(Table("Recurrent matrices", columns, rows))
    follows_text = isinstance(model, LanguageModel) and recurrent_cell(model)
    following = [request.command("gradients")] if follows_text else []
    blocks += _neighbours(model)
    return ViewResult("", {}, blocks, following)


def _neighbours(model: Model) -> list[Table]:
    """Of some characters; none where there are too few."""
    vectors = character_vectors(model)
    read = np.flatnonzero(vectors.any(axis=1))  # a character that was never read in training has none
    if len(read) <= NEIGHBOURS:
        return []
    vectors = vectors[read] - vectors[read].mean(axis=0)
    vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    cosine = vectors @ vectors.T
    symbols, rows = [model.vocabulary.symbols[i] for i in read], []
    for i in np.unique(np.linspace(0, len(symbols) - 1, CHARACTERS).astype(int)):
        nearest = [j for j in np.argsort(-cosine[i], kind="stable") if j != i][:NEIGHBOURS]
        rows.append((symbols[i], with_numbers(((symbols[j], cosine[i, j]) for j in nearest), ".2f")))
    what = "embeddings" if model.config.embedding_size else "input weights"
    return [Table("Nearest neighbours of characters", ("character", f"nearest by the cosine of their {what}"), rows)]
