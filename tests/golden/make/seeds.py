"""The practical's models on Keras with JAX from other seeds: writes ../seeds.json. Needs keras 3.15.1, jax 0.10.2.

Usage: KERAS_BACKEND=jax python seeds.py <folder with MNIST's IDX files>
"""
import gzip
import hashlib
import json
import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
import keras
import numpy as np
from keras import layers

SEEDS = [0, 2026, 4294967295]


def idx(stem, header):
    plain = Path(sys.argv[1]) / stem
    raw = plain.read_bytes() if plain.exists() else gzip.decompress((Path(sys.argv[1]) / (stem + ".gz")).read_bytes())
    return np.frombuffer(raw, np.uint8, offset=header)


def mnist(part):
    x = idx(f"{part}-images-idx3-ubyte", 16).reshape(-1, 28, 28)
    return (x / 255).astype("float32"), idx(f"{part}-labels-idx1-ubyte", 8)


relu = lambda units: layers.Dense(units, activation="relu")
softmax = lambda: layers.Dense(10, activation="softmax")
MODELS = {
    "multinom": lambda: [keras.Input((28, 28)), layers.Flatten(), softmax()],
    "ffnn": lambda: [keras.Input((28, 28)), layers.Flatten(), relu(64), softmax()],
    "dffnn": lambda: [keras.Input((28, 28)), layers.Flatten(), relu(128), relu(64), softmax()],
    "cnn": lambda: [keras.Input((28, 28, 1)), layers.Conv2D(6, (5, 5)), layers.MaxPooling2D((4, 4)), layers.Flatten(),
                    relu(32), softmax()],
    "cnn_2": lambda: [keras.Input((28, 28, 1)), layers.Conv2D(6, (3, 3)), layers.MaxPooling2D((2, 2)),
                      layers.Conv2D(12, (3, 3)), layers.MaxPooling2D((2, 2)), layers.Flatten(), layers.Dropout(0.2),
                      relu(32), softmax()],
}


class Steps(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.losses = []

    def on_train_batch_end(self, batch, logs=None):
        if len(self.losses) < 20:
            self.losses.append(float(logs["loss"]))


x, y = mnist("train")
tx, ty = mnist("t10k")
out = {"versions": {"keras": keras.__version__}, "models": {}}
for name, build in MODELS.items():
    for seed in SEEDS:
        keras.utils.clear_session()
        keras.utils.set_random_seed(seed)
        model = keras.Sequential(build())
        model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        shape = model.input_shape[1:]
        weights = [{"path": v.path, "sha256": hashlib.sha256(np.asarray(v.value).tobytes()).hexdigest()} for v in model.weights]
        steps = Steps()
        # the first 9,600 samples: every figure of an epoch counts in the golden file, and tests stay quick
        history = model.fit(x[:9600].reshape(-1, *shape), y[:9600], epochs=2, validation_split=0.2, verbose=0, callbacks=[steps])
        loss, accuracy = model.evaluate(tx.reshape(-1, *shape), ty, verbose=0)
        out["models"].setdefault(name, {})[str(seed)] = {
            "weights": weights, "running_loss": steps.losses,
            "history": {k: [float(v) for v in vs] for k, vs in history.history.items()},
            "evaluate_test": {"loss": float(loss), "accuracy": float(accuracy)},
        }
        print(name, seed, history.history["loss"], flush=True)
(Path(__file__).parent.parent / "seeds.json").write_text(json.dumps(out, indent=1) + "\n")
