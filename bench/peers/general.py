"""Models beyond the practical on Keras with JAX and on PyTorch: `--framework keras-jax` or `pytorch`; one JSON line per model."""

import argparse
import os
import time

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import numpy as np
from common import BATCH_SIZE, DEFAULT_DATA, load_training_data, microseconds_per_step, python_version, report, seconds

# name: batch size, shape of a sample, steps in an epoch
DATA = {
    "batch_norm": (32, (28, 28, 1), 200),
    "wide_dense": (128, (784,), 100),
    "keras_example": (128, (28, 28, 1), 20),
    "deep_conv": (128, (28, 28, 1), 8),
    "separable": (17, (29, 31, 7), 60),
    "lstm": (32, (50, 32), 40),
    "transformer": (32, (32, 64), 60),
}


def samples_of(name):
    """MNIST's digits where a sample has as many numbers, else random numbers: float32 [n, ...shape] and labels int32 [n]."""
    batch, shape, steps = DATA[name]
    rows = batch * steps
    if np.prod(shape) == 28 * 28:
        images, labels = load_training_data(argparse.Namespace(data=DEFAULT_DATA, steps=rows // BATCH_SIZE))
        return images.reshape(rows, *shape), labels
    return np.random.rand(rows, *shape).astype("float32"), (np.arange(rows) % 10).astype("int32")


def keras_models():
    import keras
    from keras import layers

    def sequential(name, *list_):
        return keras.Sequential([keras.Input(DATA[name][1]), *list_])

    def transformer():
        x = keras.Input(DATA["transformer"][1])
        normal = layers.LayerNormalization()(x)
        first = x + layers.MultiHeadAttention(4, 16)(normal, normal)
        wide = layers.Dense(128, "relu")(layers.LayerNormalization()(first))
        second = first + layers.Dense(64)(wide)
        outputs = layers.Dense(10, "softmax")(layers.GlobalAveragePooling1D()(second))
        return keras.Model(x, outputs)

    def conv(filters, **options):
        return layers.Conv2D(filters, 3, **options)

    return {
        "batch_norm": lambda: sequential(
            "batch_norm",
            conv(8, padding="same", strides=2),
            layers.BatchNormalization(),
            layers.ReLU(),
            conv(16, padding="same", strides=2),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(10, "softmax"),
        ),
        "wide_dense": lambda: sequential(
            "wide_dense",
            layers.Dense(256, "relu"),
            layers.Dropout(0.2),
            layers.Dense(256, "relu"),
            layers.Dropout(0.2),
            layers.Dense(10, "softmax"),
        ),
        "keras_example": lambda: sequential(
            "keras_example",
            conv(32, activation="relu"),
            layers.MaxPooling2D(2),
            conv(64, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, "softmax"),
        ),
        "deep_conv": lambda: sequential(
            "deep_conv",
            conv(32, activation="relu"),
            conv(64, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(128, "relu"),
            layers.Dropout(0.5),
            layers.Dense(10, "softmax"),
        ),
        "separable": lambda: sequential(
            "separable",
            layers.SeparableConv2D(16, 3, activation="relu"),
            layers.AveragePooling2D(2),
            layers.SeparableConv2D(24, 3, activation="relu"),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dense(10, "softmax"),
        ),
        "lstm": lambda: sequential("lstm", layers.LSTM(64), layers.Dense(10, "softmax")),
        "transformer": transformer,
    }


def torch_models():
    from torch import nn

    class Last(nn.Module):
        def forward(self, result):
            return result[0][:, -1]

    class Transformer(nn.Module):
        def __init__(self):
            super().__init__()
            self.block = nn.TransformerEncoderLayer(64, 4, 128, dropout=0, batch_first=True, norm_first=True)
            self.out = nn.Linear(64, 10)

        def forward(self, x):
            return self.out(self.block(x).mean(1))

    def separable(inputs, outputs):
        return [nn.Conv2d(inputs, inputs, 3, groups=inputs, bias=False), nn.Conv2d(inputs, outputs, 1), nn.ReLU()]

    return {
        "batch_norm": lambda: nn.Sequential(
            nn.Conv2d(1, 8, 3, stride=2, padding=1),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Conv2d(8, 16, 3, stride=2, padding=1),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(16, 10),
        ),
        "wide_dense": lambda: nn.Sequential(
            nn.Linear(784, 256),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.Linear(256, 256),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.Linear(256, 10),
        ),
        "keras_example": lambda: nn.Sequential(
            nn.Conv2d(1, 32, 3),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Dropout(0.5),
            nn.Linear(1600, 10),
        ),
        "deep_conv": lambda: nn.Sequential(
            nn.Conv2d(1, 32, 3),
            nn.ReLU(),
            nn.Conv2d(32, 64, 3),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Dropout(0.25),
            nn.Flatten(),
            nn.Linear(9216, 128),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(128, 10),
        ),
        "separable": lambda: nn.Sequential(
            *separable(7, 16), nn.AvgPool2d(2), *separable(16, 24), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(720, 10)
        ),
        "lstm": lambda: nn.Sequential(nn.LSTM(32, 64, batch_first=True), Last(), nn.Linear(64, 10)),
        "transformer": Transformer,
    }


def run_keras(names, rounds):
    import jax
    import keras

    class EpochTimes(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.durations = []

        def on_epoch_begin(self, epoch, logs=None):
            self.start = time.perf_counter()

        def on_epoch_end(self, epoch, logs=None):
            self.durations.append(time.perf_counter() - self.start)

    versions = {"python": python_version(), "keras": keras.__version__, "jax": jax.__version__}
    models = keras_models()
    for name in names:
        batch, _, steps = DATA[name]
        x, y = samples_of(name)

        def compiled():
            model = models[name]()
            model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
            return model

        fresh = compiled()
        first = seconds(lambda: fresh.fit(x[:batch], y[:batch], batch_size=batch, verbose=0))
        times = EpochTimes()
        compiled().fit(x, y, batch_size=batch, epochs=rounds + 1, verbose=0, callbacks=[times])
        report("keras-jax", versions, name, microseconds_per_step(times.durations[1:], steps), None, first)


def run_torch(names, rounds):
    import torch

    versions = {"python": python_version(), "torch": torch.__version__}
    models = torch_models()
    for name in names:
        batch, shape, steps = DATA[name]
        x, y = (torch.from_numpy(array) for array in samples_of(name))
        y = y.long()
        # images have their channels first
        if len(shape) == 3:
            x = x.permute(0, 3, 1, 2).contiguous()

        def epoch(model, optimizer, steps):
            for rows in torch.randperm(steps * batch).split(batch):
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
                optimizer.step()

        def fresh():
            model = models[name]()
            return model, torch.optim.Adam(model.parameters())

        first_model = fresh()
        first = seconds(lambda: epoch(*first_model, 1))
        model = fresh()
        epoch(*model, steps)
        durations = [seconds(lambda: epoch(*model, steps)) for _ in range(rounds)]
        report("pytorch", versions, name, microseconds_per_step(durations, steps), None, first)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--framework", choices=["keras-jax", "pytorch"], required=True)
    parser.add_argument("--models", default=",".join(DATA))
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--steps", help="not used: each model has its own number")
    arguments = parser.parse_args()
    run = run_keras if arguments.framework == "keras-jax" else run_torch
    run(arguments.models.split(","), arguments.rounds)


if __name__ == "__main__":
    main()
