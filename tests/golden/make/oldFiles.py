"""Whole-model .h5 files: keras3.h5 as Keras 3 writes it, keras2.h5 the same model in the form of Keras 2 (TensorFlow 2.x).

    KERAS_BACKEND=jax python oldFiles.py        (Keras 3.15.1, JAX 0.10.2, h5py)

Keras 2 does not run beside Keras 3, so keras2.h5 is rewritten from keras3.h5 by Keras 2's rules: texts of fixed length, weights
called kernel:0, the shape of the input in `batch_input_shape`, calls as lists, no modules.
"""
import json
import os

os.environ["KERAS_BACKEND"] = "jax"

import h5py
import keras
import numpy as np
from keras import layers

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
keras.utils.set_random_seed(3)
inputs = keras.Input((6, 6, 1), name="input_1")
x = layers.Conv2D(2, 3, activation="relu", name="conv2d")(inputs)
x = layers.BatchNormalization(name="batch_normalization")(x)
a = layers.Flatten(name="flatten")(x)
b = layers.Dense(32, activation="tanh", name="dense")(a)
x = layers.Concatenate(name="concatenate")([a, b])
outputs = layers.Dense(2, activation="softmax", name="dense_1")(x)
model = keras.Model(inputs, outputs, name="model")
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
rng = np.random.default_rng(0)
xs = rng.random((8, 6, 6, 1), dtype="float32")
ys = np.arange(8) % 2
model.fit(xs, ys, verbose=0, epochs=2, shuffle=False)
path = os.path.join(HERE, "keras3.h5")
model.save(path)
predictions = model.predict(xs, verbose=0)
# Keras 3.15 itself loses the optimizer's state of functional .h5 models: what training goes on to is told by the model in memory
history = model.fit(xs, ys, verbose=0, epochs=2, shuffle=False).history


def old(value):
    """Keras 3's configuration in the words of Keras 2."""
    if isinstance(value, list):
        return [old(v) for v in value]
    if not isinstance(value, dict):
        return value
    if value.get("class_name") == "DTypePolicy":
        return value["config"]["name"]
    value = {k: old(v) for k, v in value.items() if k not in ("module", "registered_name", "build_config", "quantization_config")}
    if "batch_shape" in value:
        value["batch_input_shape"] = value.pop("batch_shape")
    if "inbound_nodes" in value:
        value["inbound_nodes"] = [
            [[*t["config"]["keras_history"], node["kwargs"]] for t in (node["args"][0] if isinstance(node["args"][0], list) else node["args"])]
            for node in value["inbound_nodes"]
        ]
    if value.get("class_name") == "BatchNormalization":
        value["config"]["axis"] = [3]
    return value


with h5py.File(path) as new, h5py.File(os.path.join(HERE, "keras2.h5"), "w") as f:
    config = old(json.loads(new.attrs["model_config"]))
    for key in ("input_layers", "output_layers"):
        places = config["config"][key]
        config["config"][key] = [places] if isinstance(places[0], str) else places
    f.attrs["keras_version"] = b"2.15.0"
    f.attrs["backend"] = b"tensorflow"
    f.attrs["model_config"] = json.dumps(config).encode()
    f.attrs["training_config"] = json.dumps({
        "loss": "sparse_categorical_crossentropy",
        "metrics": [[{"class_name": "MeanMetricWrapper", "config": {"name": "accuracy", "dtype": "float32", "fn": "sparse_categorical_accuracy"}}]],
        "weighted_metrics": None,
        "loss_weights": None,
        "optimizer_config": {"class_name": "Adam", "config": {"name": "Adam", "learning_rate": 0.001, "decay": 0.0, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-07, "amsgrad": False}},
    }).encode()
    group = f.create_group("model_weights")
    names = list(new["model_weights"].attrs["layer_names"])
    group.attrs["layer_names"] = np.array([n.encode() for n in names])
    for name in names:
        layer = new["model_weights"][name]
        weights = list(layer.attrs["weight_names"])
        target = group.create_group(name)
        target.attrs["weight_names"] = np.array([f"{name}/{w.split('/')[-1]}:0".encode() for w in weights], dtype="S40")
        for w in weights:
            target[f"{name}/{w.split('/')[-1]}:0"] = layer[w][()]

with open(os.path.join(HERE, "oldFiles.json"), "w") as f:
    json.dump({"versions": {"keras": keras.__version__}, "x": [float(v) for v in xs.ravel()], "predictions": [float(v) for v in predictions.ravel()],
               "loss_going_on": [float(v) for v in history["loss"]]}, f)
