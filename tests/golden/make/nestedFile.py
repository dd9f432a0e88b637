"""nested.keras: a model that is not compiled around one that was compiled and trained, and what training the inner one goes on to.

    KERAS_BACKEND=jax python nestedFile.py        (Keras 3.15.1, JAX 0.10.2, h5py)
"""
import json
import os

os.environ["KERAS_BACKEND"] = "jax"

import keras
import numpy as np
from keras import layers

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
keras.utils.set_random_seed(3)
rng = np.random.default_rng(0)
x = rng.random((8, 3), dtype="float32")
y = rng.random((8, 2), dtype="float32")

inputs = keras.Input((3,), name="pixels")
base = keras.Model(inputs, layers.Dense(2, name="hidden")(inputs), name="base")
base.compile(keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)), "mse", metrics=["mae", keras.metrics.R2Score()])
base.fit(x, y, verbose=0, epochs=2, shuffle=False)
outer_inputs = keras.Input((3,), name="outer_pixels")
outer = keras.Model(outer_inputs, layers.Dense(1, name="scores")(base(outer_inputs)), name="outer")
path = os.path.join(HERE, "nested.keras")
outer.save(path)

results = {}
for compile in (True, False):
    loaded = keras.saving.load_model(path, compile=compile)
    inner = loaded.get_layer("base")
    results[str(compile).lower()] = {"outer": loaded.compiled, "inner": inner.compiled, "iterations": int(inner.optimizer.iterations.value),
                        "history": {k: [float(v) for v in values] for k, values in inner.fit(x, y, verbose=0, epochs=2, shuffle=False).history.items()}}
again = {
    "from_json": keras.models.model_from_json(outer.to_json()).get_layer("base").compiled,
    "clone": keras.models.clone_model(outer).get_layer("base").compiled,
}
with open(os.path.join(HERE, "nested.json"), "w") as f:
    json.dump({"versions": {"keras": keras.__version__}, "x": [float(v) for v in x.ravel()], "y": [float(v) for v in y.ravel()],
               "loaded_with_compile": results, "compiled_again": again}, f)
    f.write("\n")
