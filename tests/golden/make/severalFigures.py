"""Metrics that give several figures, in all that shows figures: writes ../severalFigures.json (keras 3.15.1, jax 0.10.2).

Usage: python severalFigures.py
"""
import contextlib
import io
import json
import os
import re
import tempfile
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
import keras
import numpy as np
from arrays import arr

random = np.random.RandomState(3)
x = random.uniform(size=(48, 4)).astype("float32")
y = np.eye(3, dtype="float32")[random.randint(0, 3, 48)]
kernel = random.normal(size=(4, 3)).astype("float32")


def made():
    keras.utils.clear_session()
    dense = keras.layers.Dense(3, activation="softmax")
    model = keras.Sequential([keras.Input((4,)), dense])
    dense.set_weights([kernel, np.zeros(3, "float32")])
    model.compile(keras.optimizers.SGD(0.05), "categorical_crossentropy", metrics=[
        keras.metrics.F1Score(average=None), keras.metrics.Precision(thresholds=[0.3, 0.6]), keras.metrics.R2Score(class_aggregation=None)])
    return model


def plain(v):
    if isinstance(v, dict):
        return {k: plain(w) for k, w in v.items()}
    if isinstance(v, (list, tuple)):
        return [plain(w) for w in v]
    return np.asarray(v).tolist()


def shown(text):
    """What is said of figures in each line or state of the bar."""
    return [part for part in re.findall(r"/step((?: - \w+: [-+.\de]+)+)", text)]


out = {"versions": {"keras": keras.__version__}, "x": arr(x), "y": arr(y), "kernel": arr(kernel)}
model = made()
path = os.path.join(tempfile.mkdtemp(), "log.csv")
printed = io.StringIO()
with contextlib.redirect_stdout(printed):
    history = model.fit(x, y, epochs=2, batch_size=8, verbose=2, shuffle=False, validation_split=0.25, callbacks=[keras.callbacks.CSVLogger(path)])
out["history"] = plain(history.history)
out["csv"] = Path(path).read_bytes().decode()
out["lines"] = shown(printed.getvalue())
printed = io.StringIO()
with contextlib.redirect_stdout(printed):
    out["evaluate"] = plain(model.evaluate(x, y, verbose=1))
out["bar"] = shown(printed.getvalue())[-1:]
out["evaluate_dict"] = plain(model.evaluate(x, y, verbose=0, return_dict=True))
out["test_on_batch"] = plain(model.test_on_batch(x, y))
out["train_on_batch"] = plain(model.train_on_batch(x, y, return_dict=True))
for name, make in {
    "EarlyStopping": lambda: keras.callbacks.EarlyStopping("f1_score", mode="max"),
    "ReduceLROnPlateau": lambda: keras.callbacks.ReduceLROnPlateau("f1_score", mode="max"),
    "ModelCheckpoint": lambda: keras.callbacks.ModelCheckpoint(os.path.join(tempfile.mkdtemp(), "m.keras"), "f1_score", mode="max", save_best_only=True),
}.items():
    try:
        made().fit(x, y, epochs=2, verbose=0, callbacks=[make()])
        out.setdefault("throws", {})[name] = False
    except ValueError:
        out.setdefault("throws", {})[name] = True
(Path(__file__).parent.parent / "severalFigures.json").write_text(json.dumps(out) + "\n")
