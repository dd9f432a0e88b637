"""What Keras's callbacks do and print: writes ../callbacks.json. Needs keras 3.15 on jax (KERAS_BACKEND=jax)."""
import contextlib
import csv
import io
import json
import os
import tempfile
import warnings
from pathlib import Path

import keras
import numpy as np

warnings.simplefilter("ignore")
random = np.random.RandomState(11)


def small_model():
    """One weight, so that it can be told which epoch's weights a model holds; built and with metrics."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(0.1), "mse", metrics=["mae", "binary_accuracy"])
    model.evaluate(np.zeros((1, 1), "float32"), np.zeros((1, 1), "float32"), verbose=0)
    return model


def values(count):
    # few different values, so that ties and small differences occur
    return [float(np.float32(v)) for v in random.randint(0, 12, count) / 8 + random.choice([0, 1e-5, 2e-4], count)]


def choose(*options):
    return options[random.randint(len(options))]


def drive(callback, model, monitor, sequence):
    text = io.StringIO()
    rates = []
    epochs = 0
    callback.set_params({"epochs": len(sequence), "steps": 1, "verbose": 0})
    callback.set_model(model)
    model.stop_training = False
    with contextlib.redirect_stdout(text):
        callback.on_train_begin()
        for epoch, value in enumerate(sequence):
            model.set_weights([np.full((1, 1), epoch, "float32")])
            callback.on_epoch_begin(epoch)
            callback.on_epoch_end(epoch, {monitor: value})
            rates.append(float(model.optimizer.learning_rate))
            epochs += 1
            if model.stop_training:
                break
        callback.on_train_end()
    return {"text": text.getvalue(), "rates": rates, "epochs": epochs, "weight": float(model.get_weights()[0][0, 0])}


def early_stopping():
    monitor, mode = choose(("val_loss", "auto"), ("loss", "auto"), ("val_mae", "auto"), ("val_binary_accuracy", "auto"),
                           ("x", "min"), ("x", "max"))
    options = {
        "monitor": monitor, "mode": mode, "min_delta": choose(0, 1e-4, 0.125, -0.1), "patience": choose(0, 1, 2, 3),
        "verbose": 1, "baseline": choose(None, None, 0.5, 1.0), "restore_best_weights": choose(True, False),
        "start_from_epoch": choose(0, 0, 2),
    }
    sequence = values(8)
    result = drive(keras.callbacks.EarlyStopping(**options), small_model(), monitor, sequence)
    return {"options": options, "values": sequence, **result}


def reduce_lr():
    monitor, mode = choose(("val_loss", "auto"), ("val_binary_accuracy", "auto"), ("x", "max"))
    options = {
        "monitor": monitor, "mode": mode, "factor": choose(0.1, 0.5, 0.3), "patience": choose(1, 2, 3), "verbose": 1,
        "min_delta": choose(1e-4, 0, 0.2), "cooldown": choose(0, 1, 2), "min_lr": choose(0, 0.01, 0.03),
    }
    sequence = values(12)
    result = drive(keras.callbacks.ReduceLROnPlateau(**options), small_model(), monitor, sequence)
    return {"options": options, "values": sequence, **result}


def scheduler():
    callback = keras.callbacks.LearningRateScheduler(lambda epoch, lr: lr * 0.5 if epoch % 2 else lr + 0.01, verbose=1)
    return drive(callback, small_model(), "loss", values(6))


def checkpoint():
    monitor, mode = choose(("val_loss", "auto"), ("val_binary_accuracy", "auto"), ("x", "max"))
    weights_only = choose(True, False)
    stem = choose("best", "{epoch:02d}-{%s:.2f}" % monitor, "e{epoch}_{%s:.3e}" % monitor, "a/{epoch:>4d}/m")
    frequency = choose("epoch", "epoch", 1, 3, 4)
    options = {
        "filepath": stem + (".weights.h5" if weights_only else ".keras"), "monitor": monitor, "mode": mode, "verbose": 1,
        "save_best_only": choose(True, False), "save_weights_only": weights_only, "save_freq": frequency,
        "initial_value_threshold": choose(None, None, 0.75),
    }
    # batch saving before the first epoch's end fails in Keras while the direction is not known
    if frequency != "epoch":
        options["save_best_only"] = False
    model = small_model()
    saved = []
    model.save = lambda path, overwrite: saved.append(path)
    model.save_weights = lambda path, overwrite: saved.append(path)
    sequence = values(8)
    callback = keras.callbacks.ModelCheckpoint(**options)
    callback.set_model(model)
    text = io.StringIO()
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(text):
        os.chdir(folder)
        callback.on_train_begin()
        for epoch in range(4):
            callback.on_epoch_begin(epoch)
            for batch in range(2):
                callback.on_train_batch_end(batch, {monitor: sequence[2 * epoch + batch]})
            callback.on_epoch_end(epoch, {monitor: sequence[2 * epoch]})
        os.chdir(here)
    return {"options": options, "values": sequence, "text": text.getvalue(), "saved": saved}


class Recorder(keras.callbacks.Callback):
    """Notes every hook, and asks for the end of training in one of them."""

    def __init__(self, stop_in):
        super().__init__()
        self.lines = []
        self.stop_in = stop_in


def record(name, indexed):
    def hook(self, *args, logs=None):
        if indexed:
            index, logs = args[0], args[1] if len(args) > 1 else logs
        else:
            index, logs = None, args[0] if args else logs
        line = name if index is None else f"{name} {index}"
        self.lines.append(f"{line} {','.join(logs or {})}".strip())
        if line == self.stop_in:
            self.model.stop_training = True

    return hook


for hook in ["train_begin", "train_end", "test_begin", "test_end", "predict_begin", "predict_end"]:
    setattr(Recorder, f"on_{hook}", record(hook, False))
for hook in ["epoch_begin", "epoch_end", "train_batch_begin", "train_batch_end", "test_batch_begin", "test_batch_end",
             "predict_batch_begin", "predict_batch_end"]:
    setattr(Recorder, f"on_{hook}", record(hook, True))


def hooks(stop_in):
    keras.utils.clear_session()
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    x = np.arange(20, dtype="float32").reshape(10, 2) / 20
    y = x.sum(axis=1, keepdims=True)
    recorder = Recorder(stop_in)
    history = model.fit(x, y, batch_size=4, epochs=2, validation_data=(x[:5], y[:5]), verbose=0, callbacks=[recorder])
    fit = recorder.lines
    recorder.lines = []
    model.evaluate(x, y, batch_size=4, verbose=0, callbacks=[recorder])
    model.predict(x, batch_size=4, verbose=0, callbacks=[recorder])
    return {"stop_in": stop_in, "fit": fit, "others": recorder.lines, "history": history.history,
            "epochs": history.epoch, "weights": [w.ravel().tolist() for w in model.get_weights()]}


def training(use_ema):
    """A whole run with the callbacks together: printed text, CSV, history."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(7)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, activation="tanh"), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.3, use_ema=use_ema, ema_momentum=0.8), "mse")
    x = np.linspace(-1, 1, 60, dtype="float32").reshape(20, 3)
    y = np.sin(x.sum(axis=1, keepdims=True))
    text = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(text):
        path = f"{folder}/log.csv"
        callbacks = [
            keras.callbacks.LearningRateScheduler(lambda epoch, lr: lr * 0.9, verbose=1),
            keras.callbacks.CSVLogger(path, separator=";"),
            keras.callbacks.EarlyStopping("loss", patience=3, verbose=1, restore_best_weights=True),
            keras.callbacks.TerminateOnNaN(),
        ] + ([keras.callbacks.SwapEMAWeights(swap_on_epoch=True)] if use_ema else [])
        history = model.fit(x, y, batch_size=8, epochs=4, verbose=0, callbacks=callbacks,
                            validation_data=(x[:6], y[:6]), validation_freq=2)
        raw = Path(path).read_bytes().decode()
        with open(path, newline="") as file:
            rows = list(csv.reader(file, delimiter=";"))
    return {"use_ema": use_ema, "text": text.getvalue(), "csv_lines": raw.count("\r\n"), "rows": rows, "history": history.history,
            "weights": [w.ravel().tolist() for w in model.get_weights()]}


results = {
    "early_stopping": [early_stopping() for _ in range(60)],
    "reduce_lr": [reduce_lr() for _ in range(40)],
    "scheduler": scheduler(),
    "checkpoint": [checkpoint() for _ in range(60)],
    "hooks": [hooks(stop) for stop in [None, "train_begin", "epoch_begin 0", "train_batch_begin 1", "train_batch_end 0",
                                       "train_batch_end 2", "test_begin", "test_batch_end 0", "test_end", "epoch_end 0"]],
    "training": [training(False), training(True)],
}
(Path(__file__).parent.parent / "callbacks.json").write_text(json.dumps(results, separators=(",", ":")) + "\n")
