"""The practical's models on Keras with JAX from other seeds: writes ../seeds.json and ../moved.json. Needs keras 3.15.1, jax 0.10.2.

moved.json has Keras's own figures when each weight of the initial kernels is moved by at most four units in the last
place. That is what a sum of products moves by when its products are rounded apart or its terms are added in another
order, as on another machine: a ReLU or a pool with two nearly equal inputs then decides the other way, and all that
follows differs.

Usage: python seeds.py <folder with MNIST's IDX files> [model …]
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
# the first 9,600 samples: every figure of an epoch counts in the golden file, and tests stay quick
SAMPLES = 9600
# moved runs for each run
MOVES = 12


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
    """The running losses, of all epochs in one list."""

    def __init__(self):
        super().__init__()
        self.losses = []

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(float(logs["loss"]))


def move(model, seed):
    random = np.random.RandomState(seed)
    for v in model.trainable_variables:
        if v.path.endswith("kernel"):
            bits = np.asarray(v.value).view(np.int32)
            v.assign((bits + random.randint(-4, 5, bits.shape).astype(np.int32)).view(np.float32))


def run(name, seed, samples, moved=None):
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(MODELS[name]())
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    shape = model.input_shape[1:]
    weights = [{"path": v.path, "sha256": hashlib.sha256(np.asarray(v.value).tobytes()).hexdigest()} for v in model.weights]
    if moved is not None:
        move(model, moved)
    steps = Steps()
    history = model.fit(x[:samples].reshape(-1, *shape), y[:samples], epochs=2, validation_split=0.2, verbose=0, callbacks=[steps])
    loss, accuracy = model.evaluate(tx.reshape(-1, *shape), ty, verbose=0)
    return {
        "weights": weights, "running_loss": steps.losses,
        "history": {k: [float(v) for v in vs] for k, vs in history.history.items()},
        "evaluate_test": {"loss": float(loss), "accuracy": float(accuracy)},
    }


def moved_run(name, seed, samples, own, k):
    result = run(name, seed, samples, k)
    a, b = np.array(own["running_loss"]), np.array(result["running_loss"])
    apart = np.nonzero(np.abs(a - b) > 1e-5 * a)[0]
    return {
        # the first step whose running loss is 1e-5 of itself away from Keras's
        "apart_from_step": int(apart[0]) + 1 if len(apart) else None,
        "running_loss": result["running_loss"][:20],
        "history": result["history"], "evaluate_test": result["evaluate_test"],
    }


def short(value):
    """The same float32 numbers in nine digits."""
    if isinstance(value, dict):
        return {k: short(v) for k, v in value.items()}
    if isinstance(value, list):
        return [short(v) for v in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value


x, y = mnist("train")
tx, ty = mnist("t10k")
versions = {"keras": keras.__version__}
seeds = {"versions": versions, "models": {}}
moved = {"versions": versions, "models": {}}
folder = Path(__file__).parent.parent
for name in sys.argv[2:] or MODELS:
    for seed in [*SEEDS, 45]:
        samples = 60000 if seed == 45 else SAMPLES
        own = run(name, seed, samples)
        runs = [moved_run(name, seed, samples, own, k) for k in range(MOVES)]
        # runs that stay with Keras's own say nothing new
        moved["models"].setdefault(name, {})[str(seed)] = {"runs": MOVES, "apart": [r for r in runs if r["apart_from_step"]]}
        if seed != 45:
            seeds["models"].setdefault(name, {})[str(seed)] = {**own, "running_loss": own["running_loss"][:20]}
        print(name, seed, own["history"]["loss"], [(r["apart_from_step"], r["history"]["loss"]) for r in runs], flush=True)
(folder / "seeds.json").write_text(json.dumps(seeds, indent=1) + "\n")
(folder / "moved.json").write_text(json.dumps(short(moved)) + "\n")
