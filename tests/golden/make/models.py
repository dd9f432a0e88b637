"""Golden values of functional models: configurations, summaries, histories.

    KERAS_BACKEND=jax python tests/golden/make/models.py > tests/golden/models.json

tests/models/golden.test.ts builds the same models.
"""

import json
import os

os.environ["KERAS_BACKEND"] = "jax"
os.environ["COLUMNS"] = "80"

import keras
import numpy as np
from keras import layers, ops


def numbers(rows, columns, salt):
    i, j = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
    return (((i * 7919 + j * 104729 + salt * 31) % 1000) / 1000 - 0.5).astype("float32")


def classes(rows, count, salt):
    return (((np.arange(rows) * 7919 + salt) // 3) % count).astype("int32")


def operations():
    a = keras.Input((8,), name="a")
    b = keras.Input((8,))
    shared = layers.Dense(4)
    x, y = shared(a), shared(b)
    z = ops.add(ops.multiply(ops.add(x, y), 3.0), 2.0)
    z = ops.sum(z, axis=1, keepdims=True)
    w = ops.mean(ops.reshape(x, (-1, 2, 2)), axis=[1, 2])
    w = ops.expand_dims(w, -1)
    q = ops.softmax(ops.relu(ops.concatenate([z, w], axis=-1)))
    q = ops.where(ops.greater(q, 0.5), q, 0.0)
    return keras.Model([a, b], [layers.Add()([q, w]), ops.clip(x, 0, 1)])


def nested():
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(2)])
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    joined = layers.Concatenate()([inner(left), inner(right)])
    hidden = keras.Input((4,))
    functional = keras.Model(hidden, layers.Dropout(0.5)(layers.Dense(4)(hidden)))
    out = layers.Dense(1, name="out")(functional(joined))
    return keras.Model({"left": left, "right": right}, {"out": out, "mid": inner(left)})


def masked():
    tokens = keras.Input((5,), dtype="int32")
    x = layers.Embedding(10, 4, mask_zero=True)(tokens)
    x = layers.Dropout(0.25)(x)
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(tokens, layers.Dense(2)(x))


def chain():
    inputs = keras.Input((6,))
    x = layers.Dense(5, activation="relu")(inputs)
    x = layers.BatchNormalization()(x)
    return keras.Model(inputs, layers.Dense(3)(x), name="chain")


def intermediate():
    model = chain()
    return keras.Model(model.layers[1].output, [model.layers[2].output, model.output])


def shared():
    """The same layers at two depths, and an input that leads nowhere."""
    first, second, idle = keras.Input((4,)), keras.Input((4,)), keras.Input((2,), name="idle")
    dense = layers.Dense(4)
    x = dense(dense(first))
    y = layers.Multiply()([x, dense(second)])
    return keras.Model([first, idle, second], y)


def text(model, **options):
    found = []
    model.summary(print_fn=found.append, **options)
    return "\n".join(found)


def without_ids(value):
    if isinstance(value, dict):
        return {k: without_ids(v) for k, v in value.items() if k != "shared_object_id"}
    if isinstance(value, (list, tuple)):
        return [without_ids(v) for v in value]
    return value


def architecture(build):
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(1)
    model = build()
    os.environ["COLUMNS"] = "80"
    narrow = text(model)
    os.environ["COLUMNS"] = "120"
    wide = text(model, expand_nested=True, show_trainable=True)
    result = {
        "config": without_ids(json.loads(json.dumps(model.get_config()))),
        "layers": [layer.name for layer in model.layers],
        "output_names": model.output_names,
        "weights": [[w.path, list(w.shape)] for w in model.weights],
        "summary_80": narrow,
        "summary_120_expanded": wide,
    }
    again = keras.Model.from_config(model.get_config()) if build is not intermediate else None
    if again is not None:
        result["layers_again"] = [layer.name for layer in again.layers]
    return result


def two_headed():
    left, right = keras.Input((4,), name="left"), keras.Input((3,), name="right")
    x = layers.Concatenate()([layers.Dense(5, activation="relu")(left), layers.Dense(5, activation="tanh")(right)])
    x = layers.Dropout(0.25)(x)
    kind = layers.Dense(3, activation="softmax", name="kind")(x)
    size = layers.Dense(1, name="size", kernel_regularizer="l2")(x)
    return left, right, kind, size


ROWS = 70


def labels():
    return classes(ROWS, 3, 1), numbers(ROWS, 1, 5)


def run(name, make, compile_args, fit_args, x, y, evaluate_args=None):
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(45)
    model = make()
    model.compile(**compile_args)
    history = model.fit(x, y, epochs=2, batch_size=16, verbose=0, **fit_args)
    listed = model.evaluate(x, y, batch_size=16, verbose=0, **(evaluate_args or {}))
    named = model.evaluate(x, y, batch_size=16, verbose=0, return_dict=True, **(evaluate_args or {}))
    predicted = model.predict(x, batch_size=16, verbose=0)
    first = lambda t: np.asarray(t)[:3].astype("float64").ravel().tolist()
    if isinstance(predicted, dict):
        predicted = {k: first(v) for k, v in predicted.items()}
    elif isinstance(predicted, (list, tuple)):
        predicted = [first(v) for v in predicted]
    else:
        predicted = first(predicted)
    return {
        "history": history.history,
        "evaluate": listed if isinstance(listed, list) else [listed],
        "evaluate_dict": {k: float(v) for k, v in named.items()},
        "metrics_names": [m.name for m in model.metrics],
        "weight_sums": [[w.path, float(np.asarray(w.value).astype("float64").sum())] for w in model.weights],
        "predict": predicted,
        "compile_config": without_ids(json.loads(json.dumps(model.get_compile_config(), default=str))),
    }


def as_list():
    left, right, kind, size = two_headed()
    return keras.Model([left, right], [kind, size])


def as_dict():
    left, right, kind, size = two_headed()
    return keras.Model({"left": left, "right": right}, {"size": size, "kind": kind})


class WithLosses(keras.layers.Layer):
    def call(self, x):
        self.add_loss(0.1 * ops.mean(ops.square(x)))
        return x


def added():
    inputs = keras.Input((4,))
    x = layers.Dense(5, activity_regularizer="l1")(inputs)
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(WithLosses()(x)))


def frozen():
    inputs = keras.Input((4,))
    base = keras.Sequential([layers.Dense(5), layers.BatchNormalization()])
    base.build((None, 4))
    base.trainable = False
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(base(inputs)))


def tokens():
    return (((np.arange(ROWS)[:, None] * 7919 + np.arange(5)[None, :] * 31) // 7) % 10).astype("int32")


def sequences():
    """A mask that reaches the loss: one output a time step."""
    inputs = keras.Input((5,), dtype="int32")
    x = layers.Embedding(10, 4, mask_zero=True)(inputs)
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(x))


def convolutions():
    """Channels and filters of which there are so many that Keratin takes Winograd's form, with pooling and without."""
    return keras.Sequential([
        keras.Input((12, 12, 8)),
        layers.Conv2D(16, 3, padding="same", activation="relu"),
        layers.Conv2D(16, 3, activation="relu"),
        layers.Conv2D(24, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(3, activation="softmax"),
    ])


def main():
    left, right = numbers(ROWS, 4, 2), numbers(ROWS, 3, 3)
    kind, size = labels()
    weight = (np.arange(ROWS) % 4).astype("float32")
    sequence_labels = (((np.arange(ROWS)[:, None] + np.arange(5)[None, :]) // 2) % 3).astype("int32")
    both = {"kind": "sparse_categorical_crossentropy", "size": "mse"}
    result = {
        "architectures": {
            build.__name__: architecture(build)
            for build in [operations, nested, masked, chain, intermediate, shared]
        },
        "runs": {
            "lists": run(
                "lists", as_list,
                {"optimizer": "adam", "loss": ["sparse_categorical_crossentropy", "mse"], "loss_weights": [1.0, 0.5], "metrics": [["accuracy"], ["mae"]]},
                {"validation_split": 0.2}, [left, right], [kind, size],
            ),
            "dictionaries": run(
                "dictionaries", as_dict,
                {"optimizer": "sgd", "loss": both, "loss_weights": {"kind": 0.3, "size": 2.0}, "metrics": {"kind": ["accuracy"]}, "weighted_metrics": {"kind": ["accuracy"], "size": ["mae", "mse"]}},
                {"sample_weight": {"kind": weight, "size": weight[::-1].copy()}},
                {"left": left, "right": right}, {"kind": kind, "size": size},
            ),
            "by_name": run(
                "by_name", as_list,
                {"optimizer": "sgd", "loss": both, "metrics": {"size": "mae", "kind": "acc"}},
                {"sample_weight": weight, "shuffle": False},
                {"left": left, "right": right}, [kind, size],
            ),
            "one_loss": run(
                "one_loss", as_list, {"optimizer": "sgd", "loss": [None, "mae"]}, {"shuffle": "batch"}, [left, right], [kind, size],
            ),
            "added": run(
                "added", added, {"optimizer": "sgd", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]},
                {"class_weight": {0: 1.0, 1: 2.5, 2: 0.5}}, left, kind,
            ),
            "frozen": run(
                "frozen", frozen, {"optimizer": "sgd", "loss": "sparse_categorical_crossentropy"}, {}, left, kind,
            ),
            "sequences": run(
                "sequences", sequences, {"optimizer": "sgd", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"], "weighted_metrics": ["accuracy"]},
                {"sample_weight": np.repeat(weight[:, None], 5, axis=1)}, tokens(), sequence_labels,
            ),
            "sequences_unweighted": run(
                "sequences_unweighted", sequences, {"optimizer": "sgd", "loss": "sparse_categorical_crossentropy"}, {}, tokens(), sequence_labels,
            ),
            "convolutions": run(
                "convolutions", convolutions, {"optimizer": "sgd", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]},
                {}, numbers(ROWS, 12 * 12 * 8, 7).reshape(ROWS, 12, 12, 8), kind,
            ),
        },
    }
    print(json.dumps(result, separators=(",", ":"), ensure_ascii=False))


main()
