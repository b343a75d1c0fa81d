"""Makes libs/domain/learn/fixtures/scikit-learn.golden.json: what scikit-learn computes, for the golden tests of #domain/learn.

    python3 -m venv /tmp/reference && /tmp/reference/bin/pip install -r tools/reference/requirements.txt
    /tmp/reference/bin/python tools/reference/logistic_regression.py
"""
import json
import pathlib

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from sklearn.preprocessing import StandardScaler

OUT = pathlib.Path(__file__).parents[2] / "libs/domain/learn/fixtures/scikit-learn.golden.json"


def logistic_case(name, seed, rows, columns, intercept, l2):
    """Correlated columns of very different scales; `intercept` sets how rare the positive class is."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, columns)) @ random.normal(size=(columns, columns))
    z = x @ random.normal(size=columns) * 0.5 + intercept
    y = (random.uniform(size=rows) < 1 / (1 + np.exp(-z))).astype(int)
    x = x * 10.0 ** np.arange(columns) + 3.0 ** np.arange(columns)
    x = x.astype(np.float32).astype(np.float64)
    scaler = StandardScaler().fit(x)
    model = LogisticRegression(C=1 / l2, tol=1e-12, max_iter=1000, solver="newton-cholesky").fit(scaler.transform(x), y)
    p = model.predict_proba(scaler.transform(x))[:, 1]
    return {
        "name": name, "l2": l2, "columns": columns,
        "values": x.ravel().tolist(), "labels": y.tolist(),
        "means": scaler.mean_.tolist(), "scales": scaler.scale_.tolist(),
        "weights": model.coef_[0].tolist(), "intercept": model.intercept_[0],
        "probabilities": p.tolist(),
    }


def metric_case(name, scores, labels):
    scores, labels = np.asarray(scores, dtype=float), np.asarray(labels)
    return {
        "name": name, "scores": scores.tolist(), "labels": labels.tolist(),
        "accuracy": accuracy_score(labels, scores >= 0.5),
        "rocAuc": roc_auc_score(labels, scores),
        "logLoss": log_loss(labels, scores),
    }


random = np.random.default_rng(3)
noisy = random.uniform(size=200)
OUT.parent.mkdir(exist_ok=True)
OUT.write_text(json.dumps({
    "made_by": f"tools/reference/logistic_regression.py with scikit-learn {sklearn.__version__}",
    "logistic_regression": [
        logistic_case("balanced classes", 1, 300, 4, 0.0, 1.0),
        logistic_case("rare positives", 2, 400, 3, -4.0, 0.5),
        logistic_case("strong penalty", 5, 100, 5, 1.0, 25.0),
    ],
    "metrics": [
        metric_case("noisy scores", noisy, (random.uniform(size=200) < noisy).astype(int)),
        metric_case("many ties", np.round(noisy, 1), (random.uniform(size=200) < noisy).astype(int)),
        metric_case("sure and right or wrong", [0.0, 1.0, 1.0, 0.0, 0.5], [0, 1, 0, 1, 1]),
    ],
}, separators=(",", ":")) + "\n")
