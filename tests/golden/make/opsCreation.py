"""Calls that make tensors, matrices and products: (name, arguments, settings by name, how they are tried)."""
import numpy as np
from opsNumbers import f, f32, i


def creation():
    x, cube, whole = f(3, 4), f(2, 3, 4, seed=1), np.stack([i(4, -2, 0), i(4, 5, 1)])
    flags = np.array([[True, False], [True, True]])
    for name in ("array", "empty_like", "zeros_like", "ones_like"):
        skip = {"grad": False}
        yield name, [whole], {}, skip
        yield name, [x], {"dtype": "int32"}, skip
    yield "copy", [x], {}
    yield "full_like", [x, f32(2.5)], {}, {"grad": False}
    yield "full_like", [x, 3], {"dtype": "int32"}
    yield "identity", [3], {}
    yield "identity", [2], {"dtype": "int32"}
    yield "eye", [3], {}
    yield "eye", [3], {"M": 5, "k": 1, "dtype": "int32"}
    yield "eye", [3], {"M": 2, "k": -1}
    yield "tri", [3], {}
    yield "tri", [3], {"M": 4, "k": -1, "dtype": "int32"}
    yield "linspace", [f32(1), f32(4)], {"num": 7}
    yield "linspace", [f(3), f(3, seed=1)], {"num": 5, "endpoint": False, "axis": -1}
    yield "linspace", [f32(0), f32(7)], {"num": 4, "dtype": "int32"}
    yield "linspace", [f32(0), f32(7)], {"num": 1}
    yield "linspace", [f32(0), f32(7)], {"num": 8, "retstep": True}, {"symbolic": False}
    yield "logspace", [f32(0), f32(2)], {"num": 5}, {"tolerance": 1e-6}
    yield "logspace", [f(2), f(2, seed=1)], {"num": 4, "base": 2, "endpoint": False, "axis": 1}
    yield "geomspace", [f32(1), f32(100)], {"num": 5}, {"tolerance": 1e-6}
    yield "geomspace", [f32([-2, 1]), f32([-16, 5])], {"num": 4}
    for name in ("bartlett", "blackman", "hamming", "hanning"):
        for count in (1, 2, 7, 8):
            yield name, [count], {}
    yield "kaiser", [8], {"beta": 14}
    yield "kaiser", [5], {"beta": 2.5}
    for k in (-4, -1, 0, 2):
        yield "tril", [x], {"k": k}
        yield "triu", [cube], {"k": k}
        yield "diag", [f(4)], {"k": k}
        yield "diag", [f(5, 6)], {"k": k}
        yield "diagflat", [f(2, 2)], {"k": k}
    yield "tril", [whole], {}
    yield "triu", [flags], {}
    yield "diag", [np.array([True, True])], {"k": 1}
    yield "diagonal", [cube], {}
    yield "diagonal", [cube], {"offset": 1, "axis1": 1, "axis2": 2}
    yield "diagonal", [cube], {"offset": -1, "axis1": -1, "axis2": 0}
    yield "trace", [cube], {}
    yield "trace", [cube], {"offset": -1, "axis1": 1, "axis2": 2}
    yield "trace", [whole], {"offset": 1}
    yield "trace", [np.array([[1, 2], [3, 250]], "uint8")], {}
    yield "vander", [f(4)], {}
    yield "vander", [f(3)], {"N": 5, "increasing": True}
    yield "vander", [i(2, -3, 4)], {"N": 3}
    yield "dot", [f(3), f(3, seed=1)], {}
    yield "dot", [x, f(4, 2, seed=2)], {}
    yield "dot", [cube, f(2, 4, 3, seed=2)], {}
    yield "dot", [cube, f(4, seed=2)], {}
    yield "dot", [f32(2), x], {}
    yield "dot", [whole, i(1, 2, 3)], {}
    yield "inner", [cube, f(5, 4, seed=2)], {}
    yield "inner", [f(3), f(3, seed=1)], {}
    yield "inner", [x, f32(3)], {}
    yield "inner", [whole, whole], {}
    yield "vdot", [x, f(3, 4, seed=2)], {}
    yield "vdot", [whole, whole], {}
    yield "outer", [f(3), f(2, 2, seed=1)], {}
    yield "outer", [i(1, 2), f(3)], {}
    yield "kron", [f(2, 3), f(2, 2, seed=1)], {}
    yield "kron", [f(3), f(2, 2, seed=1)], {}
    yield "kron", [whole, i(1, -1)], {}
    yield "cross", [f(3), f(3, seed=1)], {}
    yield "cross", [f(4, 3), f(3, seed=1)], {}
    yield "cross", [f(4, 2), f(4, 3, seed=1)], {}
    yield "cross", [f(4, 2), f(4, 2, seed=1)], {}
    yield "cross", [f(3, 4), f(4, 3, seed=1)], {"axisa": 0, "axisb": -1, "axisc": 0}
    yield "cross", [f(3, 4), f(3, 4, seed=1)], {"axis": 0}
    yield "tensordot", [cube, f(3, 4, 2, seed=2)], {"axes": 2}
    yield "tensordot", [cube, f(4, 3, seed=2)], {"axes": [[1, 2], [1, 0]]}
