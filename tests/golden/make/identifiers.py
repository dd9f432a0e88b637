"""What Keras's names of losses and metrics stand for: writes ../identifiers.json. Needs keras 3.15.1, jax 0.10.2.

Names that stand for nothing without further arguments are listed by themselves.

Usage: python identifiers.py
"""
import inspect
import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
import keras
from keras.src import losses, metrics


def described(name, module):
    """The class that a name gives, or the function's name, and the object's own name as it is the first of its kind."""
    keras.utils.clear_session()
    found = module.get(name)
    return found.__name__ if inspect.isfunction(found) else [type(found).__name__, found.name]


def names(module):
    known, incomplete = {}, []
    for name in sorted(module.ALL_OBJECTS_DICT):
        try:
            known[name] = described(name, module)
        except TypeError:
            incomplete.append(name)
    return {"names": known, "incomplete": incomplete}


result = {"versions": {"keras": keras.__version__}, "losses": names(losses), "metrics": names(metrics)}
(Path(__file__).parent.parent / "identifiers.json").write_text(json.dumps(result) + "\n")
