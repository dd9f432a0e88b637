"""How NumPy prints arrays: writes ../printing.json. Needs numpy 2."""
import json
from pathlib import Path

import numpy as np

random = np.random.RandomState(3)
f = np.float32
arrays = [
    f(0.1), f(-2.5), f(0), f(1e-7), f(3e10), np.array(7, np.int32), np.array(True),
    np.array([1, 2, 3], f), np.array([0.5, -1.25, 3], f), np.array([0.1, 100, 1e-5], f),
    np.array([1e8, 1], f), np.array([np.nan, 1.5, -np.inf], f), np.array([np.nan, np.inf], f),
    np.array([1e-20, np.nan, -3e5], f), np.array([-0.0, 0.0], f), np.array([1 / 3, 2 / 3], f),
    np.array([[1, 2], [3, 4]], np.int32), np.array([[True, False], [False, False]]),
    np.array([0, 4294967295], np.uint32), np.arange(40, dtype=np.uint8), np.zeros((0, 3), f),
    np.arange(24, dtype=f).reshape(2, 3, 4), random.randn(3, 12).astype(f),
    (random.randn(40) * 1e6).astype(f), random.rand(60, 28).astype(f), random.rand(2, 3, 200).astype(f),
    np.arange(2000, dtype=np.int32), (random.rand(28, 28) * 255).astype(np.uint8),
    np.array([0.001, 0.9], f), np.array([0.00123456789, 1.0], f), np.array([123456.79, 1234.5], f),
    np.array([1 / 512, 3 / 512, 0.5], f),
    np.array([16777216, 0.5e-3 * 16777216], f),
]
cases = []
for array in arrays:
    array = np.asarray(array)
    values = [repr(float(v)) if array.dtype == f else int(v) for v in array.ravel()]
    cases.append({"dtype": str(array.dtype), "shape": list(array.shape), "values": values, "text": str(array)})
(Path(__file__).parent.parent / "printing.json").write_text(json.dumps(cases) + "\n")
