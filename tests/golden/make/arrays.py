"""Numbers and arrays as the golden files have them."""
import numpy as np


def num(v):
    v = np.float32(v)
    return float(str(v)) if np.isfinite(v) else str(v)


def arr(a):
    a = np.asarray(a)
    if a.dtype.kind in "iub":
        return {"shape": list(a.shape), "dtype": str(a.dtype), "data": [int(v) for v in a.ravel()]}
    return {"shape": list(a.shape), "dtype": "float32", "data": [num(v) for v in a.astype("float32").ravel()]}
