"""Peer `raw-jax`: JAX without a framework. A whole epoch is one compiled `lax.scan` over gathered batches."""

import os

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import jax.numpy as jnp
import numpy as np
from common import (
    BATCH_SIZE,
    BETA_1,
    BETA_2,
    EPSILON,
    LEARNING_RATE,
    load_training_data,
    microseconds_per_step,
    parse_arguments,
    python_version,
    report,
    seconds,
)
from jax import lax

# The shape of every kernel, in order; each is followed by a bias of its last dimension.
KERNELS = {
    "multinom": [(784, 10)],
    "ffnn": [(784, 64), (64, 10)],
    "dffnn": [(784, 128), (128, 64), (64, 10)],
    "cnn": [(5, 5, 1, 6), (216, 32), (32, 10)],
    "cnn_2": [(3, 3, 1, 6), (3, 3, 6, 12), (300, 32), (32, 10)],
}
POOLING = {"cnn": 4, "cnn_2": 2}


def initial_parameters(name, key):
    """Glorot uniform kernels and zero biases."""
    parameters = []
    for shape in KERNELS[name]:
        key, subkey = jax.random.split(key)
        receptive_field = int(np.prod(shape[:-2]))
        limit = (6 / (receptive_field * (shape[-2] + shape[-1]))) ** 0.5
        parameters.append((jax.random.uniform(subkey, shape, minval=-limit, maxval=limit), jnp.zeros(shape[-1])))
    return parameters


def convolve(x, kernel):
    return lax.conv_general_dilated(x, kernel, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def max_pool(x, size):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, size, size, 1), (1, size, size, 1), "VALID")


def logits_of(name, parameters, x, dropout_key=None):
    """x [batch, 28, 28] to logits [batch, 10]; drops a fifth of cnn_2's features when a key is given."""
    *hidden, (last_kernel, last_bias) = parameters
    if name in POOLING:
        x = x[..., None]
    dense_started = False
    for kernel, bias in hidden:
        if kernel.ndim == 4:
            x = max_pool(convolve(x, kernel) + bias, POOLING[name])
            continue
        if not dense_started:
            x = x.reshape(x.shape[0], -1)
            dense_started = True
            if name == "cnn_2" and dropout_key is not None:
                x = jnp.where(jax.random.bernoulli(dropout_key, 0.8, x.shape), x / 0.8, 0)
        x = jax.nn.relu(x @ kernel + bias)
    return x.reshape(x.shape[0], -1) @ last_kernel + last_bias


def loss_of(parameters, name, x, y, dropout_key):
    logits = logits_of(name, parameters, x, dropout_key)
    loss = -jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], axis=1).mean()
    return loss, (logits.argmax(-1) == y).sum()


def make_epoch(name):
    """(state, images, labels, order [steps, 32], key) -> (state, loss sum, correct), compiled as one program."""

    def epoch(state, images, labels, order, key):
        def step(carry, batch):
            (parameters, first, second, iteration), loss_sum, correct = carry
            x, y = images[batch], labels[batch]
            dropout_key = jax.random.fold_in(key, iteration)
            (loss, right), gradients = jax.value_and_grad(loss_of, has_aux=True)(parameters, name, x, y, dropout_key)
            iteration = iteration + 1
            rate = LEARNING_RATE * jnp.sqrt(1 - BETA_2**iteration) / (1 - BETA_1**iteration)
            first = jax.tree.map(lambda m, g: m + (1 - BETA_1) * (g - m), first, gradients)
            second = jax.tree.map(lambda v, g: v + (1 - BETA_2) * (g * g - v), second, gradients)
            parameters = jax.tree.map(
                lambda p, m, v: p - rate * m / (jnp.sqrt(v) + EPSILON), parameters, first, second
            )
            return ((parameters, first, second, iteration), loss_sum + loss, correct + right), None

        carry, _ = lax.scan(step, (state, jnp.float32(0), jnp.int32(0)), order)
        return carry

    return jax.jit(epoch, donate_argnums=0)


def make_predict(name):
    """(parameters, images [steps, 32, 28, 28]) -> probabilities, compiled as one program."""
    return jax.jit(
        lambda parameters, batches: lax.map(lambda x: jax.nn.softmax(logits_of(name, parameters, x)), batches)
    )


def new_state(name):
    parameters = initial_parameters(name, jax.random.key(45))
    zeros = jax.tree.map(jnp.zeros_like, parameters)
    return parameters, zeros, jax.tree.map(jnp.zeros_like, parameters), jnp.float32(0)


def main():
    arguments = parse_arguments(__doc__)
    steps = arguments.steps
    numpy_images, numpy_labels = load_training_data(arguments)
    images, labels = jnp.asarray(numpy_images), jnp.asarray(numpy_labels)
    generator = np.random.default_rng(45)
    key = jax.random.key(45)
    versions = {"python": python_version(), "jax": jax.__version__, "numpy": np.__version__}
    for name in arguments.models:
        # A scan of one step, compiled and run.
        fresh = jax.block_until_ready(new_state(name))
        one_batch = np.arange(BATCH_SIZE, dtype=np.int32).reshape(1, BATCH_SIZE)
        first_epoch = make_epoch(name)
        first_step = seconds(lambda: jax.block_until_ready(first_epoch(fresh, images, labels, one_batch, key)))

        epoch = make_epoch(name)
        state = new_state(name)

        def train():
            nonlocal state
            order = generator.permutation(len(numpy_labels)).astype(np.int32).reshape(steps, BATCH_SIZE)
            state, _, _ = jax.block_until_ready(epoch(state, images, labels, order, key))

        train()
        epochs = [seconds(train) for _ in range(arguments.rounds)]

        predict = make_predict(name)
        parameters = state[0]
        batches = images.reshape(steps, BATCH_SIZE, 28, 28)

        def predict_all():
            np.asarray(predict(parameters, batches))

        predict_all()
        predictions = [seconds(predict_all) for _ in range(arguments.rounds)]
        report(
            "raw-jax",
            versions,
            name,
            microseconds_per_step(epochs, steps),
            microseconds_per_step(predictions, steps),
            first_step,
        )


if __name__ == "__main__":
    main()
