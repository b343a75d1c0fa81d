"""Makes libs/domain/gates/fixtures/gates.golden.json: metrics of weighted rows and the gains of one model over another.

    python3 -m venv /tmp/reference && /tmp/reference/bin/pip install -r tools/reference/requirements.txt
    /tmp/reference/bin/python tools/reference/gates.py
"""
import importlib.metadata
import json
import math
import pathlib

import numpy as np
import sklearn.metrics as metrics
from scipy import stats

OUT = pathlib.Path(__file__).parents[2] / "libs/domain/gates/fixtures/gates.golden.json"
random = np.random.default_rng(23)


def rounded(values, digits=4):
    return np.round(np.asarray(values, dtype=float), digits)


def binary(rows=120):
    labels = random.integers(0, 2, rows)
    # Few digits: ties.
    scores = rounded(np.clip(0.5 + 0.25 * (labels - 0.5) + random.normal(0, 0.25, rows), 0.001, 0.999), 2)
    weights = random.integers(0, 4, rows)
    decisions = (scores >= 0.5).astype(int)
    own = {"sample_weight": weights}
    bins = np.digitize(scores, np.linspace(0, 1, 11)[1:-1], right=True)
    gaps = [abs(np.sum((weights * (labels - scores))[bins == b])) for b in range(10)]
    return {
        "labels": labels.tolist(), "scores": scores.tolist(), "weights": weights.tolist(),
        "expected": {
            "accuracy": metrics.accuracy_score(labels, decisions, **own),
            "precision": metrics.precision_score(labels, decisions, **own),
            "recall": metrics.recall_score(labels, decisions, **own),
            "f1": metrics.f1_score(labels, decisions, **own),
            "roc_auc": metrics.roc_auc_score(labels, scores, **own),
            "pr_auc": metrics.average_precision_score(labels, scores, **own),
            "log_loss": metrics.log_loss(labels, scores, **own),
            "brier": metrics.brier_score_loss(labels, scores, **own),
            "calibration_error": float(np.sum(gaps) / np.sum(weights)),
        },
    }


def multiclass(rows=120, classes=4):
    labels = random.integers(0, classes - 1, rows)  # the last class is never true
    logits = random.normal(0, 1, (rows, classes)) + 1.2 * np.eye(classes)[labels]
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    weights = random.integers(1, 4, rows)
    decisions = scores.argmax(axis=1)
    own = {"sample_weight": weights, "zero_division": 0}
    expected = {"accuracy": metrics.accuracy_score(labels, decisions, sample_weight=weights)}
    for by in ("macro", "weighted"):
        expected[f"{by}_precision"] = metrics.precision_score(labels, decisions, average=by, **own)
        expected[f"{by}_recall"] = metrics.recall_score(labels, decisions, average=by, **own)
        expected[f"{by}_f1"] = metrics.f1_score(labels, decisions, average=by, **own)
    expected["log_loss"] = metrics.log_loss(labels, scores, labels=range(classes), sample_weight=weights)
    return {
        "labels": labels.tolist(), "scores": scores.tolist(), "weights": weights.tolist(), "expected": expected,
    }


def regression(rows=80):
    labels = rounded(random.normal(10, 4, rows))
    scores = rounded(labels + random.normal(0, 1.5, rows))
    weights = random.integers(0, 4, rows)
    own = {"sample_weight": weights}
    return {
        "labels": labels.tolist(), "scores": scores.tolist(), "weights": weights.tolist(),
        "expected": {
            "mae": metrics.mean_absolute_error(labels, scores, **own),
            "rmse": math.sqrt(metrics.mean_squared_error(labels, scores, **own)),
            "mape": metrics.mean_absolute_percentage_error(labels, scores, **own),
            "r2": metrics.r2_score(labels, scores, **own),
        },
    }


def placements(labels, scores):
    """As DeLong, DeLong and Clarke-Pearson (1988) define them: every pair is looked at."""
    positives, negatives = scores[labels == 1], scores[labels == 0]
    psi = (positives[:, None] > negatives[None, :]) + 0.5 * (positives[:, None] == negatives[None, :])
    return psi.mean(axis=1), psi.mean(axis=0)


def areas(rows, strength):
    labels = random.integers(0, 2, rows)
    common = random.normal(0, 1, rows)
    first = rounded(labels + 0.7 * common + random.normal(0, 0.6, rows), 2)
    second = rounded(strength * labels + 0.7 * common + random.normal(0, 0.6, rows), 2)
    (v10, v01), (w10, w01) = placements(labels, first), placements(labels, second)
    covariance = np.cov(v10, w10) / len(v10) + np.cov(v01, w01) / len(v01)
    contrast = np.array([1, -1])
    error = math.sqrt(contrast @ covariance @ contrast)
    difference = v10.mean() - w10.mean()
    low, high = stats.norm.interval(0.95, difference, error)
    return {
        "labels": labels.tolist(), "first": first.tolist(), "second": second.tolist(),
        "expected": {"difference": difference, "standardError": error, "low": low, "high": high},
    }


def gains(rows=400):
    """Percentile intervals of paired rows, of 20,000 draws that keep the numbers of each class."""
    labels = random.integers(0, 2, rows)
    common = random.normal(0, 0.15, rows)
    score = lambda pull: rounded(np.clip(0.5 + pull * (labels - 0.5) + common + random.normal(0, 0.1, rows), 0.01, 0.99))
    candidate, champion = score(0.35), score(0.25)
    losses = {
        "log_loss": lambda s: -np.where(labels == 1, np.log(s), np.log(1 - s)),
        "brier": lambda s: (s - labels) ** 2,
        "accuracy": lambda s: -((s >= 0.5) == (labels == 1)).astype(float),
    }
    strata = [np.flatnonzero(labels == k) for k in (0, 1)]
    picks = np.concatenate([random.choice(stratum, (20_000, len(stratum))) for stratum in strata], axis=1)
    expected = {}
    for name, loss in losses.items():
        gain = loss(champion) - loss(candidate)
        low, high = np.quantile(gain[picks].mean(axis=1), [0.025, 0.975])
        expected[name] = {"gain": gain.mean(), "low": low, "high": high}
    return {
        "labels": labels.tolist(), "candidate": candidate.tolist(), "champion": champion.tolist(), "expected": expected,
    }


def main():
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps({
        "versions": {name: importlib.metadata.version(name) for name in ("numpy", "scipy", "scikit-learn")},
        "binary": binary(), "multiclass": multiclass(), "regression": regression(),
        "areas": [areas(60, 1.0), areas(200, 0.6), areas(150, 1.4)], "gains": gains(),
    }) + "\n")


main()
