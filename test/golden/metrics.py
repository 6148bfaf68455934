"""Reference values of classification and regression metrics, made with scikit-learn 1.2 into metrics.json beside this file.

Run: python3 test/golden/metrics.py
"""
import json
import math
import pathlib
import warnings

import numpy as np
from sklearn import metrics

warnings.filterwarnings("ignore")
rng = np.random.default_rng(20240607)


def noisy(rows, classes, error, weights=None):
    true = rng.choice(classes, rows, p=weights)
    wrong = rng.random(rows) < error
    return true, np.where(wrong, rng.choice(classes, rows), true)


def confusion(true, pred, labels):
    # scikit-learn refuses labels of which none is in the true ones; the matrix is all zeros then.
    if labels is not None and not np.isin(labels, true).any():
        return [[0] * len(labels)] * len(labels)
    return metrics.confusion_matrix(true, pred, labels=labels).tolist()


def classification(name, true, pred, labels=None, names=None, digits=2):
    scores = metrics.precision_recall_fscore_support(true, pred, labels=labels, zero_division=0)
    averages = {
        average: [float(v) for v in metrics.precision_recall_fscore_support(
            true, pred, labels=labels, average=average, zero_division=0)[:3]]
        for average in ("macro", "weighted", "micro")
    }
    plain = lambda values: np.asarray(values).tolist()
    return {
        "name": name, "true": plain(true), "pred": plain(pred), "labels": labels, "names": names, "digits": digits,
        "accuracy": float(metrics.accuracy_score(true, pred)),
        "confusion": confusion(true, pred, labels),
        "precision": plain(scores[0]), "recall": plain(scores[1]), "f1": plain(scores[2]), "support": plain(scores[3]),
        **averages,
        "report": metrics.classification_report(
            true, pred, labels=labels, target_names=names, digits=digits, zero_division=0),
    }


def regression(name, true, pred):
    true, pred = np.asarray(true, float), np.asarray(pred, float)
    r2 = float(metrics.r2_score(true, pred))
    return {
        "name": name, "outputs": 1 if true.ndim == 1 else true.shape[1],
        "true": true.ravel().tolist(), "pred": pred.ravel().tolist(),
        "mse": float(metrics.mean_squared_error(true, pred)),
        "rmse": float(metrics.mean_squared_error(true, pred, squared=False)),
        "mae": float(metrics.mean_absolute_error(true, pred)),
        "r2": None if math.isnan(r2) else r2,
    }


ten = noisy(400, np.arange(10), 0.3)
skewed = noisy(300, np.arange(4), 0.5, [0.9, 0.06, 0.03, 0.01])
words = noisy(60, np.array(["Ankle boot", "Bag", "a", "Zoo", "\u00e4", "\U0001f600 smile", "\uff21"]), 0.4)
huge = noisy(200, np.array([-3, 2, 10, 100]), 0.4)
x = rng.normal(size=200)
two = rng.normal(size=(50, 2)) * [1, 100] + [0, 1000]

golden = {
    "classification": [
        classification("ten classes", *ten),
        classification("ten classes, named", *ten, labels=list(range(10)), names=[f"digit number {i}" for i in range(10)]),
        classification("four digits", *ten, digits=4),
        classification("no digits", *ten, digits=0),
        classification("many digits", *ten, digits=13),
        classification("skewed", *skewed),
        classification("strings", *words),
        classification("numbers that sort by value", *huge),
        classification("one class only", [3, 3, 3], [3, 3, 3]),
        classification("one row, wrong", [0], [1]),
        classification("a class never predicted", [0, 1, 2, 2], [0, 1, 1, 0]),
        classification("a class that never occurs", [0, 0, 1, 1], [0, 2, 1, 2]),
        classification("nothing right", [0, 0, 1, 1], [1, 1, 0, 0]),
        classification("fewer labels than classes", *ten, labels=[7, 2]),
        classification("more labels than classes", [0, 1, 1], [0, 1, 0], labels=[0, 1, 2]),
        classification("labels that do not occur at all", [0, 1, 1], [0, 1, 0], labels=[5, 6]),
        classification("labels in reverse", *skewed, labels=[3, 2, 1, 0]),
        *[classification(f"exact halves, {n} of 8", [0] * 8 + [1] * 8, [0] * n + [1] * (8 - n) + [1] * 7 + [0])
          for n in range(9)],
        *[classification(f"exact halves to 1 digit, {n} of 4", [0] * 4, [0] * n + [1] * (4 - n), digits=1)
          for n in range(5)],
    ],
    "regression": [
        regression("noisy line", 3 * x + 1, 3 * x + 1 + rng.normal(size=200)),
        regression("worse than the mean", x, -x),
        regression("perfect", x[:5], x[:5]),
        regression("far from zero", 1e6 + x, 1e6 + x * 0.9),
        regression("equal targets, perfect", [2, 2, 2], [2, 2, 2]),
        regression("equal targets, not perfect", [2, 2, 2], [2, 2, 3]),
        regression("one row", [1], [2]),
        regression("two outputs", two, two + rng.normal(size=(50, 2)) * [0.5, 10]),
    ],
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(golden, indent=None, separators=(",", ":"), ensure_ascii=True).replace('{"name"', '\n{"name"') + "\n")
