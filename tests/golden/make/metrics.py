"""Metrics and losses of Keras on JAX: writes ../metrics.json. Needs keras 3.15.1, jax 0.10.2.

Usage: python metrics.py
"""
import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
import keras
import numpy as np

random = np.random.RandomState(11)
f32 = lambda a: np.asarray(a, np.float32)


def probabilities(n, classes):
    e = np.exp(random.normal(size=(n, classes)))
    return f32(e / e.sum(1, keepdims=True))


def data(kind, n):
    """Labels and predictions of n samples."""
    if kind == "sparse":
        return random.randint(0, 6, n).astype(np.int32), probabilities(n, 6)
    if kind == "sparse column":
        return random.randint(0, 6, (n, 1)).astype(np.int32), probabilities(n, 6)
    if kind == "logits":
        return random.randint(0, 6, n).astype(np.int32), f32(random.normal(size=(n, 6)))
    if kind == "one-hot":
        return np.eye(6, dtype=np.float32)[random.randint(0, 6, n)], probabilities(n, 6)
    if kind == "one-hot logits":
        return np.eye(6, dtype=np.float32)[random.randint(0, 6, n)], f32(random.normal(size=(n, 6)))
    if kind == "binary":
        return random.randint(0, 2, (n, 1)).astype(np.float32), f32(random.uniform(size=(n, 1)))
    if kind == "binary rank 1":
        return random.randint(0, 2, n).astype(np.float32), f32(random.uniform(size=(n, 1)))
    if kind == "multi-label":
        return random.randint(0, 2, (n, 4)).astype(np.float32), f32(random.uniform(size=(n, 4)))
    if kind == "binary logits":
        return random.randint(0, 2, (n, 3)).astype(np.float32), f32(random.normal(size=(n, 3)))
    if kind == "signs":
        return f32(random.choice([-1, 1], (n, 3))), f32(random.normal(size=(n, 3)))
    if kind == "distributions":
        return probabilities(n, 4), probabilities(n, 4)
    if kind == "positive":
        return f32(random.uniform(0, 4, (n, 3))), f32(random.uniform(0.1, 4, (n, 3)))
    if kind == "integers":
        return random.randint(0, 3, (n, 2)).astype(np.float32), random.randint(0, 3, (n, 2)).astype(np.float32)
    if kind == "values":
        return None, f32(random.normal(size=n))
    return f32(random.normal(size=(n, 3))), f32(random.normal(size=(n, 3)))


# class, arguments, kinds of data
METRICS = [
    ("Accuracy", {}, ["integers"]),
    ("BinaryAccuracy", {}, ["binary", "multi-label", "binary rank 1"]),
    ("BinaryAccuracy", {"threshold": 0.3, "name": "low"}, ["binary"]),
    ("CategoricalAccuracy", {}, ["one-hot"]),
    ("SparseCategoricalAccuracy", {}, ["sparse", "sparse column"]),
    ("TopKCategoricalAccuracy", {"k": 2}, ["one-hot"]),
    ("SparseTopKCategoricalAccuracy", {"k": 3}, ["sparse"]),
    ("Mean", {}, ["values"]),
    ("Sum", {}, ["values"]),
    ("MeanSquaredError", {}, ["regression"]),
    ("RootMeanSquaredError", {}, ["regression"]),
    ("MeanAbsoluteError", {"name": "distance"}, ["regression"]),
    ("MeanAbsolutePercentageError", {}, ["positive"]),
    ("MeanSquaredLogarithmicError", {}, ["positive"]),
    ("LogCoshError", {}, ["regression"]),
    ("KLDivergence", {}, ["distributions"]),
    ("Poisson", {}, ["positive"]),
    ("Hinge", {}, ["signs", "multi-label"]),
    ("SquaredHinge", {}, ["signs"]),
    ("CategoricalHinge", {}, ["one-hot"]),
    ("CosineSimilarity", {}, ["regression"]),
    ("BinaryCrossentropy", {}, ["multi-label"]),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, ["binary logits"]),
    ("CategoricalCrossentropy", {}, ["one-hot"]),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.2}, ["one-hot logits"]),
    ("SparseCategoricalCrossentropy", {}, ["sparse"]),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, ["logits"]),
]
LOSSES = [
    ("SparseCategoricalCrossentropy", {"from_logits": True}, "logits"),
    ("CategoricalCrossentropy", {"label_smoothing": 0.1, "reduction": "sum"}, "one-hot"),
    ("BinaryCrossentropy", {"from_logits": True}, "binary logits"),
    ("MeanSquaredError", {}, "regression"),
    ("MeanAbsoluteError", {"reduction": "mean_with_sample_weight"}, "regression"),
    ("MeanAbsolutePercentageError", {}, "positive"),
    ("MeanSquaredLogarithmicError", {}, "positive"),
    ("Huber", {"delta": 0.5}, "regression"),
    ("LogCosh", {}, "regression"),
    ("KLDivergence", {}, "distributions"),
    ("Poisson", {"name": "counts"}, "positive"),
    ("Hinge", {}, "signs"),
    ("SquaredHinge", {}, "multi-label"),
    ("CategoricalHinge", {}, "one-hot"),
    ("CosineSimilarity", {"axis": -1}, "regression"),
]


def array(a):
    if a is None:
        return None
    a = np.asarray(a)
    return {"shape": list(a.shape), "dtype": str(a.dtype), "data": [float(f"{v:.9g}") for v in a.ravel()]}


def plain(config):
    return {k: float(v) if isinstance(v, np.floating) else v for k, v in config.items()}


metrics = []
for cls, args, kinds in METRICS:
    for kind in kinds:
        for weighted in [False, True] if kind != "values" or cls == "Mean" else [False]:
            keras.utils.clear_session()
            m = getattr(keras.metrics, cls)(**args)
            updates = []
            for n in (5, 8):
                t, p = data(kind, n)
                w = f32(random.uniform(0.2, 2, n)) if weighted else None
                if t is None:
                    m.update_state(p, **({"sample_weight": w} if weighted else {}))
                else:
                    m.update_state(t, p, sample_weight=w)
                updates.append({"y_true": array(t), "y_pred": array(p), "sample_weight": array(w), "result": float(m.result())})
            metrics.append({
                "class": cls, "args": args, "kind": kind, "config": plain(m.get_config()), "updates": updates,
                "variables": [[v.name, np.asarray(v.value).tolist()] for v in m.variables],
            })
losses = []
for cls, args, kind in LOSSES:
    keras.utils.clear_session()
    loss = getattr(keras.losses, cls)(**args)
    t, p = data(kind, 5)
    w = f32(random.uniform(0.2, 2, 5))
    losses.append({"class": cls, "args": args, "kind": kind, "config": plain(loss.get_config()), "y_true": array(t), "y_pred": array(p),
                   "value": float(loss(t, p)), "sample_weight": array(w), "weighted_value": float(loss(t, p, sample_weight=w))})
out = {"versions": {"keras": keras.__version__}, "metrics": metrics, "losses": losses}
(Path(__file__).parent.parent / "metrics.json").write_text(json.dumps(out) + "\n")
