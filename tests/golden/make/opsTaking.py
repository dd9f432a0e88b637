"""Calls that take elements by index, inside and outside of the range: (name, arguments, settings by name, how they are tried)."""
import numpy as np
from opsNumbers import f, i


def taking():
    x, cube = f(3, 2), f(2, 3, 4, seed=1)
    outside = i(0, -1, -3, -4, 2, 3, 7, -(2**31), 2**31 - 1)
    kinds = [x, (x * 100).astype("int32"), np.arange(6, dtype="uint8").reshape(3, 2), np.arange(6, dtype="uint32").reshape(3, 2), x > 0]
    for values in kinds:
        yield "take", [values, outside], {"axis": 0}
        yield "take_along_axis", [values, np.stack([outside, outside[::-1]], 1)], {"axis": 0}
    yield "take", [x, i(0, -1, -6, -7, 6, 5)], {}
    yield "take", [cube, i(2, -1, 3, 0).reshape(2, 2)], {"axis": 1}
    yield "take", [cube, i(1, -4, 4, -5)], {"axis": -1}
    yield "take_along_axis", [x, i(0, -1, -6, -7, 6, 5)], {"axis": None}
    yield "take_along_axis", [cube, i(2, -1, 3, 0, -4, 1).reshape(2, 3, 1)], {"axis": -1}
    yield "take_along_axis", [cube, i(2, -1, 3, 0).reshape(1, 1, 4)], {"axis": 1}
    yield "take_along_axis", [cube[:1], i(2, -1, 3, 0, 0, 1, 1, -3).reshape(2, 1, 4)], {"axis": 1}
