"""keras.ops on JAX: results, gradients and configurations. Writes ../ops/<group>.json. Needs keras 3.15.1, jax 0.10.2.

Usage: python ops.py [group ...]     tests/parity/ops.test.ts makes the same calls.
"""
import json
import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
import jax
import jax.numpy as jnp
import keras
import numpy as np
from arrays import arr
from opsBlocks import blocks
from opsCases import elementwise
from opsCreation import creation
from opsIndexing import indexing
from opsLinalg import linalg
from opsPictures import pictures
from opsReductions import reductions
from opsTaking import taking

FOLDER = Path(__file__).parent.parent / "ops"


GROUPS = {
    "elementwise": elementwise,
    "reductions": reductions,
    "creation": creation,
    "indexing": indexing,
    "taking": taking,
    "blocks": blocks,
    "linalg": linalg,
    "pictures": pictures,
}

# where Keras's function has settings between its tensors, or what JSON has not
ARRANGED = {
    "average": lambda x, weights=None, axis=None: keras.ops.average(x, axis, weights),
    "get_item": lambda x, key: keras.ops.get_item(x, tuple(map(index_part, key))),
}


def index_part(part):
    """Part of a key as Python has it; JSON has slices as dictionaries."""
    if isinstance(part, dict):
        return slice(part.get("start"), part.get("stop"), part.get("step"))
    return Ellipsis if part == "..." else part


def function(name):
    if name in ARRANGED:
        return ARRANGED[name]
    found = keras.ops
    for part in name.split("."):
        found = getattr(found, part)
    return found


def is_array(x):
    return isinstance(x, (np.ndarray, np.generic))


def leaves(x):
    if is_array(x):
        return [x]
    return [leaf for part in x for leaf in leaves(part)] if isinstance(x, (list, tuple)) else []


def rebuilt(x, values):
    """x with its arrays replaced by the next ones of the iterator"""
    if is_array(x):
        return next(values)
    return type(x)(rebuilt(part, values) for part in x) if isinstance(x, (list, tuple)) else x


def plain(x):
    if is_array(x):
        return {"array": arr(x)}
    return [plain(part) for part in x] if isinstance(x, (list, tuple)) else x


def weighted(outputs):
    """A number that depends on all elements of the results, and on each differently."""
    total = 0.0
    for y in jax.tree_util.tree_leaves(outputs):
        if jnp.issubdtype(y.dtype, jnp.floating):
            total = total + jnp.sum(jnp.where(jnp.isfinite(y), y, 0) * jnp.cos(jnp.arange(y.size)).reshape(y.shape))
    return total


def case(name, args, settings, grad=True, symbolic=True, tolerance=None, eager=False):
    call = function(name)
    settings = {k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()}
    xs = leaves(args)
    tensors = [jnp.asarray(x) for x in xs]
    outputs = jax.tree_util.tree_leaves(call(*rebuilt(args, iter(tensors)), **settings))
    made = {"name": name, "args": plain(args), "settings": settings, "outputs": [arr(np.asarray(y)) for y in outputs]}
    floats = [i for i, x in enumerate(xs) if x.dtype == np.float32]
    if grad and not eager and floats and any(jnp.issubdtype(y.dtype, jnp.floating) for y in outputs):
        def f(*values):
            given = list(tensors)
            for i, value in zip(floats, values):
                given[i] = value
            return weighted(call(*rebuilt(args, iter(given)), **settings))
        made["gradients"] = [arr(np.asarray(g)) for g in jax.grad(f, tuple(range(len(floats))))(*[tensors[i] for i in floats])]
    if eager:
        made["eager"] = True
    elif symbolic and xs:
        symbols = [keras.KerasTensor(x.shape, str(x.dtype)) for x in xs]
        operation = keras.tree.flatten(call(*rebuilt(args, iter(symbols)), **settings))[0]._keras_history.operation
        config = {k: v for k, v in operation.get_config().items() if k != "name"}
        made["operation"] = {"module": type(operation).__module__, "className": type(operation).__name__, "config": config}
    if tolerance:
        made["tolerance"] = tolerance
    return made


def finite(x):
    """x with infinities as text, which JSON has not."""
    if isinstance(x, dict):
        return {k: finite(v) for k, v in x.items()}
    return str(x) if isinstance(x, float) and not np.isfinite(x) else x


def line(c):
    c["settings"] = finite(c["settings"])
    if "operation" in c:
        c["operation"]["config"] = finite(c["operation"]["config"])
    return json.dumps(c, separators=(",", ":"), ensure_ascii=False)


FOLDER.mkdir(exist_ok=True)
for group in sys.argv[1:] or GROUPS:
    lines = [line(case(*c[:3], **(c[3] if len(c) > 3 else {}))) for c in GROUPS[group]()]
    text = ",\n".join(lines)
    (FOLDER / f"{group}.json").write_text(f'{{"keras":"{keras.__version__}","cases":[\n{text}\n]}}\n')
    print(group, len(lines))
