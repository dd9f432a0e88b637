"""Operations of Keras on JAX, in functional models and by themselves: writes ../operations.json. Needs keras 3.15.1, jax 0.10.2.

Usage: python operations.py     tests/parity/operations.test.ts has the same calls in TypeScript.
"""
import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
import keras
import numpy as np
from arrays import arr
from keras import ops

V, M, T, I = (3,), (2, 3), (4, 3, 2), (5, 6, 2)
# name: shapes of the inputs without the batch, the call, what kind of numbers
CASES = {
    "repeat": ([M], lambda x: ops.repeat(x, 2, axis=1)),
    "swapaxes": ([M], lambda x: ops.swapaxes(x, 1, 2)),
    "moveaxis": ([T], lambda x: ops.moveaxis(x, 1, -1)),
    "roll": ([M], lambda x: ops.roll(x, 1, axis=-1)),
    "append": ([M, M], lambda x, y: ops.append(x, y, axis=1)),
    "hstack": ([M, M], lambda x, y: ops.hstack([x, y])),
    "dstack": ([M, M], lambda x, y: ops.dstack([x, y])),
    "array_split": ([(5,)], lambda x: ops.array_split(x, 2, axis=1)),
    "hsplit": ([(4,)], lambda x: ops.hsplit(x, 2)),
    "unstack": ([M], lambda x: ops.unstack(x, axis=1)),
    "rot90": ([I], lambda x: ops.rot90(x, k=1, axes=(1, 2))),
    "fliplr": ([M], lambda x: ops.fliplr(x)),
    "diff": ([M], lambda x: ops.diff(x, axis=-1)),
    "concatenate": ([M, M], lambda x, y: ops.concatenate([x, y], axis=-1)),
    "normalize": ([M], lambda x: ops.normalize(x, axis=-1, order=1)),
    "moments": ([M], lambda x: ops.moments(x, axes=[1], keepdims=True)),
    "batch_normalization": ([V], lambda x: ops.batch_normalization(x, np.float32([0, 1, 2]), np.float32([1, 2, 3]), axis=-1, scale=np.float32([1, 2, 3]))),
    "layer_normalization": ([M], lambda x: ops.layer_normalization(x, gamma=np.float32([1, 2, 3]), axis=-1)),
    "rms_normalization": ([M], lambda x: ops.rms_normalization(x, scale=np.float32([1, 2, 3]))),
    "einsum": ([M, (3, 2)], lambda x, y: ops.einsum("bij,bjk->bik", x, y)),
    "dot_product_attention": ([(3, 2, 4), (5, 2, 4), (5, 2, 4)], lambda q, k, v: ops.dot_product_attention(q, k, v, is_causal=True, scale=0.5)),
    "resize": ([I], lambda x: ops.image.resize(x, (3, 4), interpolation="bilinear", antialias=True)),
    "adaptive_average_pool": ([I], lambda x: ops.adaptive_average_pool(x, (2, 2))),
    "adaptive_max_pool": ([I], lambda x: ops.adaptive_max_pool(x, (2, 3))),
    "separable_conv": ([I], lambda x: ops.separable_conv(x, numbers(2, 2, 2, 1), numbers(1, 1, 2, 3), padding="same")),
    "conv_transpose": ([I], lambda x: ops.conv_transpose(x, numbers(2, 2, 3, 2), strides=2)),
}


def numbers(*shape):
    """sin(1), sin(2), …: the same in TypeScript."""
    return np.sin(np.arange(1, 1 + int(np.prod(shape)))).astype("float32").reshape(shape)


lines = []
for name, (shapes, call) in CASES.items():
    keras.utils.clear_session()
    rng = np.random.RandomState(len(lines))
    xs = [np.round(rng.standard_normal((2, *shape)), 3).astype("float32") for shape in shapes]
    inputs = [keras.Input(shape) for shape in shapes]
    model = keras.Model(inputs, call(*inputs))
    outputs = keras.tree.flatten(call(*xs))
    case = {"name": name, "inputs": [arr(x) for x in xs], "outputs": [arr(y) for y in outputs], "model": json.loads(model.to_json())}
    lines.append(json.dumps(case, separators=(",", ":")))
text = ",\n".join(lines)
(Path(__file__).parent.parent / "operations.json").write_text(f'{{"keras":"{keras.__version__}","cases":[\n{text}\n]}}\n')
print(len(lines), "operations")
