"""The half of `npm run interop` that runs in Python.

python keras_side.py make FOLDER [PART]: a trained file for each case (with PART in its name), with what it predicts and trains on to.
python keras_side.py check FOLDER: the files that Keratin has written predict the same and train on the same.
"""
import json
import os
import sys
import warnings

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")
warnings.filterwarnings("ignore", message="(?s).*mask attached to it.*")

import keras
import numpy as np
from cases import CASES, Case, Subclassed, data, on

TOLERANCE = 1e-5


def plain(structure):
    """Arrays as JSON, in their structure."""
    return keras.tree.map_structure(
        lambda a: {"shape": list(np.shape(a)), "dtype": str(np.asarray(a).dtype), "data": np.ravel(a).tolist()}, structure)


def arrays(structure):
    """What `plain` was given."""
    if isinstance(structure, list):
        return [arrays(part) for part in structure]
    if "data" in structure and "shape" in structure:
        return np.asarray(structure["data"], structure["dtype"]).reshape(structure["shape"])
    return {key: arrays(part) for key, part in structure.items()}


def flat(structure):
    return [[float(v) for v in np.ravel(a)] for a in keras.tree.flatten(structure)]


def steps(model, x, y):
    """The losses (and metrics) of five training steps."""
    logs = [model.train_on_batch(x, y, return_dict=True) for _ in range(5)]
    return [{name: np.ravel(value).tolist() for name, value in log.items()} for log in logs]


def difference(found, expected):
    """The largest, relative to numbers above 1."""
    found, expected = np.ravel(found), np.ravel(expected)
    if found.shape != expected.shape:
        return float("inf")
    return float(np.max(np.abs(found - expected) / np.maximum(1, np.abs(expected)), initial=0))


def largest(found, expected, what):
    """The largest difference of two records, and where it is."""
    if isinstance(expected, dict):
        if set(found) != set(expected):
            return float("inf"), f"{what}: {sorted(found)} instead of {sorted(expected)}"
        return max(largest(found[k], expected[k], f"{what} {k}") for k in expected)
    if expected and isinstance(expected[0], (list, dict)):
        return max(largest(f, e, what) for f, e in zip(found, expected, strict=True))
    return difference(found, expected), what


def made(case):
    keras.utils.set_random_seed(1)
    model = case.build()
    of = lambda value: value() if callable(value) else value
    model.compile(case.optimizer(), of(case.loss), metrics=of(case.metrics))
    return model


def make(folder, part=""):
    index = {}
    for name, case in CASES.items():
        if part not in name:
            continue
        model = made(case)
        x, y = data(case, model)
        steps(model, x, y)
        path = os.path.join(folder, f"{name}.keras")
        model.save(path)
        # random streams start anew in a model that was loaded
        model = keras.models.load_model(path) if case.random else model
        record = {"x": plain(x), "y": plain(y), "predictions": flat(model.predict_on_batch(x)), "next": steps(model, x, y)}
        if case.random:
            path = os.path.join(folder, f"{name}.further.keras")
            model.save(path)
            model = keras.models.load_model(path)
        index[name] = {**record, "later": flat(model.predict_on_batch(x)), "further": steps(model, x, y)}
    with open(os.path.join(folder, "index.json"), "w") as file:
        json.dump(index, file)
    make_weights(folder)
    print(f"Keras {keras.__version__} has written {len(index)} models and the weights of a subclass.", flush=True)


def subclassed(x):
    keras.utils.set_random_seed(1)
    model = Subclassed()
    model(x)
    model.compile(keras.optimizers.SGD(0.01), "mse")
    return model


def make_weights(folder):
    x, y = data(Case(None), on((6,)))
    model = subclassed(x)
    steps(model, x, y)
    model.save_weights(os.path.join(folder, "subclassed.weights.h5"))
    record = {"x": plain(x), "y": plain(y), "predictions": flat(model.predict_on_batch(x)), "next": steps(model, x, y)}
    record = {**record, "later": flat(model.predict_on_batch(x)), "further": steps(model, x, y)}
    with open(os.path.join(folder, "subclassed.json"), "w") as file:
        json.dump(record, file)


def check(folder):
    """index.json: the cases of above, that Keratin has loaded, trained and saved; born.json: models that Keratin has made."""
    records = {}
    for file in ("index.json", "born.json"):
        with open(os.path.join(folder, file)) as opened:
            records.update(json.load(opened))
    with open(os.path.join(folder, "subclassed.json")) as opened:
        records["subclassed"] = json.load(opened)
    failed = []
    for name, case in records.items():
        try:
            x, y = arrays(case["x"]), arrays(case["y"])
            if name == "subclassed":
                model = subclassed(x)
                model.load_weights(os.path.join(folder, f"{name}.back.weights.h5"))
            else:
                model = keras.models.load_model(os.path.join(folder, f"{name}.back.keras"))
            worst, where = max(
                largest(flat(model.predict_on_batch(x)), case["later"], "predictions"),
                largest(steps(model, x, y), case["further"], "the next 5 steps'"),
            )
            if not worst < TOLERANCE:
                failed.append(f"{name}: {where} differ by {worst:.1e}")
        except Exception as error:
            failed.append(f"{name}: {type(error).__name__}: {str(error)[:400]}")
    print(f"Keratin → Keras: {len(records) - len(failed)} of {len(records)} agree within {TOLERANCE:.0e}.")
    for line in failed:
        print(f"  {line}")
    sys.exit(bool(failed))


{"make": make, "check": check}[sys.argv[1]](*sys.argv[2:])
