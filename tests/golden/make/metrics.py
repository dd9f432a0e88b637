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
    if kind == "ids":
        return random.randint(0, 3, n).astype(np.int32), random.randint(0, 3, n).astype(np.int32)
    if kind == "embeddings":
        v = random.normal(size=(n, 4))
        return np.arange(n, dtype=np.int32) % 2, f32(v / np.linalg.norm(v, axis=1, keepdims=True))
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
FURTHER_METRICS = [
    *((c, {}, ["binary", "multi-label"]) for c in ("TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives")),
    ("FalsePositives", {"thresholds": [0.2, 0.7]}, ["binary"]),
    *((c, a, ["multi-label"]) for c in ("Precision", "Recall") for a in (
        {}, {"thresholds": 0.3, "name": "low"}, {"thresholds": [0.0, 0.5, 1.0]}, {"top_k": 2}, {"class_id": 1}, {"thresholds": [0.2, 0.6], "class_id": 2})),
    ("Precision", {}, ["binary rank 1"]),
    ("SensitivityAtSpecificity", {"specificity": 0.4}, ["binary"]),
    ("SpecificityAtSensitivity", {"sensitivity": 0.4, "num_thresholds": 10}, ["binary"]),
    ("PrecisionAtRecall", {"recall": 0.5, "class_id": 1}, ["multi-label"]),
    ("RecallAtPrecision", {"precision": 0.5, "num_thresholds": 1}, ["multi-label"]),
    *(("AUC", {"curve": c, "summation_method": m, "num_thresholds": 20}, ["binary"]) for c in ("ROC", "PR", "PRGAIN") for m in ("interpolation", "minoring", "majoring")),
    ("AUC", {}, ["binary", "multi-label", "binary rank 1"]),
    ("AUC", {"thresholds": [0.2, 0.5, 0.6]}, ["binary"]),
    ("AUC", {"multi_label": True, "num_labels": 4, "num_thresholds": 11}, ["multi-label"]),
    ("AUC", {"multi_label": True, "num_thresholds": 11, "curve": "PR"}, ["multi-label"]),
    ("AUC", {"from_logits": True}, ["binary logits"]),
    ("F1Score", {}, ["one-hot", "multi-label"]),
    *(("F1Score", {"average": a, "threshold": 0.4}, ["multi-label"]) for a in ("micro", "macro", "weighted")),
    ("FBetaScore", {"beta": 2.0, "average": "macro"}, ["one-hot"]),
    ("IoU", {"num_classes": 3, "target_class_ids": [0, 2]}, ["ids"]),
    ("IoU", {"num_classes": 6, "target_class_ids": [1, 2], "sparse_y_pred": False, "ignore_class": 1}, ["sparse"]),
    ("BinaryIoU", {"threshold": 0.4}, ["binary"]),
    ("MeanIoU", {"num_classes": 3}, ["ids"]),
    ("OneHotIoU", {"num_classes": 6, "target_class_ids": [0, 3]}, ["one-hot"]),
    ("OneHotMeanIoU", {"num_classes": 6}, ["one-hot"]),
    *(("R2Score", {"class_aggregation": a}, ["regression"]) for a in (None, "uniform_average", "variance_weighted_average")),
    ("R2Score", {"num_regressors": 2}, ["regression"]),
    ("PearsonCorrelation", {}, ["regression"]),
    ("ConcordanceCorrelation", {}, ["regression"]),
]
FURTHER_LOSSES = [
    ("BinaryFocalCrossentropy", {}, "multi-label"),
    ("BinaryFocalCrossentropy", {"apply_class_balancing": True, "from_logits": True, "label_smoothing": 0.1, "gamma": 1.5}, "binary logits"),
    ("CategoricalFocalCrossentropy", {}, "one-hot"),
    ("CategoricalFocalCrossentropy", {"from_logits": True, "label_smoothing": 0.1, "alpha": 0.4}, "one-hot logits"),
    ("Dice", {}, "multi-label"),
    ("Dice", {"axis": -1}, "multi-label"),
    ("Tversky", {"alpha": 0.3, "beta": 0.7}, "multi-label"),
    ("Tversky", {"axis": [1]}, "multi-label"),
    ("CategoricalGeneralizedCrossEntropy", {"q": 0.7}, "sparse"),
    ("Circle", {}, "embeddings"),
    ("Circle", {"gamma": 10.0, "margin": 0.2, "remove_diagonal": False}, "embeddings"),
]


def array(a):
    if a is None:
        return None
    a = np.asarray(a)
    return {"shape": list(a.shape), "dtype": str(a.dtype), "data": [float(f"{v:.9g}") for v in a.ravel()]}


def plain(config):
    return {k: float(v) if isinstance(v, np.floating) else v for k, v in config.items()}


metrics, losses = [], []
OLD = [(cls, args, kind) for cls, args, kinds in METRICS for kind in kinds]


def record_metric(cls, args, kind, weighted):
    keras.utils.clear_session()
    m = getattr(keras.metrics, cls)(**args)
    updates = []
    for n in (5, 8):
        t, p = data(kind, n)
        w = f32(random.uniform(0.2, 2, n)) if weighted else None
        if w is not None and (cls, args, kind) not in OLD:
            w = np.round(w * 4) / 4  # counts are exact
        if t is None:
            m.update_state(p, **({"sample_weight": w} if weighted else {}))
        else:
            m.update_state(t, p, sample_weight=w)
        updates.append({"y_true": array(t), "y_pred": array(p), "sample_weight": array(w), "result": np.asarray(m.result()).tolist()})
    metrics.append({
        "class": cls, "args": args, "kind": kind, "config": plain(m.get_config()), "updates": updates,
        "variables": [[v.name, np.asarray(v.value).tolist()] for v in m.variables],
    })


def record_loss(cls, args, kind):
    keras.utils.clear_session()
    loss = getattr(keras.losses, cls)(**args)
    t, p = data(kind, 5)
    w = f32(random.uniform(0.2, 2, 5))
    losses.append({"class": cls, "args": args, "kind": kind, "config": plain(loss.get_config()), "y_true": array(t), "y_pred": array(p),
                   "value": float(loss(t, p)), "sample_weight": array(w), "weighted_value": float(loss(t, p, sample_weight=w))})


# the order of the draws
for some, others in ((METRICS, LOSSES), (FURTHER_METRICS, FURTHER_LOSSES)):
    for cls, args, kinds in some:
        for kind in kinds:
            for weighted in [False, True] if kind != "values" or cls == "Mean" else [False]:
                record_metric(cls, args, kind, weighted)
    for cls, args, kind in others:
        record_loss(cls, args, kind)
out = {"versions": {"keras": keras.__version__}, "metrics": metrics, "losses": losses}
(Path(__file__).parent.parent / "metrics.json").write_text(json.dumps(out) + "\n")
