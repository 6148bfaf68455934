"""Makes npy.json: NPY and NPZ files written by numpy, with their values.

Run: python3 test/golden/npy.py > test/golden/npy.json
"""

import base64
import io
import json
import warnings

import numpy as np

warnings.simplefilter("ignore")
random = np.random.default_rng(4)


def text(data):
    return base64.b64encode(data).decode()


def saved(array, version=None):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=version)
    return text(file.getvalue())


def values(array):
    """In C order, as text where JSON's numbers would lose something."""
    return [repr(value) if isinstance(value, float) else int(value) for value in np.ravel(array).tolist()]


def entry(name, array, version=None):
    return {
        "name": name,
        "type": array.dtype.str if array.dtype.str != "<u1" else "|u1",
        "fortran": bool(array.flags.f_contiguous and not array.flags.c_contiguous),
        "shape": list(array.shape),
        "values": values(array),
        "file": saved(array, version),
    }


def extremes(dtype):
    if np.dtype(dtype).kind == "b":
        return np.array([[True, False, True], [False, False, True]])
    if np.dtype(dtype).kind == "f":
        info = np.finfo(dtype)
        tiny = np.nextafter(np.array(0, dtype), np.array(1, dtype))
        return np.array([[0.1, -0.0, info.max], [info.min, tiny, info.tiny]], dtype)
    info = np.iinfo(dtype)
    low, high = max(info.min, -(2**53) + 1), min(info.max, 2**53 - 1)
    return np.array([[0, 1, high], [low, 2, high - 1]], dtype)


types = ["?", "u1", "i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f2", "<f4", "<f8"]
arrays = [entry(f"type {np.dtype(t).str}", extremes(t)) for t in types]
arrays += [entry(f"Fortran order of {np.dtype(t).str}", np.asfortranarray(extremes(t))) for t in types]
cube = np.arange(24, dtype="<i2").reshape(2, 3, 4)
arrays += [
    entry("three dimensions", cube),
    entry("three dimensions in Fortran order", np.asfortranarray(cube)),
    entry("four dimensions in Fortran order", np.asfortranarray(np.arange(120, dtype="u1").reshape(2, 3, 4, 5))),
    entry("one dimension", np.arange(5, dtype="<f4")),
    entry("no dimension", np.array(7.5)),
    entry("no rows", np.zeros((0, 3), "<f4")),
    entry("no columns, in Fortran order", np.asfortranarray(np.zeros((3, 0, 2), "<f4"))),
    entry("version 2", extremes("<f4"), (2, 0)),
    entry("version 3", extremes("<f4"), (3, 0)),
]

halves = random.integers(0, 2**16, 300).astype("<u2")
specials = [0, 1, 0x3FF, 0x400, 0x7BFF, 0x7C00, 0x8000, 0xFC00]
halves = np.concatenate([np.array(specials, "<u2"), halves]).view("<f2")
halves = halves[~np.isnan(halves)]
narrow = np.concatenate(
    [
        random.normal(0, 1, 100) * 2.0 ** random.integers(-30, 20, 100),
        # ties, and what lies beside them
        np.array([1 + 2**-11, 1 + 3 * 2**-11, 2**-25, 2**-25 * 1.0001, 3 * 2**-25, 65519.996, 65520, 2**-14 - 2**-25]),
        -np.array([1 + 2**-11, 2**-26, 65504, 1e30, 0.0]),
    ]
).astype("<f4")


def npz(save, **entries):
    file = io.BytesIO()
    save(file, **entries)
    return text(file.getvalue())


parts = {
    "x_train": random.integers(0, 256, (6, 4, 4), "u1"),
    "y_train": np.array([0, 1, 2, 0, 1, 2], "<i8"),
    "x_test": random.integers(0, 256, (3, 4, 4), "u1"),
    "y_test": np.array([2, 1, 0], "u1"),
}
print(
    json.dumps(
        {
            "arrays": arrays,
            "halves": {"bits": halves.view("<u2").tolist(), "wide": halves.astype("<f4").view("<u4").tolist()},
            "narrowed": {"wide": narrow.view("<u4").tolist(), "bits": narrow.astype("<f2").view("<u2").tolist()},
            "refused": {
                "big-endian": saved(np.arange(3, dtype=">f4")),
                "objects": text((lambda f: (np.save(f, np.array([{}, 1], object), allow_pickle=True), f.getvalue())[1])(io.BytesIO())),
                "words": saved(np.array(["a", "bc"])),
                "a record": saved(np.zeros(2, [("a", "<f4"), ("b", "<i4")])),
                "complex": saved(np.zeros(2, "<c8")),
                "time": saved(np.zeros(2, "<M8[s]")),
                "long": saved(np.array([1, 2**53], "<i8")),
            },
            "npz": {
                "stored": npz(np.savez, **parts),
                "compressed": npz(np.savez_compressed, **parts),
                "shapes": {name: list(array.shape) for name, array in parts.items()},
                "values": {name: values(array) for name, array in parts.items()},
            },
        }
    )
)
