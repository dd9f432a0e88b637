"""python keras_side.py make FOLDER: a trained .keras file for each layer and optimizer, with what it predicts and trains on to.
python keras_side.py check FOLDER: the files that Keratin has written (*.back.keras) predict the same and train on the same."""
import json
import os
import sys

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import keras
import numpy as np
from keras import layers as L

V, S, I, C = (6,), (5, 4), (6, 6, 2), (4, 4, 4, 2)
TOLERANCE = 1e-5
# layer: arguments, shape of one sample
LAYERS = {
    "Activation": (("tanh",), {}, V), "ELU": ((), {}, V), "LeakyReLU": ((), {}, V), "PReLU": ((), {}, V), "ReLU": ((), {"max_value": 6}, V),
    "Softmax": ((), {}, V), "Dense": ((3,), {}, V), "EinsumDense": (("abc,cd->abd",), {"output_shape": (5, 3), "bias_axes": "d"}, S),
    "Embedding": ((10, 3), {}, V), "Identity": ((), {}, V), "Masking": ((), {}, S), "Flatten": ((), {}, I), "Reshape": (((3, 2),), {}, V),
    "Permute": (((2, 1),), {}, S), "RepeatVector": ((3,), {}, V), "BatchNormalization": ((), {}, I), "LayerNormalization": ((), {}, S),
    "GroupNormalization": ((2,), {}, S), "RMSNormalization": ((), {}, S), "UnitNormalization": ((), {}, V), "Normalization": ((), {"mean": 0.5, "variance": 2.0}, V),
    "Rescaling": ((0.5,), {"offset": 1.0}, I), "Resizing": ((4, 4), {}, I), "Dropout": ((0.0,), {}, V), "AlphaDropout": ((0.0,), {}, V),
    "GaussianDropout": ((0.0,), {}, V), "GaussianNoise": ((0.0,), {}, V), "SpatialDropout1D": ((0.0,), {}, S), "SpatialDropout2D": ((0.0,), {}, I),
    "SpatialDropout3D": ((0.0,), {}, C), "Conv1D": ((3, 2), {}, S), "Conv2D": ((3, 3), {}, I), "Conv3D": ((2, 2), {}, C), "Conv1DTranspose": ((3, 2), {}, S),
    "Conv2DTranspose": ((3, 3), {}, I), "Conv3DTranspose": ((2, 2), {}, C), "DepthwiseConv1D": ((2,), {}, S), "DepthwiseConv2D": ((3,), {}, I),
    "SeparableConv1D": ((3, 2), {}, S), "SeparableConv2D": ((3, 3), {}, I), "SimpleRNN": ((3,), {}, S), "LSTM": ((3,), {}, S), "GRU": ((3,), {}, S),
    **{f"{k}Pooling{n}D": ((2,), {}, s) for k in ("Max", "Average") for n, s in ((1, S), (2, I), (3, C))},
    **{f"Global{k}Pooling{n}D": ((), {}, s) for k in ("Max", "Average") for n, s in ((1, S), (2, I), (3, C))},
    **{f"Adaptive{k}Pooling{n}D": ((2,), {}, s) for k in ("Max", "Average") for n, s in ((1, S), (2, I), (3, C))},
    **{f"{k}{n}D": ((), {}, s) for k in ("UpSampling", "ZeroPadding", "Cropping") for n, s in ((1, S), (2, I), (3, C))},
    **{k: ((), {}, V) for k in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate")}, "Dot": ((1,), {}, V),
    "Bidirectional": (lambda: L.LSTM(2),), "TimeDistributed": (lambda: L.Dense(2),), "MultiHeadAttention": ((2, 2), {}, S),
}
OPTIMIZERS = ["SGD", "Adam", "AdamW", "Adamax", "Nadam", "RMSprop", "Adagrad", "Adadelta", "Ftrl", "Lion", "Lamb", "Adafactor"]


def layer_model(name):
    case = LAYERS[name]
    cls = getattr(L, name)
    args, kwargs, shape = case if len(case) == 3 else ((case[0](),), {}, S)
    x = keras.Input(shape)
    if name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot"):
        y = cls(**({"axes": 1} if name == "Dot" else {}))([L.Dense(4)(x), L.Dense(4)(x)])
    elif name == "MultiHeadAttention":
        y = cls(*args)(x, x)
    else:
        y = cls(*args, **kwargs)(x)
    return keras.Model(x, L.Dense(2)(L.Flatten()(y))), shape, name == "Embedding"


def steps(model, x, y):
    return [float(model.train_on_batch(x, y)) for _ in range(5)]


def make(folder):
    cases = {f"layer-{n}": (lambda n=n: layer_model(n), "sgd") for n in LAYERS}
    cases.update({f"optimizer-{o}": (lambda: layer_model("Dense"), o) for o in OPTIMIZERS})
    index = {}
    for name, (build, optimizer) in cases.items():
        keras.utils.set_random_seed(1)
        model, shape, whole = build()
        rng = np.random.default_rng(0)
        x = rng.integers(0, 10, (4, *shape)).astype("float32") if whole else rng.standard_normal((4, *shape)).astype("float32")
        y = rng.standard_normal((4, 2)).astype("float32")
        model.compile(getattr(keras.optimizers, optimizer)() if optimizer != "sgd" else keras.optimizers.SGD(0.01, momentum=0.9), "mse")
        steps(model, x, y)
        model.save(os.path.join(folder, f"{name}.keras"))
        predictions = model.predict_on_batch(x)
        index[name] = {"shape": list(x.shape), "x": x.ravel().tolist(), "y": y.ravel().tolist(), "predictions": np.asarray(predictions).ravel().tolist(), "losses": steps(model, x, y)}
    json.dump(index, open(os.path.join(folder, "index.json"), "w"))
    print(f"Keras {keras.__version__} has written {len(index)} files")


def check(folder):
    index = json.load(open(os.path.join(folder, "index.json")))
    failed = []
    for name, case in index.items():
        path = os.path.join(folder, f"{name}.back.keras")
        try:
            model = keras.models.load_model(path)
            x, y = np.reshape(np.float32(case["x"]), case["shape"]), np.reshape(np.float32(case["y"]), (4, 2))
            p = np.abs(np.ravel(model.predict_on_batch(x)) - case["predictions"]).max()
            s = np.abs(np.subtract(steps(model, x, y), case["losses"])).max()
            if not (p < TOLERANCE and s < TOLERANCE):
                failed.append(f"{name}: predictions differ by {p:.1e}, the next 5 losses by {s:.1e}")
        except Exception as error:
            failed.append(f"{name}: {str(error)[:200]}")
    print(f"Keratin → Keras: {len(index) - len(failed)} of {len(index)} agree within {TOLERANCE}")
    print("\n".join(failed))
    sys.exit(bool(failed))


{"make": make, "check": check}[sys.argv[1]](sys.argv[2])
