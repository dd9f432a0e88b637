"""Golden values of layers from Python Keras on JAX: writes ../layers/<family>.json. Needs keras 3.15.1, jax 0.10.2.

Usage: KERAS_BACKEND=jax python layers.py [family …]     The cases are in layerCases.py.
"""
import copy
import hashlib
import json
import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
import jax
import jax.numpy as jnp
import keras
import numpy as np
from arrays import arr, num
from layerCases import FAMILIES

SEED = 1  # of set_random_seed before each layer is made


def initial(v):
    """The first content of a weight: a digest of its bytes, or the numbers where a QR factorization makes them."""
    a = np.ascontiguousarray(np.asarray(v.value))
    if v.name == "recurrent_kernel":
        return [num(x) for x in a.ravel()]
    return hashlib.sha256(a.tobytes()).hexdigest()


def drawn(spec, rs):
    if spec[0] == "int":
        return rs.randint(0, spec[2], spec[1]).astype("int32")
    return rs.standard_normal(spec).astype("float32")


def lengths_mask(lengths, steps):
    return np.arange(steps)[None, :] < np.array(lengths)[:, None]


def plain(o):
    return json.loads(json.dumps(o))


def record(number, case, cls, config, specs, options, training):
    rs = np.random.RandomState(100 + number)
    xs = [drawn(s, rs) for s in specs]
    single = len(xs) == 1
    keras.utils.clear_session()
    keras.utils.set_random_seed(SEED)
    layer = getattr(keras.layers, cls).from_config(copy.deepcopy(config))
    shapes = [a.shape for a in xs]
    separate = options.get("arguments", False)
    if separate:
        layer.build(*shapes)
    else:
        layer.build(shapes[0] if single else shapes)
    layer.built = True
    first = {v.path: initial(v) for v in layer.weights}
    for v in layer.weights:
        if v.dtype.startswith("float"):
            val = rs.standard_normal(v.shape).astype("float32") * np.float32(0.5)
            if "variance" in v.name:
                val = np.abs(val) + np.float32(0.5)
            v.assign(val)
    if hasattr(layer, "finalize_state"):
        layer.finalize_state()
    before = {v.path: arr(v.value) for v in layer.weights}
    tv = [v.value for v in layer.trainable_variables]
    ntv = [v.value for v in layer.non_trainable_variables]
    kwargs = dict(options.get("call", {}))
    extra = [rs.standard_normal(shape).astype("float32") for shape in options.get("states", [])]
    if extra:
        kwargs["initial_state"] = [jnp.asarray(a) for a in extra]
    if layer._call_has_training_arg:
        kwargs["training"] = training
    masks = None
    if "masks" in options:
        masks = [None if m is None else lengths_mask(m, x.shape[1]) for m, x in zip(options["masks"], xs)]
        if separate:
            for name, m in zip(("query_mask", "value_mask", "key_mask"), masks):
                if m is not None:
                    kwargs[name] = jnp.asarray(m)
        else:
            kwargs["mask"] = jnp.asarray(masks[0]) if single else [None if m is None else jnp.asarray(m) for m in masks]

    def run(tv, *xs):
        args = list(xs) if separate else [xs[0] if single else list(xs)]
        out, state = layer.stateless_call(tv, ntv, *args, **kwargs)
        outs = keras.tree.flatten(out)
        return outs, state

    isint = xs[0].dtype.kind == "i"
    floats = [] if isint else xs
    rest = xs if isint else []
    outs, vjp, state = jax.vjp(jax.jit(lambda tv, *f: run(tv, *f, *rest)), tv, *map(jnp.asarray, floats), has_aux=True)
    whole = all(np.asarray(o).dtype.kind == "f" for o in outs)
    dys = [rs.standard_normal(o.shape).astype("float32") for o in outs]
    rec = {
        "case": case, "class": cls, "args": config, "training": training,
        "inputs": [arr(a) for a in xs], "config": plain(layer.get_config()), "initial": first, "variables": before,
        "outputs": [arr(o) for o in outs], "output_gradients": [arr(d) for d in dys],
    }
    if "activity_regularizer" in config or cls == "ActivityRegularization":
        args = list(xs) if separate else [xs[0] if single else list(xs)]
        layer(*map(jnp.asarray, args), **kwargs)
        rec["losses"] = [num(loss) for loss in layer.losses]
    if separate:
        rec["arguments"] = options["arguments"][:len(xs)]
    if extra:
        rec["states"] = [arr(a) for a in extra]
    if options.get("call"):
        rec["call"] = options["call"]
    if masks is not None:
        rec["masks"] = [None if m is None else arr(m) for m in masks]
    if whole:
        g = vjp([jnp.asarray(d) for d in dys])
        rec["gradients"] = {v.path: arr(w) for v, w in zip(layer.trainable_variables, g[0])}
        rec["input_gradients"] = None if isint else [arr(a) for a in g[1:]]
    else:
        rec["gradients"] = {}
        rec["input_gradients"] = None
    if state:
        rec["updated"] = {v.path: arr(w) for v, w in zip(layer.non_trainable_variables, state)}
    if masks is not None and not separate:
        m = layer.compute_mask(xs[0] if single else xs, kwargs["mask"])
        m = list(m)[0] if isinstance(m, (list, tuple)) else m
        rec["output_mask"] = None if m is None else arr(m)
    return rec


out_folder = Path(__file__).parent.parent / "layers"
out_folder.mkdir(exist_ok=True)
for family in sys.argv[1:] or FAMILIES:
    cases = []
    for number, (case, cls, config, specs, options) in enumerate(FAMILIES[family]):
        for training in options.get("training", [False]):
            try:
                cases.append(record(number, case, cls, config, specs, options, training))
            except Exception as e:
                print("FAILED", family, case, type(e).__name__, str(e)[:300])
                raise
    head = json.dumps({"keras": keras.__version__, "jax": jax.__version__})
    lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
    (out_folder / f"{family}.json").write_text(f'{{"versions":{head},"cases":[\n{lines}\n]}}\n')
    print(family, len(cases), flush=True)
