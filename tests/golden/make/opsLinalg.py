"""Calls of linear algebra: (name, arguments, settings by name, how they are tried)."""
import numpy as np
from opsNumbers import INF, f, f32


def linalg():
    near = {"tolerance": 5e-6}
    a, batch = f(4, 4) + 3 * np.eye(4, dtype=f32), f(2, 3, 3, seed=1)
    definite = (a @ a.T).round(2).astype(f32)
    definites = np.stack([definite, np.eye(4, dtype=f32) * 2])
    for upper in (False, True):
        yield "cholesky", [definite], {"upper": upper}, near
        factor = np.linalg.cholesky(definite).astype(f32)
        yield "cholesky_inverse", [factor.T.copy() if upper else factor], {"upper": upper}, near
    yield "cholesky", [definites], {}, near
    for x in (f(1, 1), f(2, 2), a, f(6, 6, seed=2)):
        for name in ("det", "inv", "slogdet", "logdet"):
            yield name, [x], {}, near
        yield "lu_factor", [x], {}, near
    for name in ("det", "inv", "slogdet"):
        yield name, [batch], {}, near
    yield "lu_factor", [batch], {}, near
    yield "solve", [a, f(4, seed=3)], {}, near
    yield "solve", [a, f(4, 3, seed=3)], {}, near
    yield "solve", [batch, f(2, 3, 2, seed=3)], {}, near
    for lower in (False, True):
        yield "solve_triangular", [a, f(4, 2, seed=3)], {"lower": lower}, near
        yield "solve_triangular", [a, f(4, seed=3)], {"lower": lower}, near
    for shape in ((4, 4), (5, 3), (2, 4, 3)):
        yield "qr", [f(*shape, seed=4)], {}, near
    yield "qr", [f(3, 5, seed=4)], {}, {"grad": False, **near}
    yield "qr", [f(5, 3, seed=4)], {"mode": "complete"}, {"grad": False, **near}
    yield "qr", [np.triu(f(3, 3))], {}, {"grad": False, **near}
    x = f(3, 4)
    yield "norm", [x], {}
    yield "norm", [f(2, 3, 4)], {"keepdims": True}
    for order in (None, 0, 1, 2, 3, INF, -INF, -1, 2.5):
        yield "norm", [f(2, 3, 4)], {"ord": order, "axis": 1}
    for order in (None, "fro", 1, -1, INF, -INF):
        yield "norm", [f(2, 3, 4)], {"ord": order, "axis": [2, 0]}
        yield "norm", [x], {"ord": order, "keepdims": True}
    yield "cdist", [f(3, 4), f(5, 4, seed=1)], {}
    yield "cdist", [f(2, 3, 4), f(5, 4, seed=1)], {}
