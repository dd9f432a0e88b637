"""Peer `pytorch`: PyTorch in eager mode, the usual training loop over tensors in memory, default threads."""

import numpy as np
import torch
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
from torch import nn

# The last softmax is part of the loss, as PyTorch advises; `predict` applies it.
LAYERS = {
    "multinom": lambda: [nn.Flatten(), nn.Linear(784, 10)],
    "ffnn": lambda: [nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10)],
    "dffnn": lambda: [
        nn.Flatten(),
        nn.Linear(784, 128),
        nn.ReLU(),
        nn.Linear(128, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    ],
    "cnn": lambda: [
        nn.Conv2d(1, 6, 5),
        nn.MaxPool2d(4),
        nn.Flatten(),
        nn.Linear(216, 32),
        nn.ReLU(),
        nn.Linear(32, 10),
    ],
    "cnn_2": lambda: [
        nn.Conv2d(1, 6, 3),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 12, 3),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(300, 32),
        nn.ReLU(),
        nn.Linear(32, 10),
    ],
}


def new_model(name):
    model = nn.Sequential(*LAYERS[name]())
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, betas=(BETA_1, BETA_2), eps=EPSILON)
    return model, optimizer


def train_epoch(model, optimizer, x, y):
    """One epoch in a new random order; returns the mean loss and the accuracy."""
    model.train()
    loss_sum = torch.zeros(())
    correct = torch.zeros((), dtype=torch.int64)
    batches = torch.randperm(len(y)).split(BATCH_SIZE)
    for batch in batches:
        inputs, targets = x[batch], y[batch]
        optimizer.zero_grad()
        logits = model(inputs)
        loss = nn.functional.cross_entropy(logits, targets)
        loss.backward()
        optimizer.step()
        loss_sum += loss.detach()
        correct += (logits.detach().argmax(1) == targets).sum()
    return loss_sum.item() / len(batches), correct.item() / len(y)


def predict(model, x):
    model.eval()
    with torch.inference_mode():
        return torch.cat([model(batch).softmax(1) for batch in x.split(BATCH_SIZE)])


def main():
    arguments = parse_arguments(__doc__)
    images, labels = load_training_data(arguments)
    x_flat, y = torch.from_numpy(images), torch.from_numpy(labels).long()
    versions = {"python": python_version(), "torch": torch.__version__, "numpy": np.__version__}
    for name in arguments.models:
        torch.manual_seed(45)
        x = x_flat[:, None] if name.startswith("cnn") else x_flat

        fresh, fresh_optimizer = new_model(name)
        first_step = seconds(lambda: train_epoch(fresh, fresh_optimizer, x[:BATCH_SIZE], y[:BATCH_SIZE]))

        model, optimizer = new_model(name)
        train_epoch(model, optimizer, x, y)
        epochs = [seconds(lambda: train_epoch(model, optimizer, x, y)) for _ in range(arguments.rounds)]
        predict(model, x)
        predictions = [seconds(lambda: predict(model, x)) for _ in range(arguments.rounds)]
        report(
            "pytorch",
            versions,
            name,
            microseconds_per_step(epochs, arguments.steps),
            microseconds_per_step(predictions, arguments.steps),
            first_step,
        )


if __name__ == "__main__":
    main()
