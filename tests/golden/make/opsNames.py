"""The names in keras.ops and keras.ops.image. Writes ../opsNames.json. Needs keras 3.15.1.

Usage: python opsNames.py     tests/parity/opsNames.test.ts looks them up in `ops`.
"""
import inspect
import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
import keras


def names(module, prefix=""):
    return [prefix + name for name in dir(module) if not name.startswith("_") and not inspect.ismodule(getattr(module, name))]


found = {"keras": keras.__version__, "names": " ".join(names(keras.ops) + names(keras.ops.image, "image."))}
(Path(__file__).parent.parent / "opsNames.json").write_text(json.dumps(found, separators=(",", ":")) + "\n")
print(len(found["names"].split()), "names")
