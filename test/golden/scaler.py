"""Reference values of StandardScaler, made with scikit-learn 1.2 into scaler.json beside this file.

Run: python3 test/golden/scaler.py
"""
import json
import pathlib

import numpy as np
from sklearn.preprocessing import StandardScaler

rng = np.random.default_rng(20240608)


def example(name, x):
    x = np.asarray(x, float)
    scaler = StandardScaler().fit(x)
    return {"name": name, "x": x.tolist(), "mean": scaler.mean_.tolist(), "scale": scaler.scale_.tolist(),
            "transformed": scaler.transform(x).tolist()}


normal = rng.normal(size=(40, 3)) * [1, 50, 1e-3] + [0, 1000, 5]
golden = [
    example("three columns", normal),
    example("one row", [[3, -4]]),
    example("a column of equal values", [[0.1, 1], [0.1, 2], [0.1, 3], [0.1, 5], [0.1, 8], [0.1, 13], [0.1, 21]]),
    example("seconds of the epoch", 1.7e9 + rng.integers(0, 1000, size=(30, 1))),
    example("tiny values", rng.normal(size=(20, 2)) * 1e-12),
]
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(golden, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n")
