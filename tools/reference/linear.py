"""Makes libs/domain/learn/fixtures/linear.golden.json: linear models by scikit-learn, with missing values, strings and weights, for the
golden tests of #domain/learn.

    /tmp/reference/bin/python tools/reference/linear.py
"""
import json
import pathlib

import numpy as np
import pandas as pd
import sklearn
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

OUT = pathlib.Path(__file__).parents[2] / "libs/domain/learn/fixtures/linear.golden.json"
NUMBERS = ["price", "hour", "ratio"]


def rows_of(random, rows):
    """Columns of very different scales, a tenth of them missing; a string with a rare level and missing ones."""
    numbers = random.normal(size=(rows, 3)) * [250, 7, 0.01] + [1000, 12, 0]
    hidden = random.uniform(size=(rows, 3)) < 0.1
    numbers = np.where(hidden, np.nan, numbers).astype(np.float32).astype(np.float64)
    country = random.choice(np.array(["au", "nz", "fj", None], dtype=object), size=rows, p=[0.6, 0.25, 0.05, 0.1])
    signal = (
        np.nan_to_num((numbers[:, 0] - 1000) / 250) - np.nan_to_num((numbers[:, 1] - 12) / 7) * 0.5
        + np.select([country == "nz", country == "fj"], [0.8, -1.5], 0.0)
    )
    return pd.DataFrame(numbers, columns=NUMBERS).assign(country=country), signal


def encoder():
    # Scaled by the values that are there, then missing ones put at their mean; a missing string is no level.
    numbers = make_pipeline(StandardScaler(), SimpleImputer(strategy="constant", fill_value=0.0))
    strings = OneHotEncoder(categories=[["au", "nz", "fj"]], handle_unknown="ignore")
    return make_column_transformer((numbers, NUMBERS), (strings, ["country"]))


def case(name, seed, task, l2, balanced=False, weighted=False, rows=200):
    random = np.random.default_rng(seed)
    x, signal = rows_of(random, rows)
    noise = random.normal(size=rows) * 0.7
    weights = random.integers(1, 5, size=rows).astype(float) if weighted else None
    if task == "regression":
        y = 50 + 10 * (signal + noise)
        model = Ridge(alpha=l2, solver="cholesky")
    else:
        edges = [0.4] if task == "binary-classification" else [-0.8, 0.6]
        y = np.digitize(signal + noise, edges)
        model = LogisticRegression(C=1 / l2, tol=1e-10, max_iter=5000, class_weight="balanced" if balanced else None,
                                   solver="newton-cholesky" if task == "binary-classification" else "lbfgs")
    pipeline = make_pipeline(encoder(), model)
    step = pipeline.steps[-1][0]
    pipeline.fit(x, y, **({f"{step}__sample_weight": weights} if weighted else {}))
    asked, _ = rows_of(random, 60)
    asked.loc[:4, "country"] = "zz"
    if task == "regression":
        said = pipeline.predict(asked)
    else:
        said = pipeline.predict_proba(asked)
        said = said[:, 1] if task == "binary-classification" else said.ravel()

    def plain(frame):
        return [[None if pd.isna(value) else value for value in row] for row in frame.to_numpy(dtype=object).tolist()]

    return {
        "name": name, "task": task, "l2": l2, "balanced": balanced,
        "rows": plain(x), "labels": y.tolist(), "weights": None if weights is None else weights.tolist(),
        "asked": plain(asked), "scores": np.asarray(said).tolist(),
    }


OUT.write_text(json.dumps({
    "made_by": f"tools/reference/linear.py with scikit-learn {sklearn.__version__}",
    "cases": [
        case("logistic regression", 1, "binary-classification", 1.0),
        case("rare positives, balanced, strong penalty", 2, "binary-classification", 20.0, balanced=True),
        case("logistic regression of weighted rows", 3, "binary-classification", 1.0, weighted=True),
        case("softmax regression", 4, "multiclass-classification", 1.0),
        case("softmax regression, balanced, of weighted rows", 5, "multiclass-classification", 5.0, True, True),
        case("ridge regression", 6, "regression", 1.0),
        case("ridge regression of weighted rows, strong penalty", 7, "regression", 50.0, weighted=True),
    ],
}, separators=(",", ":")) + "\n")
