"""Calls for pictures, classes and signals: (name, arguments, settings by name, how they are tried)."""
import numpy as np
from opsNumbers import f, f32, i


def blocks():
    for data_format in ("channels_last", "channels_first"):
        yield "depth_to_space", [f(2, 8, 3, 8) if data_format == "channels_first" else f(2, 2, 3, 8)], {"block_size": 2, "data_format": data_format}
        yield "space_to_depth", [f(2, 6, 4, 8, seed=1)], {"block_size": 2, "data_format": data_format}
    picture = f(2, 3, 5, 6)
    yield "unfold", [picture], {"kernel_size": 2}
    yield "unfold", [picture], {"kernel_size": [3, 2], "dilation": [1, 2], "padding": [1, 0], "stride": [2, 1]}
    yield "fold", [f(2, 3 * 4, 4 * 5)], {"output_size": [5, 6], "kernel_size": 2}
    yield "fold", [f(2, 3 * 6, 3 * 4)], {"output_size": [5, 6], "kernel_size": [3, 2], "dilation": [1, 2], "padding": [1, 0], "stride": [2, 1]}
    yield "multi_hot", [i(0, 2, 2)], {"num_classes": 4}
    yield "multi_hot", [np.stack([i(0, 2, 2), i(1, 1, -1)])], {"num_classes": 4}
    yield "multi_hot", [np.stack([i(0, 2, 2), i(1, 1, 5)])], {"num_classes": 4, "dtype": "int32"}
    yield "psnr", [f(2, 4, 4, 3), f(2, 4, 4, 3, seed=1)], {"max_val": 1.5}
    p, q = np.abs(f(3, 4)) / 4, np.abs(f(3, 4, seed=1)) / 4
    for logits in (False, True):
        for name in ("binary_crossentropy", "categorical_crossentropy"):
            yield name, [p, f(3, 4, seed=2) if logits else q], {"from_logits": logits}
        yield "categorical_crossentropy", [p, f(3, 4, seed=2) if logits else q], {"from_logits": logits, "axis": 0}
        yield "sparse_categorical_crossentropy", [i(1, 0, 3), f(3, 4, seed=2) if logits else q], {"from_logits": logits}
    yield "sparse_categorical_crossentropy", [np.stack([i(1, 0), i(3, 9)]).reshape(2, 2, 1), np.abs(f(2, 2, 4))], {}
    yield "binary_crossentropy", [f32([0, 1, 1]), f32([0, 0.2, 1])], {}, {"grad": False}
    yield "convert_to_tensor", [f(2, 2)], {}
    yield "convert_to_tensor", [f(2, 2)], {"dtype": "int32"}
    near = {"tolerance": 2e-6}
    for n in (1, 5, 8, 12, 37, 60, 64, 77):
        yield "fft", [[f(2, n), f(2, n, seed=1)]], {}, near
    yield "fft2", [[f(2, 3, 4), f(2, 3, 4, seed=1)]], {}, near
    yield "ifft2", [[f(2, 6, 35), f(2, 6, 35, seed=1)]], {}, near
    for n, length in ((6, None), (7, None), (8, 5), (8, 12)):
        yield "rfft", [f(2, n)], {"fft_length": length}, near
        yield "irfft", [[f(2, n), f(2, n, seed=1)]], {"fft_length": length}, near
    yield "irfft", [[f(5), f(5, seed=1)]], {"fft_length": 9}, near
    yield "extract_sequences", [f(2, 10)], {"sequence_length": 4, "sequence_stride": 3}
    yield "extract_sequences", [f(9)], {"sequence_length": 3, "sequence_stride": 1}
    for window in ("hann", "hamming", None):
        for center in (True, False):
            options = {"sequence_length": 6, "sequence_stride": 3, "fft_length": 8, "window": window, "center": center}
            yield "stft", [f(2, 20)], options, near
            inverse = {"sequence_length": 6, "sequence_stride": 3, "fft_length": 8, "length": 9 if window == "hamming" else None, "window": window, "center": center}
            yield "istft", [[f(2, 5, 5), f(2, 5, 5, seed=1)]], inverse, near
