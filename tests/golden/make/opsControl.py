"""Operations of Keras on JAX that take functions. Writes ../opsControl.json. Needs keras 3.15.1, jax 0.10.2.

Usage: python opsControl.py     tests/parity/opsControl.test.ts has the same calls in TypeScript.
"""
import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
import jax
import keras
import numpy as np
from arrays import arr
from keras import ops
from opsNumbers import f

CASES = {
    "map": lambda x: ops.map(lambda row: ops.sum(ops.square(row)), x),
    "map_nested": lambda x: ops.map(lambda pair: pair[0] * pair[1], (x, x[:, :1])),
    "vectorized_map": lambda x: ops.vectorized_map(lambda row: ops.sin(row) * row, x),
    "cond_true": lambda x: ops.cond(ops.sum(x) < 9, lambda: x * 2, lambda: ops.sin(x)),
    "cond_false": lambda x: ops.cond(ops.sum(x) > 9, lambda: x * 2, lambda: ops.sin(x)),
    "switch": lambda x: ops.switch(ops.argmax(x[0]), [lambda v: v, lambda v: v * 2, lambda v: -v], x),
    "switch_beyond": lambda x: ops.switch(7, [lambda v: v, lambda v: v * 2, lambda v: v * v], x),
    "associative_scan": lambda x: ops.associative_scan(lambda a, b: a + b, x),
    "associative_scan_reverse": lambda x: ops.associative_scan(lambda a, b: a * b, x, reverse=True, axis=1),
    "jvp": lambda x: ops.jvp(lambda v: ops.sin(v) * ops.sum(v, axis=1, keepdims=True), (x,), (ops.cos(x),))[1],
    "jvp_results": lambda x: ops.jvp(lambda v, w: ops.matmul(v, ops.transpose(w)), (x, x[:2]), (x * 2, ops.sin(x[:2])))[1],
    "rearrange": lambda x: ops.rearrange(ops.concatenate([x, x], axis=1), "a (b c) -> c (a b)", b=2),
    # a recurrence h = a h + b, whose steps are pairs
    "associative_scan_pairs": lambda x: ops.associative_scan(lambda p, q: [p[0] * q[0], q[0] * p[1] + q[1]], [x, ops.cos(x)], axis=1)[1],
}

x = f(3, 5)
lines = []
for name, call in CASES.items():
    y = call(x)
    weights = np.cos(np.arange(y.size)).reshape(y.shape)
    gradient = jax.grad(lambda v: ops.sum(call(v) * weights))(jax.numpy.asarray(x))
    lines.append(json.dumps({"name": name, "output": arr(np.asarray(y)), "gradient": arr(np.asarray(gradient))}, separators=(",", ":")))
text = ",\n".join(lines)
(Path(__file__).parent.parent / "opsControl.json").write_text(
    f'{{"keras":"{keras.__version__}","x":{json.dumps(arr(x))},"cases":[\n{text}\n]}}\n'
)
print(len(lines), "cases")
