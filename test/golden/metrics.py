"""Reference values of classification and regression metrics, made with scikit-learn 1.2 into metrics.json beside this file;
what scikit-learn does not have (multi-class Brier score, expected calibration error) with NumPy, tests with SciPy 1.10.

Run: python3 test/golden/metrics.py
"""
import json
import math
import pathlib
import warnings

import numpy as np
from scipy import stats
from sklearn import metrics
from sklearn.calibration import calibration_curve
from sklearn.preprocessing import label_binarize

warnings.filterwarnings("ignore")
rng = np.random.default_rng(20240607)


def noisy(rows, classes, error, weights=None):
    true = rng.choice(classes, rows, p=weights)
    wrong = rng.random(rows) < error
    return true, np.where(wrong, rng.choice(classes, rows), true)


def confusion(true, pred, labels, weight=None, normalize=None):
    # scikit-learn refuses labels of which none is in the true ones; the matrix is all zeros then.
    if labels is not None and not np.isin(labels, true).any():
        return [[0] * len(labels)] * len(labels)
    return metrics.confusion_matrix(true, pred, labels=labels, sample_weight=weight, normalize=normalize).tolist()


def plain(values):
    """As JSON has it: NaN becomes None, infinity a text."""
    values = np.asarray(values)
    if values.ndim == 0:
        value = values.item()
        if not isinstance(value, float) or math.isfinite(value):
            return value
        return None if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return [plain(value) for value in values]


def classification(name, true, pred, labels=None, names=None, digits=2, weight=None):
    scores = metrics.precision_recall_fscore_support(true, pred, labels=labels, zero_division=0, sample_weight=weight)
    averages = {
        average: [float(v) for v in metrics.precision_recall_fscore_support(
            true, pred, labels=labels, average=average, zero_division=0, sample_weight=weight)[:3]]
        for average in ("macro", "weighted", "micro")
    }
    return {
        "name": name, "true": plain(true), "pred": plain(pred), "labels": labels, "names": names, "digits": digits,
        "weight": None if weight is None else plain(weight),
        "accuracy": float(metrics.accuracy_score(true, pred, sample_weight=weight)),
        "confusion": confusion(true, pred, labels, weight),
        "normalized": {kind: confusion(true, pred, labels, weight, kind) for kind in ("true", "pred", "all")},
        "precision": plain(scores[0]), "recall": plain(scores[1]), "f1": plain(scores[2]), "support": plain(scores[3]),
        **averages,
        "fBeta": {
            str(beta): {
                average or "perClass": plain(metrics.fbeta_score(
                    true, pred, beta=beta, labels=labels, average=average, zero_division=0, sample_weight=weight))
                for average in (None, "macro", "weighted", "micro")
            } for beta in (0, 0.5, 2)
        },
        "balanced": plain(metrics.balanced_accuracy_score(true, pred, sample_weight=weight)),
        "adjusted": plain(metrics.balanced_accuracy_score(true, pred, sample_weight=weight, adjusted=True)),
        "matthews": plain(metrics.matthews_corrcoef(true, pred, sample_weight=weight)),
        "kappa": [plain(metrics.cohen_kappa_score(true, pred, weights=kind, sample_weight=weight))
                  for kind in (None, "linear", "quadratic")],
        "report": metrics.classification_report(
            true, pred, labels=labels, target_names=names, digits=digits, zero_division=0, sample_weight=weight),
    }


def regression(name, true, pred, weight=None):
    true, pred = np.asarray(true, float), np.asarray(pred, float)
    two = lambda values: values.reshape(len(values), -1)
    each = [metrics.max_error(t, p) for t, p in zip(two(true).T, two(pred).T)]
    return {
        "name": name, "outputs": 1 if true.ndim == 1 else true.shape[1],
        "true": true.ravel().tolist(), "pred": pred.ravel().tolist(),
        "weight": None if weight is None else plain(weight),
        "mse": float(metrics.mean_squared_error(true, pred, sample_weight=weight)),
        "rmse": float(metrics.mean_squared_error(true, pred, sample_weight=weight, squared=False)),
        "mae": float(metrics.mean_absolute_error(true, pred, sample_weight=weight)),
        "medianAbsoluteError": float(metrics.median_absolute_error(true, pred, sample_weight=weight)),
        "maxError": float(np.mean(each)),
        "mape": float(metrics.mean_absolute_percentage_error(true, pred, sample_weight=weight)),
        "r2": plain(metrics.r2_score(true, pred, sample_weight=weight)),
        "explainedVariance": plain(metrics.explained_variance_score(true, pred, sample_weight=weight)),
    }


def binary(name, true, score, weight=None):
    true, score = np.asarray(true), np.asarray(score, float)
    fpr, tpr, thresholds = metrics.roc_curve(true, score, pos_label=1, sample_weight=weight)
    all_points = metrics.roc_curve(true, score, pos_label=1, sample_weight=weight, drop_intermediate=False)
    precision, recall, cuts = metrics.precision_recall_curve(true, score, pos_label=1, sample_weight=weight)
    both = len(set(true.tolist())) == 2
    golden = {
        "name": name, "true": plain(true), "score": plain(score), "weight": None if weight is None else plain(weight),
        # From scikit-learn 1.3 on the first threshold is infinite; 1.2 has the highest score + 1.
        "roc": {"fpr": plain(fpr), "tpr": plain(tpr), "thresholds": plain(thresholds[1:]),
                "points": len(all_points[0])},
        "area": plain(metrics.roc_auc_score(true, score, sample_weight=weight)) if both else None,
        "pr": {"precision": plain(precision), "recall": plain(recall), "thresholds": plain(cuts)},
        "averagePrecision": plain(metrics.average_precision_score(true, score, sample_weight=weight)),
        "prArea": plain(metrics.auc(recall, precision)),
    }
    if score.min() >= 0 and score.max() <= 1:
        golden["logLoss"] = plain(metrics.log_loss(true, score, sample_weight=weight, labels=[0, 1]))
        golden["brier"] = plain(metrics.brier_score_loss(true, score, sample_weight=weight, pos_label=1))
        golden["calibration"] = {
            strategy: {str(bins): plain(calibration_curve(true, score, n_bins=bins, strategy=strategy, pos_label=1))
                       for bins in (5, 10)}
            for strategy in ("uniform", "quantile")
        }
    return golden


def expected_calibration_error(right, confidence, bins=15):
    """Guo et al. 2017: bins of equal width, closed above."""
    error = worst = 0
    for low, high in zip(np.arange(bins) / bins, np.arange(1, bins + 1) / bins):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            gap = abs(right[inside].mean() - confidence[inside].mean())
            error, worst = error + inside.mean() * gap, max(worst, gap)
    return [error, worst]


def multiclass(name, true, probability, labels, weight=None, digits=3):
    """Probabilities are rounded, so that some are equal, and no longer sum to exactly 1."""
    probability = np.round(probability, digits)
    true = np.asarray(true)
    columns = label_binarize(true, classes=labels)
    if len(labels) == 2:
        columns = np.hstack([1 - columns, columns])
    averages = ("macro", "weighted", "micro", None)
    complete = (columns.sum(axis=0) > 0).all()
    best = probability.argmax(axis=1)
    return {
        "name": name, "true": plain(true), "probability": plain(probability), "labels": labels,
        "weight": None if weight is None else plain(weight),
        "logLoss": plain(metrics.log_loss(true, probability, labels=labels, sample_weight=weight)),
        "brier": plain(np.average(((columns - probability) ** 2).sum(axis=1), weights=weight)),
        "topK": None if len(labels) == 2 else [
            plain(metrics.top_k_accuracy_score(true, probability, k=k, labels=labels, sample_weight=weight))
            for k in range(1, len(labels) + 1)],
        "auc": {str(a): plain(metrics.roc_auc_score(columns, probability, average=a, sample_weight=weight))
                for a in averages} if complete else None,
        "averagePrecision": {
            str(a): plain(metrics.average_precision_score(columns, probability, average=a, sample_weight=weight))
            for a in averages},
        "ece": plain(expected_calibration_error(columns[np.arange(len(true)), best] == 1, probability.max(axis=1))),
    }


class Draws:
    """xoshiro128**, as src/metrics/random.ts seeds it."""

    def __init__(self, seed):
        mask = 0xFFFFFFFF

        def mix(x):
            x &= mask
            x = (x ^ (x >> 16)) * 0x85EBCA6B & mask
            x = (x ^ (x >> 13)) * 0xC2B2AE35 & mask
            return x ^ (x >> 16)

        self.state = [mix((seed & mask) + ((i + 1) * 0x9E3779B9 & mask) + mix(seed >> 32)) for i in range(4)]

    def __call__(self, below):
        s, mask = self.state, 0xFFFFFFFF
        rotate = lambda x, k: ((x << k) | (x >> (32 - k))) & mask
        result = rotate(s[1] * 5 & mask, 7) * 9 & mask
        shifted = s[1] << 9 & mask
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= shifted
        s[3] = rotate(s[3], 11)
        return result * below >> 32


def bootstrap(values, seed, resamples, confidence):
    draw = Draws(seed)
    means = [np.mean([values[draw(len(values))] for _ in values]) for _ in range(resamples)]
    low, high = np.percentile(means, [50 * (1 - confidence), 50 * (1 + confidence)])
    return {"values": plain(values), "seed": seed, "resamples": resamples, "confidence": confidence,
            "estimate": float(np.mean(values)), "low": low, "high": high, "standardError": float(np.std(means, ddof=1))}


def paired(name, first, second):
    first, second = np.asarray(first, float), np.asarray(second, float)
    t = stats.ttest_rel(first, second)
    moved = (first != second).any()
    size = np.abs(first - second)
    method = "auto" if size.all() and len(set(size)) == len(size) else "approx"
    w = stats.wilcoxon(first, second, method=method) if moved else None
    flips = stats.permutation_test((first, second), lambda a, b, axis: np.mean(a - b, axis=axis), vectorized=True,
                                   permutation_type="samples", n_resamples=np.inf) if len(first) <= 14 else None
    return {
        "name": name, "first": plain(first), "second": plain(second), "t": plain([t.statistic, t.pvalue]),
        "wilcoxon": [float(w.statistic), float(w.pvalue)] if moved else None,
        "permutation": None if flips is None else [float(flips.statistic), float(flips.pvalue)],
    }


def mcnemar(b, c):
    exact = stats.binomtest(b, b + c).pvalue if b + c else 1.0
    statistic = (abs(b - c) - 1) ** 2 / (b + c) if b + c else 0.0
    return {"b": b, "c": c, "exact": exact, "statistic": statistic,
            "approximate": float(stats.chi2.sf(statistic, 1)) if b + c else 1.0}


def wilson(successes, total, confidence):
    interval = stats.binomtest(successes, total).proportion_ci(confidence, method="wilson")
    return {"successes": successes, "total": total, "confidence": confidence, "low": interval.low, "high": interval.high}


def mean_interval(values, confidence):
    low, high = stats.t.interval(confidence, len(values) - 1, np.mean(values), stats.sem(values))
    return {"values": plain(values), "confidence": confidence, "low": low, "high": high}


ten = noisy(400, np.arange(10), 0.3)
skewed = noisy(300, np.arange(4), 0.5, [0.9, 0.06, 0.03, 0.01])
words = noisy(60, np.array(["Ankle boot", "Bag", "a", "Zoo", "\u00e4", "\U0001f600 smile", "\uff21"]), 0.4)
huge = noisy(200, np.array([-3, 2, 10, 100]), 0.4)
x = rng.normal(size=200)
two = rng.normal(size=(50, 2)) * [1, 100] + [0, 1000]
errors = rng.normal(size=200)
two_errors = rng.normal(size=(50, 2)) * [0.5, 10]
# Weights are multiples of 1/4, so that their sums are exact in any order.
weights = lambda rows: rng.integers(0, 9, rows) / 4


def soft(rows, classes, sharpness):
    """Labels, and probabilities that know something of them."""
    true = rng.integers(0, classes, rows)
    logits = rng.normal(size=(rows, classes)) + sharpness * np.eye(classes)[true]
    return true, np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


coin = rng.integers(0, 2, 80)
guess = np.round(np.clip(rng.normal(0.35 + 0.3 * coin, 0.25), 0, 1), 2)
three = soft(60, 3, 1.5)
five = soft(80, 5, 1)
pair = soft(40, 2, 1)
sure = (np.eye(3)[[0, 1, 2, 0]], [0, 1, 1, 2])
seeds = lambda n, shift: (rng.normal(0.9, 0.01, n).round(4), (rng.normal(0.9, 0.01, n) + shift).round(4))

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
        classification("weighted", *ten, weight=weights(400)),
        classification("weighted, skewed, two labels", *skewed, labels=[1, 0], weight=weights(300)),
        classification("weighted, one class without weight", [0, 0, 1, 1], [0, 1, 1, 1], weight=[0.5, 2, 0, 0]),
    ],
    "regression": [
        regression("noisy line", 3 * x + 1, 3 * x + 1 + errors),
        regression("worse than the mean", x, -x),
        regression("perfect", x[:5], x[:5]),
        regression("far from zero", 1e6 + x, 1e6 + x * 0.9),
        regression("equal targets, perfect", [2, 2, 2], [2, 2, 2]),
        regression("equal targets, not perfect", [2, 2, 2], [2, 2, 3]),
        regression("one row", [1], [2]),
        regression("two outputs", two, two + two_errors),
        regression("weighted", x, x + errors, weights(200)),
        regression("two outputs, weighted", two, two + two_errors, weights(50)),
        regression("equal targets, equal errors", [2, 2, 2], [3, 3, 3]),
        regression("a target of zero", [0, 1, -4], [0.5, 1, -3]),
        regression("weight on one row", [1, 2, 3], [1, 3, 5], [0, 1, 0]),
    ],
    "binary": [
        binary("overlapping", coin, guess),
        binary("weighted", coin, guess, weights(80)),
        binary("logits", coin, np.round(rng.normal(size=80) + coin, 2)),
        binary("perfect", [0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]),
        binary("perfectly wrong", [1, 1, 0, 0], [0.1, 0.2, 0.8, 0.9]),
        binary("all scores equal", [0, 1, 1, 0, 1], [0.5] * 5),
        binary("certain", [0, 1, 1, 0], [0, 1, 0, 1]),
        binary("one row", [1], [0.3]),
        binary("no positives", [0, 0, 0], [0.1, 0.4, 0.4]),
        binary("no negatives", [1, 1, 1], [0.1, 0.4, 0.4]),
        binary("positives without weight", [0, 1, 0, 1], [0.1, 0.4, 0.4, 0.8], [1, 0, 2, 0]),
    ],
    "multiclass": [
        multiclass("three classes", *three, [0, 1, 2]),
        multiclass("three classes, weighted", *three, [0, 1, 2], weights(60)),
        multiclass("five classes with ties", *five, [0, 1, 2, 3, 4], digits=1),
        multiclass("two classes", *pair, [0, 1]),
        multiclass("a class that does not occur", five[0] % 4, five[1], [0, 1, 2, 3, 4]),
        multiclass("certain", sure[1], sure[0], [0, 1, 2]),
    ],
    "bootstrap": [
        bootstrap(np.round(rng.normal(size=30), 3), 1, 200, 0.95),
        bootstrap(rng.integers(0, 2, 50), 2**40 + 7, 100, 0.8),
    ],
    "paired": [
        paired("three seeds", *seeds(3, 0.02)),
        paired("ten seeds", *seeds(10, 0.005)),
        paired("twelve seeds, rounded", *(np.round(values, 2) for values in seeds(12, 0.01))),
        paired("forty seeds", *seeds(40, 0.002)),
        paired("sixty seeds", *seeds(60, 0.001)),
        paired("no difference", [0.5, 0.6, 0.7], [0.5, 0.6, 0.7]),
    ],
    "mcnemar": [mcnemar(*counts) for counts in [(0, 0), (1, 0), (3, 9), (10, 10), (8, 20), (100, 140), (5, 400)]],
    "wilson": [wilson(*counts) for counts in [(0, 10, 0.95), (10, 10, 0.95), (973, 1000, 0.95), (5, 9, 0.99)]],
    "meanInterval": [mean_interval(*case) for case in [([0.9, 0.92], 0.95), ([0.97, 0.971, 0.9695], 0.95),
                                                       (list(range(12)), 0.5), ([1.0, 1.5, 2.5, 4.0, 4.5], 0.999)]],
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(golden, indent=None, separators=(",", ":"), ensure_ascii=True).replace('{"name"', '\n{"name"') + "\n")
