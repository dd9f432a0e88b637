"""Calls that go by positions: (name, arguments, settings by name, how they are tried)."""
import numpy as np
from opsNumbers import f, f32, i

NO_GRAD = {"grad": False}


def indexing():
    x, cube, whole = f(3, 4), f(2, 3, 4, seed=1), np.stack([i(4, -2, 0), i(4, 5, 1)])
    flags = np.array([[True, False, True], [True, True, False]])
    yield "take_along_axis", [x, np.stack([i(1, 0, 3), i(3, 3, 3), i(-1, 2, 0)])], {"axis": 1}
    yield "take_along_axis", [x, i(2, 0, 1, 1).reshape(1, 4)], {"axis": 0}
    yield "take_along_axis", [x, i(7, -1, 3)], {}
    yield "take_along_axis", [cube, np.argsort(cube, 1).astype("int32")], {"axis": 1}
    yield "take_along_axis", [flags, i(1, 2).reshape(2, 1)], {"axis": -1}
    edges = f32([-1, -0.2, 0, 0, 0.5, 2])
    for side in ("left", "right"):
        yield "searchsorted", [edges, f32([[-3, -1, -0.5], [0, 0.5, 9]])], {"side": side}
        yield "searchsorted", [i(1, 3, 3, 7), i(0, 3, 8, 2)], {"side": side}
    yield "digitize", [f(3, 4), edges], {}
    yield "digitize", [f(6), edges[::-1].copy()], {}
    yield "digitize", [i(0, 2, 5), i(1, 2, 4)], {}
    yield "unravel_index", [i(0, 5, 11, 7)], {"shape": (3, 4)}
    yield "unravel_index", [np.stack([i(0, 23), i(6, 13)])], {"shape": (2, 3, 4)}
    for v in (whole, flags, f32([0, 1.5, 0, -2])):
        yield "nonzero", [v], {}, {"eager": True}
    yield "select", [[x > 0.5, x < 0], [x, x * 2]], {}
    yield "select", [[flags], [whole], f32(0.5)], {}
    yield "select", [[f(3, 1) > 0, f(4) > 0], [f(4, seed=1), f(3, 4, seed=2)], f32(-1)], {}
    yield "view", [f(2, 3)], {"dtype": "int32"}
    yield "view", [f(2, 3)], {"dtype": "uint8"}
    yield "view", [np.arange(250, 258).astype("uint8").reshape(1, 8)], {"dtype": "int32"}
    yield "view", [whole], {}
    yield "slice", [x, i(1, 2)], {"shape": (2, 2)}
    yield "slice", [cube, i(1, 1, -5)], {"shape": (1, 2, 4)}
    yield "slice", [x, i(9, -3)], {"shape": (2, 3)}
    yield "slice_update", [x, i(1, 2), f(2, 2, seed=3)], {}
    yield "slice_update", [cube, i(1, 0, 9), f(1, 3, 2, seed=3)], {}
    yield "slice_update", [whole, i(0, 1), i(8, 9).reshape(1, 2)], {}
    pairs = np.stack([i(0, 1), i(2, 3), i(0, 1), i(-1, 0)])
    yield "scatter", [pairs, f(4)], {"shape": (3, 4)}
    yield "scatter", [i(2, 0, 2).reshape(3, 1), f(3, 2)], {"shape": (4, 2)}
    yield "scatter", [i(2, 9, 1).reshape(3, 1), i(5, 6, 7)], {"shape": (4,)}
    for reduction in (None, "add", "max", "min", "mul"):
        skip = {"grad": reduction in (None, "add")}
        yield "scatter_update", [x, np.stack([i(0, 1), i(2, 3), i(-1, 0)]), f(3, seed=5)], {"reduction": reduction}, skip
        yield "scatter_update", [f(4, 2), i(2, 0, 9).reshape(3, 1), f(3, 2, seed=5)], {"reduction": reduction}, skip
    for reduction in ("add", "max", "min", "mul"):
        yield "scatter_update", [x, np.stack([i(0, 1), i(2, 3), i(0, 1), i(0, 1)]), f(4, seed=5)], {"reduction": reduction}, {"grad": reduction == "add"}
        yield "scatter_update", [whole, np.stack([i(0, 1), i(1, 2), i(0, 1)]), i(3, 4, 5)], {"reduction": reduction}
    ids = i(0, 2, 2, 0, 1, 5, 2)
    for name in ("segment_sum", "segment_max", "segment_min", "segment_prod"):
        yield name, [f(7), ids], {"num_segments": 4}, {"grad": name == "segment_sum"}
        yield name, [f(7, 2), np.sort(ids)], {"num_segments": 6, "sorted": True}, {"grad": name == "segment_sum"}
        yield name, [i(3, -1, 4, 1, -5, 9, 2), ids], {"num_segments": 4}
    yield "in_top_k", [i(2, 1, 0), f(3, 5)], {"k": 2}
    yield "in_top_k", [i(0, 1), f32([[1, 1, 2], [3, np.nan, 0]])], {"k": 2}
    yield "top_k", [x], {"k": 2}
    yield "top_k", [x], {"k": 3, "sorted": False}
    some = i(3, 1, 3, 0, 1)
    for extra in ({}, {"return_index": True, "return_inverse": True, "return_counts": True}, {"size": 5, "fill_value": -1}, {"size": 2}, {"size": 5, "return_counts": True}):
        yield "unique", [some], extra, {"eager": True}
    yield "unique", [np.stack([some, some, some + 1])], {"axis": 0, "return_inverse": True, "return_index": True}, {"eager": True}
    yield "unique", [whole], {"return_inverse": True}, {"eager": True}
    yield "unique", [f32([2, np.nan, 1, np.nan])], {}, {"eager": True}
    for key in ([0], [-1, "...", 2], [None, {}, None, 1], [{"start": 1}, {"stop": -1, "step": 2}], [{}, {"start": -1, "step": -1}, {"step": -2}], [{"start": 5}], ["...", {"start": 3, "stop": 0, "step": -1}]):
        yield "get_item", [cube, key], {}
