"""Makes libs/domain/learn/fixtures/metrics.golden.json: metrics by scikit-learn, for the golden tests of #domain/learn.

    /tmp/reference/bin/python tools/reference/learn_metrics.py
"""
import json
import pathlib

import numpy as np
import sklearn
from sklearn import metrics

OUT = pathlib.Path(__file__).parents[2] / "libs/domain/learn/fixtures/metrics.golden.json"


def calibration_error(labels, scores):
    """Ten bins of equal width, each with its upper edge (scikit-learn has no such metric)."""
    bins = np.searchsorted(np.linspace(0, 1, 11)[1:-1], scores, side="left")
    return sum(abs((labels - scores)[bins == one].sum()) for one in range(10)) / len(labels)


def binary(name, scores, labels, threshold=0.5):
    scores, labels = np.asarray(scores, dtype=float), np.asarray(labels)
    decided = scores >= threshold
    return {
        "name": name, "task": "binary-classification", "threshold": threshold,
        "scores": scores.tolist(), "labels": labels.tolist(),
        "metrics": {
            "accuracy": metrics.accuracy_score(labels, decided), "f1": metrics.f1_score(labels, decided),
            "roc_auc": metrics.roc_auc_score(labels, scores), "pr_auc": metrics.average_precision_score(labels, scores),
            "log_loss": metrics.log_loss(labels, scores), "brier": metrics.brier_score_loss(labels, scores),
            "calibration_error": calibration_error(labels, scores),
        },
    }


def multiclass(name, scores, labels):
    decided = scores.argmax(axis=1)
    return {
        "name": name, "task": "multiclass-classification", "threshold": 0.5,
        "scores": scores.ravel().tolist(), "labels": labels.tolist(),
        "metrics": {
            "accuracy": metrics.accuracy_score(labels, decided),
            "macro_f1": metrics.f1_score(labels, decided, average="macro"),
            "log_loss": metrics.log_loss(labels, scores, labels=range(scores.shape[1])),
        },
    }


def regression(name, scores, labels):
    return {
        "name": name, "task": "regression", "threshold": 0.5, "scores": scores.tolist(), "labels": labels.tolist(),
        "metrics": {
            "rmse": metrics.root_mean_squared_error(labels, scores),
            "mae": metrics.mean_absolute_error(labels, scores), "r2": metrics.r2_score(labels, scores),
        },
    }


random = np.random.default_rng(3)
noisy = random.uniform(size=200)
shares = random.dirichlet([1, 1, 1, 1], size=150)
classes = np.array([random.choice(4, p=row) for row in shares])
truth = random.normal(size=100) * 40
OUT.write_text(json.dumps({
    "made_by": f"tools/reference/learn_metrics.py with scikit-learn {sklearn.__version__}",
    "cases": [
        binary("noisy scores", noisy, (random.uniform(size=200) < noisy).astype(int)),
        binary("many ties, low threshold", np.round(noisy, 1), (random.uniform(size=200) < noisy).astype(int), 0.3),
        binary("sure and right or wrong", [0.0, 1.0, 1.0, 0.0, 0.5], [0, 1, 0, 1, 1]),
        multiclass("four classes", shares, classes),
        multiclass("a class that is never true", shares[classes != 2], classes[classes != 2]),
        regression("a regression", truth + random.normal(size=100) * 10, truth),
    ],
}, separators=(",", ":")) + "\n")
