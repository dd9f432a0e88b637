"""The models of `npm run interop` that Python Keras makes: each a Case with its data, found in CASES by name."""
from dataclasses import dataclass
from typing import Any, Callable

import keras
import numpy as np
from keras import Input, Model, Sequential, constraints, initializers, ops, regularizers
from keras import layers as L
from keras import losses, metrics, optimizers

V, S, I, C = (6,), (5, 4), (6, 6, 2), (4, 4, 4, 2)
SEED = {"seed": 3}
ROWS = 4


@dataclass
class Case:
    build: Callable[[], Any]
    # how it is compiled; the loss is the mean squared error if nothing else is said
    optimizer: Callable[[], Any] = lambda: optimizers.SGD(0.01, momentum=0.9)
    loss: Any = "mse"
    metrics: Any = None
    # whole numbers below this are drawn for the inputs, rather than normal numbers
    whole: int | None = None
    # labels of each output: "normal", or the number of classes
    labels: Any = "normal"
    # whether layers draw random numbers: their streams start anew where a file is loaded
    random: bool = False


# class: positional arguments, arguments by name, shape of one sample
SIMPLE = {
    "Activation": (("tanh",), {}, V), "ELU": ((), {}, V), "LeakyReLU": ((), {}, V), "PReLU": ((), {}, V), "ReLU": ((), {"max_value": 6}, V),
    "Softmax": ((), {}, V), "Dense": ((3,), {}, V), "EinsumDense": (("abc,cd->abd",), {"output_shape": (5, 3), "bias_axes": "d"}, S),
    "Embedding": ((10, 3), {}, V), "Identity": ((), {}, V), "Masking": ((), {}, S), "Flatten": ((), {}, I), "Reshape": (((3, 2),), {}, V),
    "Permute": (((2, 1),), {}, S), "RepeatVector": ((3,), {}, V), "BatchNormalization": ((), {}, I), "LayerNormalization": ((), {}, S),
    "GroupNormalization": ((2,), {}, S), "RMSNormalization": ((), {}, S), "UnitNormalization": ((), {}, V),
    "Normalization": ((), {"mean": 0.5, "variance": 2.0}, V), "Rescaling": ((0.5,), {"offset": 1.0}, I), "Resizing": ((4, 4), {}, I),
    "CategoryEncoding": ((10,), {"output_mode": "multi_hot"}, V), "ActivityRegularization": ((0.01,), {"l2": 0.02}, V),
    "Conv1D": ((3, 2), {}, S), "Conv2D": ((3, 3), {}, I), "Conv3D": ((2, 2), {}, C), "Conv1DTranspose": ((3, 2), {}, S),
    "Conv2DTranspose": ((3, 3), {}, I), "Conv3DTranspose": ((2, 2), {}, C), "DepthwiseConv1D": ((2,), {}, S), "DepthwiseConv2D": ((3,), {}, I),
    "SeparableConv1D": ((3, 2), {}, S), "SeparableConv2D": ((3, 3), {}, I), "SimpleRNN": ((3,), {}, S), "LSTM": ((3,), {}, S), "GRU": ((3,), {}, S),
    **{f"{k}Pooling{n}D": ((2,), {}, s) for k in ("Max", "Average") for n, s in ((1, S), (2, I), (3, C))},
    **{f"Global{k}Pooling{n}D": ((), {}, s) for k in ("Max", "Average") for n, s in ((1, S), (2, I), (3, C))},
    **{f"Adaptive{k}Pooling{n}D": ((2,), {}, s) for k in ("Max", "Average") for n, s in ((1, S), (2, I), (3, C))},
    **{f"{k}{n}D": ((), {}, s) for k in ("UpSampling", "ZeroPadding", "Cropping") for n, s in ((1, S), (2, I), (3, C))},
}
RANDOM = {
    "Dropout": ((0.5,), SEED, V), "AlphaDropout": ((0.3,), SEED, V), "GaussianDropout": ((0.3,), SEED, V), "GaussianNoise": ((0.3,), SEED, V),
    "SpatialDropout1D": ((0.5,), SEED, S), "SpatialDropout2D": ((0.5,), SEED, I), "SpatialDropout3D": ((0.5,), SEED, C),
}
MERGING = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate")
WHOLE = {"Embedding": 10, "CategoryEncoding": 10}
OPTIMIZERS = {
    "SGD": {"momentum": 0.9, "nesterov": True}, "Adam": {"amsgrad": True}, "AdamW": {"weight_decay": 0.01}, "Adamax": {}, "Nadam": {},
    "RMSprop": {"momentum": 0.5, "centered": True}, "Adagrad": {}, "Adadelta": {}, "Ftrl": {}, "Lion": {}, "Lamb": {}, "Adafactor": {}, "Muon": {},
}
SCHEDULES = {
    "ExponentialDecay": (0.1, 3, 0.5), "PiecewiseConstantDecay": ([3, 6], [0.1, 0.05, 0.01]), "PolynomialDecay": (0.1, 8),
    "InverseTimeDecay": (0.1, 2, 0.5), "CosineDecay": (0.1, 8), "CosineDecayRestarts": (0.1, 3),
}


def on(shape, *between, units=2, **kwargs):
    """The layers between an input and two numbers."""
    x = y = Input(shape, **kwargs)
    for layer in between:
        y = layer(y)
    return Model(x, L.Dense(units)(y if len(y.shape) == 2 else L.Flatten()(y)))


def simple(cls, args, kwargs, shape):
    return lambda: on(shape, getattr(L, cls)(*args, **kwargs))


def merged(make):
    def build():
        x = Input(V)
        return Model(x, L.Dense(2)(make([L.Dense(4)(x), L.Dense(4)(x)])))
    return build


def attended(make, dimensions=4):
    def build():
        x = Input((5, dimensions))
        return Model(x, L.Dense(2)(L.Flatten()(make(L.Dense(dimensions)(x), L.Dense(dimensions)(x)))))
    return build


def transformer():
    x = Input((8,))
    y = L.Embedding(12, 8, mask_zero=True)(x)
    y = L.LayerNormalization()(L.Add()([y, L.MultiHeadAttention(2, 4)(y, y, use_causal_mask=True)]))
    y = L.LayerNormalization()(L.Add()([y, L.Dense(8)(L.Dense(16, activation="gelu")(y))]))
    return Model(x, L.Dense(2)(L.GlobalAveragePooling1D()(y)))


def sequential_in_functional():
    inner = Sequential([Input((6,)), L.Dense(5, activation="relu"), L.BatchNormalization()])
    a, b = Input(V, name="a"), Input(V, name="b")
    return Model([a, b], L.Dense(2)(L.Concatenate()([inner(a), inner(b)])))


def functional_in_sequential():
    x = Input(V)
    inner = Model(x, L.Add()([L.Dense(4)(x), L.Dense(4, activation="tanh")(x)]))
    return Sequential([Input(V), inner, L.Dense(2)])


def nested_twice():
    x = Input(V)
    inner = Model(x, Sequential([L.Dense(4), L.Dense(4)])(x))
    y = Input(V)
    return Model(y, L.Dense(2)(Model(x, L.Dense(3)(inner(x)))(y)))


def several():
    picture, words = Input(I, name="picture"), Input((5,), name="words")
    shared = L.Dense(4, activation="relu")
    a = shared(L.Dense(4)(L.Flatten()(L.Conv2D(3, 3)(picture))))
    b = shared(L.LSTM(4)(L.Embedding(10, 3)(words)))
    joined = L.Concatenate()([a, b])
    return Model({"picture": picture, "words": words}, {"score": L.Dense(1, name="score")(joined), "kind": L.Dense(3, activation="softmax", name="kind")(joined)})


def listed():
    a, b = Input(V), Input(S)
    x = L.Dense(4)(a)
    y = L.Dense(4)(L.GRU(3)(b))
    return Model([a, b], [L.Dense(2)(L.Add()([x, y])), L.Dense(2)(L.Multiply()([x, y]))])


def operations():
    x = Input(I)
    y = L.Conv2D(4, 3)(x)
    y = ops.relu(ops.add(ops.multiply(y, 2.0), 0.1))
    y = ops.concatenate([ops.max_pool(y, 2, 2), ops.average_pool(y, 2, 2)], axis=-1)
    y = ops.reshape(ops.transpose(y, (0, 3, 1, 2)), (-1, 8, 4))
    y = ops.softmax(ops.einsum("bij,bkj->bik", y, y), axis=-1)
    y = ops.stack([ops.mean(y, axis=1), ops.max(y, axis=2)], axis=1)
    y = ops.where(ops.greater(y, 0.2), y, ops.square(y))
    return Model(x, L.Dense(2)(ops.squeeze(ops.reshape(y, (-1, 1, 16)), axis=1)))


def penalized():
    return on(
        V,
        L.Dense(5, kernel_regularizer=regularizers.L1L2(0.01, 0.02), bias_regularizer=regularizers.L1(0.01), kernel_constraint=constraints.MaxNorm(0.8)),
        L.Dense(5, kernel_regularizer=regularizers.L2(0.02), activity_regularizer=regularizers.L2(0.01), kernel_constraint=constraints.MinMaxNorm(0.3, 0.9)),
        L.Dense(4, kernel_regularizer=regularizers.OrthogonalRegularizer(0.01), bias_constraint=constraints.NonNeg(), kernel_constraint=constraints.UnitNorm()),
    )


def active():
    x = Input(I)
    y = L.Conv2D(3, 3, activity_regularizer=regularizers.L1(0.01))(x)
    y = L.Reshape((16, 3))(L.DepthwiseConv2D(1, activity_regularizer="l2")(y))
    y = L.EinsumDense("abc,cd->abd", output_shape=(16, 4), activity_regularizer=regularizers.L2(0.01))(y)
    y = L.MultiHeadAttention(2, 2, activity_regularizer=regularizers.L2(0.02))(y, y)
    y = L.LSTM(3, activity_regularizer=regularizers.L2(0.02))(y)
    return Model(x, L.Dense(2)(y))


def initialized():
    names = ("Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity", "LecunNormal", "LecunUniform", "Ones", "Orthogonal",
             "RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling", "Zeros")
    x = Input((4,))
    return Model(x, L.Dense(2)(L.Add()([L.Dense(4, kernel_initializer=getattr(initializers, n)(), name=n)(x) for n in names])))


def activated():
    names = ("celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_tanh", "leaky_relu", "linear", "log_sigmoid", "log_softmax",
             "mish", "relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink", "softmax", "softplus", "softsign", "sparse_plus", "sparse_sigmoid", "sparsemax",
             "squareplus", "tanh", "tanh_shrink", "threshold", "glu")
    x = Input((4,))
    each = [L.Dense(4, activation=None if n in ("glu", "threshold") else n)(x) for n in names]
    return Model(x, L.Dense(2)(L.Concatenate()(each)))


# loss: what the output looks like (activation, units), what the labels are
LOSSES = {
    "MeanSquaredError": ("linear", "normal"), "MeanAbsoluteError": ("linear", "normal"), "MeanAbsolutePercentageError": ("linear", "unit"),
    "MeanSquaredLogarithmicError": ("sigmoid", "unit"), "Huber": ("linear", "normal"), "LogCosh": ("linear", "normal"), "CosineSimilarity": ("linear", "normal"),
    "Poisson": ("softplus", "unit"), "KLDivergence": ("softmax", "one-hot"), "Hinge": ("tanh", "binary"), "SquaredHinge": ("tanh", "binary"),
    "CategoricalHinge": ("softmax", "one-hot"), "BinaryCrossentropy": ("sigmoid", "binary"), "CategoricalCrossentropy": ("softmax", "one-hot"),
    "SparseCategoricalCrossentropy": ("softmax", "class"), "BinaryFocalCrossentropy": ("sigmoid", "binary"), "CategoricalFocalCrossentropy": ("softmax", "one-hot"),
    "Dice": ("sigmoid", "binary"), "Tversky": ("sigmoid", "binary"), "Circle": ("unit norm", "class"), "CategoricalGeneralizedCrossEntropy": ("softmax", "class"),
}
METRICS = {
    "normal": ["MeanSquaredError", "RootMeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError", "LogCoshError", "CosineSimilarity", "R2Score",
               "PearsonCorrelation", "ConcordanceCorrelation"],
    "unit": ["MeanSquaredLogarithmicError", "Poisson"],
    "binary": ["Accuracy", "BinaryAccuracy", "BinaryCrossentropy", "Hinge", "SquaredHinge", "AUC", "Precision", "Recall", "TruePositives", "TrueNegatives",
               "FalsePositives", "FalseNegatives", ("F1Score", "macro"), ("FBetaScore", "micro"), "BinaryIoU", ("PrecisionAtRecall", 0.5), ("RecallAtPrecision", 0.5),
               ("SensitivityAtSpecificity", 0.5), ("SpecificityAtSensitivity", 0.5)],
    "one-hot": ["CategoricalAccuracy", "CategoricalCrossentropy", "TopKCategoricalAccuracy", "KLDivergence", "CategoricalHinge", ("OneHotIoU", 3, [0, 1]),
                ("OneHotMeanIoU", 3)],
    "class": [lambda: metrics.IoU(3, [0, 1], sparse_y_pred=False), lambda: metrics.MeanIoU(3, sparse_y_pred=False), "SparseCategoricalAccuracy", "SparseCategoricalCrossentropy", "SparseTopKCategoricalAccuracy"],
}


def outputs():
    x = Input(V)
    results = []
    for name, (activation, _) in LOSSES.items():
        y = L.Dense(3, activation=None if activation == "unit norm" else activation)(x)
        results.append(L.UnitNormalization(name=name)(y) if activation == "unit norm" else L.Identity(name=name)(y))
    return Model(x, results)


def measured(kind):
    return [m() if callable(m) else getattr(metrics, m)() if isinstance(m, str) else getattr(metrics, m[0])(*m[1:]) for m in METRICS[kind]]


def measured_outputs():
    x = Input(V)
    activations = {"normal": "linear", "unit": "sigmoid", "binary": "sigmoid", "one-hot": "softmax", "class": "softmax"}
    return Model(x, [L.Dense(3, activation=activations[k])(x) for k in METRICS])


CASES = {f"layer-{n}": Case(simple(n, *case), whole=WHOLE.get(n)) for n, case in SIMPLE.items()}
CASES.update({f"layer-{n}": Case(simple(n, *case), random=True) for n, case in RANDOM.items()})
CASES.update({f"layer-{n}": Case(merged(lambda xs, n=n: getattr(L, n)()(xs))) for n in MERGING})
CASES.update({f"optimizer-{n}": Case(lambda: on(V, L.Dense(3, activation="tanh")), lambda n=n, o=o: getattr(optimizers, n)(**o)) for n, o in OPTIMIZERS.items()})
CASES.update({
    f"schedule-{n}": Case(lambda: on(V, L.Dense(3)), lambda n=n, a=a: optimizers.Adam(getattr(optimizers.schedules, n)(*a))) for n, a in SCHEDULES.items()
})
CASES.update({
    "layer-Dot": Case(merged(lambda xs: L.Dot(1)(xs))),
    "layer-MultiHeadAttention": Case(attended(lambda a, b: L.MultiHeadAttention(2, 2)(a, b))),
    "layer-GroupQueryAttention": Case(attended(lambda a, b: L.GroupQueryAttention(3, 4, 2)(a, b))),
    "layer-Attention": Case(attended(lambda a, b: L.Attention(use_scale=True)([a, b]))),
    "layer-AdditiveAttention": Case(attended(lambda a, b: L.AdditiveAttention()([a, b]))),
    "layer-TimeDistributed": Case(lambda: on(S, L.TimeDistributed(L.Dense(2)))),
    "layer-Bidirectional": Case(lambda: on(S, L.Bidirectional(L.LSTM(2, return_sequences=True)), L.Bidirectional(L.GRU(2), merge_mode="sum"))),
    "layer-RNN-LSTMCell": Case(lambda: on(S, L.RNN(L.LSTMCell(3), return_sequences=True))),
    "layer-RNN-GRUCell": Case(lambda: on(S, L.RNN(L.GRUCell(3), go_backwards=True))),
    "layer-RNN-SimpleRNNCell": Case(lambda: on(S, L.RNN(L.SimpleRNNCell(3)))),
    "layer-RNN-list": Case(lambda: on(S, L.RNN([L.LSTMCell(3), L.GRUCell(2)]))),
    "layer-StackedRNNCells": Case(lambda: on(S, L.RNN(L.StackedRNNCells([L.SimpleRNNCell(3), L.LSTMCell(2)])))),
    "model-sequential": Case(lambda: Sequential([Input(I), L.Conv2D(4, 3, activation="relu"), L.MaxPooling2D(), L.Flatten(), L.Dense(2)])),
    "model-sequential-in-functional": Case(sequential_in_functional),
    "model-functional-in-sequential": Case(functional_in_sequential),
    "model-nested-twice": Case(nested_twice),
    "model-transformer": Case(transformer, lambda: optimizers.Adam(), whole=12),
    "model-several": Case(several, lambda: optimizers.Adam(), {"score": "mse", "kind": "sparse_categorical_crossentropy"},
                          whole=10, labels={"score": "normal", "kind": "class"}),
    "model-listed": Case(listed, loss=["mse", "mae"]),
    "model-operations": Case(operations),
    "model-penalized": Case(penalized),
    "model-activity": Case(active),
    "model-initializers": Case(initialized),
    "model-activations": Case(activated),
    "compile-losses": Case(outputs, lambda: optimizers.SGD(0.01), lambda: [getattr(losses, n)() for n in LOSSES], labels=[kind for _, kind in LOSSES.values()]),
    "compile-metrics": Case(measured_outputs, lambda: optimizers.SGD(0.01), ["mse"] * 4 + ["sparse_categorical_crossentropy"], lambda: [measured(kind) for kind in METRICS],
                            labels=list(METRICS)),
    # losses and metrics by names, some for the shapes at hand, some of classes that Keratin loads only for those who name them
    "compile-names": Case(measured_outputs, lambda: optimizers.SGD(0.01), ["log_cosh", "Poisson", "dice", "ce", "crossentropy"], lambda: [
        ["MSE", "mae", "r2_score", "PearsonCorrelation", "log_cosh_error"], ["msle", "poisson"], ["auc", "Precision", "recall", "binary_io_u", "BCE", "true_positives"],
        ["accuracy", "kl_divergence", "CategoricalHinge"], ["acc", "SparseTopKCategoricalAccuracy"]], labels=list(METRICS)),
    "compile-optimizer-options": Case(lambda: on(V, L.Dense(3)), lambda: optimizers.AdamW(
        0.01, weight_decay=0.01, global_clipnorm=0.5, use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=3)),
    "compile-accumulation": Case(lambda: on(V, L.Dense(3)), lambda: optimizers.Adam(0.01, clipvalue=0.5, gradient_accumulation_steps=2)),
})


class Block(L.Layer):
    """A layer that owns layers."""

    def __init__(self, units):
        super().__init__()
        self.first_layer = L.Dense(units, activation="relu")
        self.second = L.Dense(units)

    def call(self, x):
        return x + self.second(self.first_layer(x))


class Subclassed(Model):
    """interop/subclassed.mjs has the same one: what weights are called follows from the names of the properties."""

    def __init__(self):
        super().__init__()
        self.blocks = [Block(6), Block(6)]
        self.norm = L.BatchNormalization()
        self.output_layer = L.Dense(2)
        self.gate = L.Dense(6, activation="sigmoid")

    def call(self, x, training=False):
        y = x
        for block in self.blocks:
            y = block(y)
        return self.output_layer(self.norm(y, training=training) * self.gate(x))


def data(case, model):
    """Inputs and labels, in the structures that the model takes."""
    rng = np.random.default_rng(0)

    def inputs(tensor):
        shape = (ROWS, *tensor.shape[1:])
        picture = case.whole is None or len(tensor.shape) > 3
        return rng.standard_normal(shape).astype("float32") if picture else rng.integers(0, case.whole, shape).astype("float32")

    def labels(kind, tensor):
        shape = (ROWS, *tensor.shape[1:])
        if kind == "class":
            return rng.integers(0, shape[-1], (ROWS,)).astype("int32")
        if kind == "one-hot":
            return np.eye(shape[-1], dtype="float32")[rng.integers(0, shape[-1], ROWS)]
        if kind == "binary":
            return rng.integers(0, 2, shape).astype("float32")
        if kind == "unit":
            return rng.uniform(0.1, 1, shape).astype("float32")
        return rng.standard_normal(shape).astype("float32")

    tree = keras.tree
    sequential = isinstance(model, Sequential)
    taken, given = (model.inputs[0], model.outputs[0]) if sequential else (model._inputs_struct, model._outputs_struct)
    kinds = case.labels if not isinstance(case.labels, str) else tree.map_structure(lambda _: case.labels, given)
    return tree.map_structure(inputs, taken), tree.map_structure(labels, kinds, given)
