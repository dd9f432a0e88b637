"""Small .npz files as NumPy writes them. Usage: python npz.py; writes ../npz.json (base64 by name)."""

import base64
import io
import json
import pathlib

import numpy as np

SEED = np.random.default_rng(7)


def samples(count, dtype):
    pixels = np.zeros((count, 28, 28), dtype)
    pixels[:, 4:9, 4:9] = SEED.integers(0, 256, (count, 1, 1))
    return pixels, (np.arange(count) * 3 % 10).astype(dtype)


def mnist(dtype, save, **changes):
    (x_train, y_train), (x_test, y_test) = samples(3, dtype), samples(2, dtype)
    arrays = dict(x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test) | changes
    buffer = io.BytesIO()
    save(buffer, **{name: array for name, array in arrays.items() if array is not None})
    return base64.b64encode(buffer.getvalue()).decode()


files = {
    "compressed": mnist(np.uint8, np.savez_compressed),
    "stored": mnist(np.uint8, np.savez),
    "int64": mnist(np.int64, np.savez_compressed),
    "float64": mnist(np.float64, np.savez_compressed),
    "without_y_test": mnist(np.uint8, np.savez_compressed, y_test=None),
    "fortran": mnist(np.uint8, np.savez_compressed, x_train=np.asfortranarray(samples(3, np.uint8)[0])),
    "text": mnist(np.uint8, np.savez_compressed, y_train=np.array(["0", "1", "2"])),
    "swapped": mnist(np.uint8, np.savez_compressed, x_train=samples(3, np.uint8)[1]),
    "other_length": mnist(np.uint8, np.savez_compressed, y_train=samples(4, np.uint8)[1]),
}
path = pathlib.Path(__file__).parent.parent / "npz.json"
path.write_text(json.dumps(files, indent=0) + "\n")
