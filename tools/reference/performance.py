"""Makes apps/monitoring/test/monitors/fixtures/performance.golden.json: what scikit-learn computes of predictions and labels, for
the monitors `performance` and `estimate`.

    python3 -m venv /tmp/reference && /tmp/reference/bin/pip install -r tools/reference/requirements.txt
    /tmp/reference/bin/python tools/reference/performance.py
"""
import json
import math
import pathlib
import warnings

import numpy as np
import sklearn
from sklearn import metrics
from sklearn.calibration import calibration_curve

OUT = pathlib.Path(__file__).parents[2] / "apps/monitoring/test/monitors/fixtures/performance.golden.json"
random = np.random.default_rng(11)


def finite(values):
    return {name: None if value is None or not math.isfinite(value) else float(value) for name, value in values.items()}


def calibration_error(labels, scores):
    """Expected calibration error over ten bins of equal width; the bins are scikit-learn's."""
    true, predicted = calibration_curve(labels, scores, n_bins=10, strategy="uniform")
    edges = np.linspace(0, 1, 11)
    rows = np.bincount(np.searchsorted(edges[1:-1], scores), minlength=10)
    return float(np.sum(rows[rows > 0] * np.abs(true - predicted)) / len(labels))


def binary(labels, scores, decisions):
    both = len(set(labels)) == 2
    options = {"zero_division": np.nan}
    return finite({
        "accuracy": metrics.accuracy_score(labels, decisions),
        "precision": metrics.precision_score(labels, decisions, **options),
        "recall": metrics.recall_score(labels, decisions, **options),
        "f1": metrics.f1_score(labels, decisions, **options),
        "roc_auc": metrics.roc_auc_score(labels, scores) if both else None,
        # Without positives scikit-learn gives 0 and warns; there is no such curve.
        "pr_auc": metrics.average_precision_score(labels, scores) if any(labels) else None,
        "log_loss": metrics.log_loss(labels, scores, labels=[0, 1]),
        "brier": metrics.brier_score_loss(labels, scores, pos_label=1),
        "calibration_error": calibration_error(labels, scores),
    })


def multiclass(labels, scores, decisions):
    values = {
        "accuracy": metrics.accuracy_score(labels, decisions),
        "log_loss": metrics.log_loss(labels, scores, labels=list(range(scores.shape[1]))),
    }
    for average in ("macro", "weighted"):
        precision, recall, f1, _ = metrics.precision_recall_fscore_support(
            labels, decisions, average=average, zero_division=0
        )
        values |= {f"{average}_precision": precision, f"{average}_recall": recall, f"{average}_f1": f1}
    return finite(values)


def regression(labels, scores):
    return finite({
        "mae": metrics.mean_absolute_error(labels, scores),
        "rmse": metrics.root_mean_squared_error(labels, scores),
        "mape": metrics.mean_absolute_percentage_error(labels, scores),
        "r2": metrics.r2_score(labels, scores, force_finite=False) if len(labels) > 1 else None,
    })


def case(name, measure, labels, *served, regions=None):
    """Measured overall and in each region."""
    labels, served = np.asarray(labels), [np.asarray(one) for one in served]
    regions = np.asarray(regions if regions is not None else random.choice(["north", "south", "it's"], len(labels)))
    expected = {"": measure(labels, *served)}
    for region in sorted(set(regions)):
        where = regions == region
        expected[f"region={region}"] = measure(labels[where], *(one[where] for one in served))
    return {
        "name": name,
        "labels": labels.tolist(),
        "scores": served[0].tolist(),
        "decisions": (served[1] if len(served) > 1 else np.full(len(labels), "")).tolist(),
        "regions": regions.tolist(),
        "expected": expected,
    }


def binary_case(name, labels, scores, threshold=0.5, **options):
    scores = np.asarray(scores, dtype=float)
    return case(name, binary, np.asarray(labels).astype(int), scores, (scores >= threshold).astype(int), **options)


def multiclass_case(name, rows, classes, never=None):
    logits = random.normal(size=(rows, classes))
    labels = np.array([random.choice(classes, p=p) for p in np.exp(2 * logits) / np.exp(2 * logits).sum(1, keepdims=True)])
    if never is not None:
        logits[:, never] = -9
    scores = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return case(name, multiclass, labels, scores, scores.argmax(1))


def estimate_case(name, rows, ties=None):
    """Expected metrics where each row is positive with its calibrated probability: a positive and a negative of those weights."""
    knots = np.array([0.05, 0.2, 0.2001, 0.5, 0.9])
    probabilities = np.array([0.02, 0.1, 0.3, 0.45, 0.97])
    scores = random.uniform(size=rows)
    if ties is not None:
        scores = np.round(scores, ties)
    p = np.interp(scores, knots, probabilities)
    decisions = (scores >= 0.4).astype(int)
    labels, weights = np.repeat([1, 0], rows), np.concatenate([p, 1 - p])
    twice, decided = np.tile(scores, 2), np.tile(decisions, 2)
    options = {"sample_weight": weights}
    return {
        "name": name, "scores": scores.tolist(), "decisions": decisions.tolist(),
        "calibration": {"scores": knots.tolist(), "probabilities": probabilities.tolist()},
        "expected": finite({
            "accuracy": metrics.accuracy_score(labels, decided, **options),
            "precision": metrics.precision_score(labels, decided, zero_division=np.nan, **options),
            "recall": metrics.recall_score(labels, decided, zero_division=np.nan, **options),
            "f1": metrics.f1_score(labels, decided, zero_division=np.nan, **options),
            "roc_auc": metrics.roc_auc_score(labels, twice, **options),
            "log_loss": metrics.log_loss(labels, twice, **options),
            "brier": metrics.brier_score_loss(labels, twice, pos_label=1, **options),
        }),
    }


warnings.simplefilter("ignore")
noisy = random.uniform(size=200)
outcome = (random.uniform(size=200) < noisy).astype(int)
amounts = random.normal(50, 20, size=150)
OUT.parent.mkdir(parents=True, exist_ok=True)
OUT.write_text(json.dumps({
    "made_by": f"tools/reference/performance.py with scikit-learn {sklearn.__version__}",
    "binary": [
        binary_case("noisy scores", outcome, noisy, 0.45),
        binary_case("many ties, at the edges of bins", outcome, np.round(noisy, 1)),
        binary_case("all scores tied", outcome, np.full(200, 0.25)),
        binary_case("positives only", np.ones(40), noisy[:40]),
        binary_case("negatives only", np.zeros(40), noisy[:40]),
        binary_case("ten rows", outcome[:10], noisy[:10], regions=["north"] * 10),
        binary_case("sure and right or wrong", [0, 1, 0, 1, 1, 0], [0, 1, 1, 0, 0.5, 5e-324], regions=["north"] * 6),
    ],
    "multiclass": [
        multiclass_case("four classes", 200, 4),
        multiclass_case("a class that is never decided", 150, 3, never=1),
        multiclass_case("ten rows", 10, 3),
    ],
    "regression": [
        case("noisy values", regression, amounts, amounts + random.normal(0, 5, size=150)),
        case("worse than the mean", regression, amounts, random.normal(50, 40, size=150)),
        case("a constant label, some of them predicted", regression, np.full(20, 3.0), np.repeat([3.0, 4.0], 10)),
        case("labels of zero", regression, [0.0, 0.0, 2.0, 4.0], [0.5, 0.0, 2.5, 3.0], regions=["north"] * 4),
        case("ten rows", regression, amounts[:10] * 1e6, amounts[:10] * 1e6 + 1, regions=["north"] * 10),
    ],
    "estimate": [
        estimate_case("scores all different", 200),
        estimate_case("many ties", 200, ties=1),
        estimate_case("ten rows", 10),
    ],
}, separators=(",", ":")) + "\n")
