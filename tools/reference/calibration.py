"""Makes libs/domain/learn/fixtures/calibration.golden.json: what scores stand for by scikit-learn, for the golden tests of
#domain/learn.

    /tmp/reference/bin/python tools/reference/calibration.py
"""
import json
import pathlib

import numpy as np
import sklearn
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression

OUT = pathlib.Path(__file__).parents[2] / "libs/domain/learn/fixtures/calibration.golden.json"


def case(name, seed, rows, slope, shift):
    """Log-odds that are `slope` times too far out and shifted; some of them are equal."""
    random = np.random.default_rng(seed)
    true = random.normal(size=rows) * 1.5 - 0.5
    labels = (random.uniform(size=rows) < 1 / (1 + np.exp(-true))).astype(int)
    raw = np.round(true * slope + shift, 2)
    scores = 1 / (1 + np.exp(-raw))
    isotonic = IsotonicRegression(out_of_bounds="clip").fit(scores, labels)
    # scikit-learn's own, by Platt's smoothed targets: 1 / (1 + exp(a · raw + b)).
    platt = _SigmoidCalibration().fit(raw, labels)
    at = np.linspace(0, 1, 41)
    return {
        "name": name, "raw": raw.tolist(), "scores": scores.tolist(), "labels": labels.tolist(), "at": at.tolist(),
        "calibrated": isotonic.predict(at).tolist(), "slope": -platt.a_, "intercept": -platt.b_,
    }


OUT.write_text(json.dumps({
    "made_by": f"tools/reference/calibration.py with scikit-learn {sklearn.__version__}",
    "cases": [case("too sure", 1, 300, 2.5, 0.3), case("not sure enough, few rows", 2, 150, 0.4, -1.0)],
}, separators=(",", ":")) + "\n")
