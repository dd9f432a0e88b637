"""Regularizers and constraints of Keras on JAX: writes ../penalties.json. Needs keras 3.15.1, jax 0.10.2.

Usage: python weights.py
"""
import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
import jax
import keras
import numpy as np

random = np.random.RandomState(7)
REGULARIZERS = [
    ("L1", {}), ("L1", {"l1": 0.3}), ("L2", {}), ("L2", {"l2": 0.25}), ("L1L2", {"l1": 0.1, "l2": 0.2}), ("L1L2", {}),
    ("OrthogonalRegularizer", {}), ("OrthogonalRegularizer", {"factor": 0.5, "mode": "columns"}),
]
CONSTRAINTS = [
    ("MaxNorm", {}), ("MaxNorm", {"max_value": 0.7, "axis": 1}), ("NonNeg", {}), ("UnitNorm", {}), ("UnitNorm", {"axis": [0, 1]}),
    ("MinMaxNorm", {}), ("MinMaxNorm", {"min_value": 0.5, "max_value": 0.9, "rate": 0.3, "axis": 1}),
]


def array(a):
    a = np.asarray(a, np.float32)
    return {"shape": list(a.shape), "dtype": "float32", "data": [float(f"{v:.9g}") for v in a.ravel()]}


w = random.normal(size=(3, 4)).astype(np.float32)
# a column of zeros has no direction
w[:, 2] = 0
full = random.normal(size=(3, 4)).astype(np.float32)
out = {"versions": {"keras": keras.__version__}, "w": array(w), "full": array(full), "regularizers": [], "constraints": []}
for cls, args in REGULARIZERS:
    r = getattr(keras.regularizers, cls)(**args)
    value, gradient = jax.value_and_grad(lambda v: r(v))(full)
    out["regularizers"].append({"class": cls, "args": args, "config": r.get_config(), "value": float(value), "gradient": array(gradient)})
for cls, args in CONSTRAINTS:
    c = getattr(keras.constraints, cls)(**args)
    out["constraints"].append({"class": cls, "args": args, "config": c.get_config(), "value": array(c(w))})
(Path(__file__).parent.parent / "penalties.json").write_text(json.dumps(out) + "\n")
