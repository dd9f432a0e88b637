"""Calls of keras.ops.image: (name, arguments, settings by name, how they are tried)."""
import numpy as np
from opsNumbers import f, f32


def pictures():
    rgb = (np.arange(2 * 4 * 5 * 3) * 37 % 101 / 100).astype(f32).reshape(2, 4, 5, 3)
    first = np.moveaxis(rgb, -1, 1).copy()
    for name in ("image.rgb_to_grayscale", "image.rgb_to_hsv", "image.hsv_to_rgb"):
        yield name, [rgb], {"data_format": "channels_last"}
        yield name, [first], {"data_format": "channels_first"}
        yield name, [rgb[0]], {"data_format": "channels_last"}
    yield "image.rgb_to_grayscale", [(rgb * 255).astype("uint8")], {"data_format": "channels_last"}
    yield "image.rgb_to_grayscale", [rgb[..., :1]], {"data_format": "channels_last"}
    last = {"data_format": "channels_last"}
    yield "image.pad_images", [rgb], {"top_padding": 1, "left_padding": 2, "bottom_padding": 0, "right_padding": 3, **last}
    yield "image.pad_images", [rgb[0]], {"top_padding": 1, "right_padding": 1, "target_height": 7, "target_width": 8, **last}
    yield "image.pad_images", [first], {"top_padding": 1, "left_padding": 2, "bottom_padding": 0, "right_padding": 3, "data_format": "channels_first"}
    yield "image.crop_images", [rgb], {"top_cropping": 1, "left_cropping": 2, "bottom_cropping": 1, "right_cropping": 0, **last}
    yield "image.crop_images", [rgb[0]], {"bottom_cropping": 1, "right_cropping": 1, "target_height": 2, "target_width": 3, **last}
    yield "image.crop_images", [first], {"top_cropping": 1, "left_cropping": 2, "target_height": 2, "target_width": 1, "data_format": "channels_first"}
    yield "image.extract_patches", [rgb], {"size": 2, **last}
    yield "image.extract_patches", [rgb[0]], {"size": [3, 2], "strides": 1, "padding": "same", **last}
    yield "image.extract_patches", [f(1, 3, 4, 4, 2)], {"size": [2, 2, 2], "strides": [1, 2, 2], **last}
    yield "image.extract_patches_3d", [f(1, 3, 4, 4, 2)], {"size": 2, "strides": 1, "dilation_rate": 1, "padding": "valid", **last}, {"symbolic": False}
    yield "image.gaussian_blur", [rgb], {"kernel_size": [3, 5], "sigma": [0.8, 1.5], **last}
    yield "image.gaussian_blur", [first[0]], {"kernel_size": [3, 3], "sigma": [1.0, 1.0], "data_format": "channels_first"}
    yield "image.sobel_edges", [rgb], last
    yield "image.sobel_edges", [first], {"data_format": "channels_first"}
