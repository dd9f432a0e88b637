"""Calls of keras.ops: (name, arguments, settings by name, how they are tried)."""
import numpy as np
from opsNumbers import INF, NAN, f, f32, i


def elementwise():
    x, y = f(3, 4), f(3, 4, seed=1)
    unit = np.array([-0.9, -0.5, -0.1, 0.0, 0.3, 0.7, 0.99], f32)
    wide = np.array([-40, -3, -0.5, -1e-3, 0.0, 1e-4, 0.7, 5, 60], f32)
    odd = np.array([-INF, -2.5, -0.0, 0.0, 1.5, INF, NAN], f32)
    whole = i(-7, -3, 0, 5, 12, 100)
    for name in ("tan", "arctan", "sinh", "cosh", "arcsinh", "exp2", "cbrt", "sinc", "deg2rad", "rad2deg", "fabs", "erfc", "i0"):
        yield name, [np.array([v for v in wide if (v or name not in ("cbrt", "fabs")) and (abs(v) > 0.1 or name != "sinc")], f32) / (10 if name == "i0" else 1)], {}
    for name in ("arcsin", "arccos", "arctanh", "erfinv"):
        yield name, [unit], {}
    yield "erfinv", [np.array([-1, 1, 0.99999], f32)], {}, {"grad": False}
    yield "i0", [np.array([7.9, 8.1, 20, 80], f32)], {}
    yield "arccosh", [np.array([1.001, 1.5, 3, 1e12], f32)], {}
    for name in ("log2", "log10"):
        yield name, [np.array([0.1, 0.5, 1, 8, 1000], f32)], {}
        yield name, [i(1, 2, 100)], {}
    for name in ("arctan", "cosh", "trunc", "fabs", "angle"):
        yield name, [i(-2, 0, 3)], {}
    for name in ("trunc", "signbit", "isposinf", "isneginf", "isreal", "nan_to_num", "angle", "real", "imag", "conj", "conjugate", "arctan", "sinh", "tan"):
        yield name, [odd], {}, {"grad": False}
    yield "nan_to_num", [odd], {"nan": 1.5, "posinf": 7.0, "neginf": -8.0}
    yield "signbit", [whole], {}
    for name in ("arctan2", "hypot", "logaddexp", "logaddexp2", "fmax", "fmin", "fmod", "true_divide"):
        yield name, [x, y], {}
        yield name, [f(3, 1, seed=2), f(4, seed=3)], {}
    signs = np.array([[-INF, -1, -0.0, 0.0, 1, INF, NAN]], f32)
    for name in ("arctan2", "hypot", "logaddexp", "logaddexp2", "fmax", "fmin", "nextafter", "heaviside"):
        yield name, [signs.reshape(7, 1), signs], {}, {"grad": False}
    for name in ("gcd", "lcm", "fmod"):
        yield name, [whole, i(4, -9, 0, 10, 18, 75) if name != "fmod" else i(4, -9, 2, 10, 18, 7)], {}
    for name in ("arctan2", "hypot", "fmax"):
        yield name, [whole, i(4, -9, 0, 10, 18, 75)], {}
    yield "ldexp", [f(6), i(-3, 0, 1, 7, 100, -140)], {}
    yield "logical_xor", [np.array([True, True, False, False]), np.array([True, False, True, False])], {}
    yield "isclose", [f32([1, 1, NAN, INF, 0]), f32([1, 1.0001, NAN, INF, 1e-9])], {}
    yield "isclose", [f32([1, 1, NAN, INF, 0]), f32([1, 1.0001, NAN, INF, 1e-9])], {"rtol": 0.001, "equal_nan": True}
    yield "allclose", [f32([1, 2]), f32([1, 2.000001])], {}
    yield "allclose", [f32([1, NAN]), f32([1, NAN])], {"equal_nan": False}
    yield "isin", [i(1, 2, 3, 4), i(4, 2)], {}
    yield "isin", [f(2, 3), f(2, 3)[:, :1]], {"invert": True}
    u8 = np.array([1, 200, 255, 16], "uint8")
    for name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
        yield name, [whole, i(4, -9, 0, 10, 18, 75)], {}
        yield name, [u8, u8[::-1].copy()], {}
    for name in ("bitwise_not", "bitwise_invert"):
        yield name, [whole], {}
        yield name, [u8], {}
    for name in ("bitwise_left_shift", "bitwise_right_shift", "left_shift", "right_shift"):
        yield name, [whole, i(1, 2, 3, 31, 4, 5)], {}
        yield name, [u8, np.array([1, 2, 3, 7], "uint8")], {}
    yield "saturate_cast", [f32([-5, 3.7, 300, 1e20])], {"dtype": "uint8"}, {"symbolic": False}
    yield "saturate_cast", [i(-5, 3, 300)], {"dtype": "uint8"}, {"symbolic": False}
