"""Makes libs/domain/learn/fixtures/calibration.golden.json: held-out scores and their calibration by scikit-learn, for the
golden tests of #domain/learn.

    /tmp/reference/bin/python tools/reference/calibration.py
"""
import json
import pathlib

import numpy as np
import sklearn
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

OUT = pathlib.Path(__file__).parents[2] / "libs/domain/learn/fixtures/calibration.golden.json"


def case(name, seed, rows, l2, blocks):
    """The truth is not linear in the features, so that the model's probabilities are off."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, 2)).astype(np.float32).astype(np.float64)
    y = (random.uniform(size=rows) < np.where(x[:, 0] + 0.3 * x[:, 1] > 0.4, 0.9, 0.2)).astype(int)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1 / l2, tol=1e-12, max_iter=1000, solver="newton-cholesky"))
    scores = cross_val_predict(model, x, y, cv=KFold(blocks), method="predict_proba")[:, 1]
    isotonic = IsotonicRegression(out_of_bounds="clip").fit(scores, y)
    at = np.linspace(0, 1, 41)
    return {
        "name": name, "l2": l2, "blocks": blocks, "values": x.ravel().tolist(), "labels": y.tolist(),
        "scores": scores.tolist(), "at": at.tolist(), "calibrated": isotonic.predict(at).tolist(),
    }


OUT.write_text(json.dumps({
    "made_by": f"tools/reference/calibration.py with scikit-learn {sklearn.__version__}",
    "cases": [case("five blocks", 1, 300, 1.0, 5), case("three blocks, strong penalty", 2, 150, 10.0, 3)],
}, separators=(",", ":")) + "\n")
