"""Calls of reductions and statistics: (name, arguments, settings by name, how they are tried)."""
import numpy as np
from opsNumbers import INF, NAN, f, f32, i

U8 = np.array([[1, 200, 255], [16, 0, 3]], "uint8")
BOOL = np.array([[True, False, True], [True, True, True]])
NO_GRAD = {"grad": False}


def reductions():
    x, cube = f(3, 4), f(2, 3, 4, seed=1)
    gaps = np.where(f(3, 5, seed=2) > 0.5, f32(NAN), f(3, 5, seed=3))
    gaps[1] = NAN
    whole = np.stack([i(4, -2, 0, 7), i(4, 4, -5, 1)])
    for name in ("sum", "prod", "mean", "max", "min", "amax", "amin", "std", "var", "ptp", "median", "logsumexp"):
        yield name, [x], {}
        yield name, [cube], {"axis": 1}
        yield name, [cube], {"axis": [0, -1], "keepdims": True}
        if name != "logsumexp":
            yield name, [whole], {"axis": 0}
            yield name, [U8], {"axis": -1, "keepdims": True}
    for name in ("all", "any"):
        yield name, [BOOL], {"axis": 0}
        yield name, [x], {"keepdims": True}
    for name in ("argmax", "argmin"):
        yield name, [x], {}
        yield name, [cube], {"axis": 1, "keepdims": True}
        yield name, [whole], {"keepdims": True}
    for name in ("nansum", "nanprod", "nanmean", "nanmax", "nanmin", "nanstd", "nanvar", "nanmedian"):
        yield name, [gaps[[0, 2]]], {}
        yield name, [gaps], {"axis": 1}, NO_GRAD
        yield name, [gaps[[0, 2]]], {"axis": [1], "keepdims": True}
        yield name, [whole], {"axis": 0}
    for name in ("nanargmax", "nanargmin"):
        yield name, [gaps], {"axis": 1}
        yield name, [gaps[0]], {"keepdims": True}
        yield name, [whole], {"axis": 0}
    yield "prod", [whole], {"dtype": "float32"}
    for name in ("cumsum", "cumprod", "nancumsum", "nancumprod"):
        values = gaps[[0, 2]] if name.startswith("nan") else x
        yield name, [values], {}
        yield name, [values], {"axis": -1}
        yield name, [values], {"axis": 0}
        yield name, [whole], {"axis": 1}
        yield name, [BOOL], {"axis": 1}
        yield name, [U8], {"axis": 0, "dtype": "int32"}
    yield "cumprod", [f32([3, 0, 2, 0, -1, 4, 5])], {"axis": 0}
    yield "count_nonzero", [whole], {}
    yield "count_nonzero", [gaps], {"axis": 1}
    yield "average", [x], {"axis": 1}
    yield "average", [x, np.abs(f(3, 4, seed=4))], {}
    yield "average", [x, f32([1, 2, 0.5, 3])], {"axis": -1}
    yield "average", [whole], {}
    yield "average", [cube, f32([1, 2, 4])], {"axis": 1}
    for name in ("quantile", "nanquantile", "percentile", "nanpercentile"):
        scale = f32(100 if "percentile" in name else 1)
        for method in ("linear", "lower", "higher", "midpoint", "nearest"):
            yield name, [gaps[[0, 2]] if "nan" in name else cube, f32(0.3) * scale], {"axis": 1, "method": method}
        yield name, [cube, f32([0, 0.5, 0.9, 1]) * scale], {"axis": [0, 2], "keepdims": True}
        yield name, [x, f32(0.25) * scale], {}
        yield name, [whole, f32([0.25, 0.5]) * scale], {"axis": 1}
    yield "quantile", [gaps, f32(0.5)], {"axis": 1}, NO_GRAD
    yield "quantile", [f32([-INF, 1, 2, INF]), f32([0, 0.5, 1])], {"method": "nearest"}, NO_GRAD
    yield "nanquantile", [gaps, f32(0.5)], {"axis": 1}, NO_GRAD
    yield "max", [x], {"axis": 0, "initial": 0.5}
    yield "min", [whole], {"initial": -7}
    yield "median", [f32([[1, NAN, 3], [5, 4, 9]])], {"axis": 1}, NO_GRAD
    yield "histogram", [f(20, seed=5)], {}, NO_GRAD
    yield "histogram", [f(20, seed=5)], {"bins": 4, "range": (-1, 1)}, NO_GRAD
    yield "histogram", [i(1, 2, 2, 3, 3, 3)], {"bins": 3}, NO_GRAD
    yield "histogram", [f32([2, 2, 2])], {"bins": 3}, NO_GRAD
    yield "bincount", [i(1, 2, 2, 5)], {}, {"eager": True}
    yield "bincount", [i(1, 2, 2, 5)], {"weights": None, "minlength": 8}, {"eager": True}
    yield "bincount", [np.stack([i(0, 2, 1), i(2, 2, 0)]), f(2, 3)], {}, {"eager": True}
    yield "corrcoef", [f(3, 6, seed=6)], {}, NO_GRAD
    yield "corrcoef", [f(6, seed=6)], {}, NO_GRAD
    for mode in ("valid", "same", "full"):
        for n, m in ((6, 3), (6, 4), (3, 6), (4, 7), (5, 5)):
            yield "correlate", [f(n, seed=7), f(m, seed=8)], {"mode": mode}
    yield "trapezoid", [x], {}
    yield "trapezoid", [x], {"dx": 0.5, "axis": 0}
    for kth in (0, 2, -1):
        yield "argpartition", [f(2, 6, seed=9)], {"kth": kth}
    yield "argpartition", [i(3, 1, 2, 1)], {"kth": 1, "axis": None}
    for name in ("sort", "argsort"):
        yield name, [cube], {"axis": 1}
        yield name, [whole], {}
        yield name, [x], {"axis": None}
    yield "sort", [f32([3, NAN, -1, INF])], {}, NO_GRAD
    yield "swish", [x], {}
    yield "hard_swish", [x * 4], {}
