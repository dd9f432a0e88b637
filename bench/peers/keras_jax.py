"""Peer `keras-jax`: Keras 3 on JAX, used as the practical uses it, with `model.fit` and `model.predict`."""

import os

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import time

import jax
import keras
import numpy as np
from common import BATCH_SIZE, load_training_data, microseconds_per_step, parse_arguments, python_version, report, seconds
from keras import layers

LAYERS = {
    "multinom": lambda: [keras.Input((28, 28)), layers.Flatten(), layers.Dense(10, "softmax")],
    "ffnn": lambda: [
        keras.Input((28, 28)),
        layers.Flatten(),
        layers.Dense(64, "relu"),
        layers.Dense(10, "softmax"),
    ],
    "dffnn": lambda: [
        keras.Input((28, 28)),
        layers.Flatten(),
        layers.Dense(128, "relu"),
        layers.Dense(64, "relu"),
        layers.Dense(10, "softmax"),
    ],
    "cnn": lambda: [
        keras.Input((28, 28, 1)),
        layers.Conv2D(6, (5, 5)),
        layers.MaxPooling2D((4, 4)),
        layers.Flatten(),
        layers.Dense(32, "relu"),
        layers.Dense(10, "softmax"),
    ],
    "cnn_2": lambda: [
        keras.Input((28, 28, 1)),
        layers.Conv2D(6, (3, 3)),
        layers.MaxPooling2D((2, 2)),
        layers.Conv2D(12, (3, 3)),
        layers.MaxPooling2D((2, 2)),
        layers.Flatten(),
        layers.Dropout(0.2),
        layers.Dense(32, "relu"),
        layers.Dense(10, "softmax"),
    ],
}


class EpochTimes(keras.callbacks.Callback):
    """The seconds of every epoch. Its logs are Python numbers, so the last step is done when it ends."""

    def __init__(self):
        super().__init__()
        self.durations = []

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.durations.append(time.perf_counter() - self.start)


def new_model(name):
    model = keras.Sequential(LAYERS[name]())
    model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


def main():
    arguments = parse_arguments(__doc__)
    images, labels = load_training_data(arguments)
    versions = {
        "python": python_version(),
        "keras": keras.__version__,
        "jax": jax.__version__,
        "numpy": np.__version__,
    }
    for name in arguments.models:
        keras.utils.set_random_seed(45)
        x = images[..., None] if name.startswith("cnn") else images

        # One batch: `fit` returns when its only step is done.
        fresh = new_model(name)
        first_step = seconds(lambda: fresh.fit(x[:BATCH_SIZE], labels[:BATCH_SIZE], batch_size=BATCH_SIZE, verbose=0))

        model = new_model(name)
        times = EpochTimes()
        model.fit(x, labels, batch_size=BATCH_SIZE, epochs=arguments.rounds + 1, verbose=0, callbacks=[times])

        def predict():
            model.predict(x, batch_size=BATCH_SIZE, verbose=0)

        predict()
        predictions = [seconds(predict) for _ in range(arguments.rounds)]
        report(
            "keras-jax",
            versions,
            name,
            microseconds_per_step(times.durations[1:], arguments.steps),
            microseconds_per_step(predictions, arguments.steps),
            first_step,
        )


if __name__ == "__main__":
    main()
