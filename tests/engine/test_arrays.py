"""Where arrays live: one flat vector of parameters with views, and a workspace whose memory is used again."""

import numpy as np
import pytest

from rnncli.engine.arrays import Parameters, Workspace

SHAPES: dict[str, tuple[int, ...]] = {"l1.W": (2, 3, 4), "l1.b": (3,), "l10.W": (5, 1), "out.b": ()}
SIZE = 24 + 3 + 5 + 1
FLOAT = np.dtype(np.float64)


def test_views_and_vector_are_the_same_memory() -> None:
    """In the order of the shapes, each C-contiguous, without gaps or overlap; a change of one is seen in the other."""
    parameters = Parameters(SHAPES, np.float64, np.arange(SIZE, dtype=float))
    assert {name: view.shape for name, view in parameters.items()} == SHAPES
    assert list(parameters) == list(SHAPES) and len(parameters) == len(SHAPES)
    assert np.concatenate([view.ravel() for view in parameters.values()]).tolist() == list(range(SIZE))
    parameters["l10.W"][2, 0] = -1
    assert parameters.flat[24 + 3 + 2] == -1
    parameters.flat[:] = 7
    assert all((view == 7).all() for view in parameters.values())


def test_a_given_vector_is_not_copied() -> None:
    flat = np.zeros(SIZE)
    Parameters(SHAPES, flat=flat)["l1.b"][1] = 3
    assert flat[25] == 3


@pytest.mark.parametrize("shape", [(SIZE - 1,), (SIZE + 1,), (SIZE, 1), (1, SIZE)])
def test_a_vector_of_the_wrong_size_is_refused(shape: tuple[int, ...]) -> None:
    """With both the number needed and the shape found in the message."""
    with pytest.raises(ValueError, match=rf"\b{SIZE}\b.*{shape[0]}"):
        Parameters(SHAPES, flat=np.zeros(shape))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_zeros_like(dtype: type[np.floating]) -> None:
    """The same names, shapes and dtype, zeros, in other memory."""
    parameters = Parameters(SHAPES, dtype)
    parameters.flat[:] = 2
    gradients = parameters.zeros_like()
    assert gradients.shapes == parameters.shapes and gradients.flat.dtype == dtype
    assert not gradients.flat.any() and not np.shares_memory(gradients.flat, parameters.flat)


def test_scope() -> None:
    """The views of one part by their short names; "l1" is not the beginning of "l10"."""
    parameters = Parameters(SHAPES)
    scope = parameters.scope("l1")
    assert list(scope) == ["W", "b"]
    scope.flat[...] = 3
    for name, values in parameters.items():
        assert (values == (3 if name.startswith("l1.") else 0)).all()
    assert np.shares_memory(scope["W"], parameters["l1.W"])
    assert parameters.scope("l1") is scope
    assert not parameters.scope("l")


def test_the_same_request_gets_the_same_memory() -> None:
    workspace = Workspace()
    assert workspace.array("a", (2, 3), FLOAT) is workspace.array("a", (2, 3), FLOAT)


@pytest.mark.parametrize("shapes", [[(5, 4), (3, 2)], [(3, 2), (5, 4)], [(3, 2), (2, 3), (6,)]], ids=str)
def test_every_size_is_a_part_of_the_largest(shapes: list[tuple[int, ...]]) -> None:
    """Once the largest was asked for, arrays of all sizes begin at its beginning and are contiguous."""
    workspace = Workspace()
    for shape in shapes:
        workspace.array("a", shape, FLOAT)
    arrays = [workspace.array("a", shape, FLOAT) for shape in shapes]
    assert [array.shape for array in arrays] == shapes
    assert all(array.flags.c_contiguous for array in arrays)
    assert len({array.ctypes.data for array in arrays}) == 1


def test_names_and_scopes_do_not_overlap() -> None:
    """Arrays of different names, and of the same name in different scopes, are different memory."""
    workspace = Workspace()
    one, two = workspace.scope("one"), workspace.scope("two")
    assert workspace.scope("one") is one
    arrays = [place.array(name, (3,), FLOAT) for place in (workspace, one, two, one.scope("two")) for name in "ab"]
    for k, array in enumerate(arrays):
        assert not any(np.shares_memory(array, other) for other in arrays[:k])


def test_another_dtype_gets_another_array() -> None:
    """Also when it alternates, and the shape stays."""
    workspace = Workspace()
    for dtype in (np.float32, np.float64, np.float32, np.int16):
        assert workspace.array("a", (2, 3), np.dtype(dtype)).dtype == dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_buffers_begin_at_a_cache_line(dtype: type[np.floating]) -> None:
    workspace = Workspace()
    for size in (1, 3, 1_000, 100_003):
        array = workspace.array(f"of {size}", (size,), np.dtype(dtype))
        assert array.shape == (size,) and array.dtype == dtype
        assert array.ctypes.data % 64 == 0
        array[...] = 1  # all of it is there
