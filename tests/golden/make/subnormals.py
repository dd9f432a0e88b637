"""State of optimizers that shrinks below the smallest normal float32, from Python Keras on JAX: writes ../subnormals.json.
Needs keras 3.15.1, jax 0.10.2.
"""
import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
import keras
import numpy as np

from arrays import num

START = [3e-30, -2.5e-38, 1.3e-38, 0.25]
STEPS = 30
CASES = [
    ("Adam", {}), ("Adam", dict(beta_2=0.8, amsgrad=True)), ("AdamW", {}), ("Adamax", dict(beta_2=0.9)), ("Nadam", {}),
    ("Lamb", {}), ("Lion", dict(beta_2=0.9)), ("SGD", dict(momentum=0.9)), ("RMSprop", dict(rho=0.7, momentum=0.8)),
    ("Adadelta", dict(rho=0.8)),
]

cases = []
for name, arguments in CASES:
    weight = keras.Variable(np.float32([0.5, -0.5, 0.25, 1]), name="w")
    optimizer = getattr(keras.optimizers, name)(**arguments)
    optimizer.build([weight])
    slots = [v for v in optimizer.variables if v.shape == weight.shape]
    for slot in slots:
        slot.assign(np.float32(START if "momentum" in slot.path.split("w_")[-1] or name == "SGD" else np.abs(START)))
    states = []
    for _ in range(STEPS):
        optimizer.apply([np.zeros(4, "float32")], [weight])
        states.append([[num(v) for v in np.asarray(slot.value)] for slot in slots])
    cases.append({"class": name, "args": arguments, "states": states})
text = json.dumps({"start": START, "cases": cases}, separators=(",", ":"))
Path(__file__).with_name("..").joinpath("subnormals.json").write_text(text + "\n")
