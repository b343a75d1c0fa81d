"""Makes libs/domain/explain/fixtures/shap.golden.json: Shapley values by LightGBM (pred_contrib) and by shap, for the golden tests of
#domain/explain. The models are written as #domain/trained-model has them, without their trainer's format.

    /tmp/reference/bin/python tools/reference/shap_values.py
"""
import json
import pathlib

import lightgbm
import numpy as np
import shap
import sklearn
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

OUT = pathlib.Path(__file__).parents[2] / "libs/domain/explain/fixtures/shap.golden.json"
LIGHTGBM = {"num_threads": 1, "deterministic": True, "force_row_wise": True, "seed": 1, "verbosity": -1}
LARGEST = float(np.finfo(np.float32).max)


def clean(x):
    """Rows for JSON: None is NaN."""
    return [[None if np.isnan(v) else float(v) for v in row] for row in x]


def from_lightgbm(booster):
    """dump_model's nested nodes as flat arrays, in preorder."""
    dumped = booster.dump_model()
    outputs = dumped["num_tree_per_iteration"]
    trees = []
    for index, info in enumerate(dumped["tree_info"]):
        tree = {key: [] for key in ("feature", "threshold", "missingLeft", "left", "right", "value", "cover", "gain")}

        def add(node):
            at = len(tree["feature"])
            for column in tree.values():
                column.append(0)
            if "split_feature" not in node:
                tree["feature"][at] = -1
                tree["value"][at] = node["leaf_value"]
                tree["cover"][at] = node.get("leaf_count", 1)
                return at
            assert node["decision_type"] == "<=" and node["missing_type"] in ("None", "NaN")
            tree["feature"][at] = node["split_feature"]
            tree["threshold"][at] = node["threshold"]
            # Without missing values in training, LightGBM takes NaN for 0.
            left = node["default_left"] if node["missing_type"] == "NaN" else 0 <= node["threshold"]
            tree["missingLeft"][at] = int(left)
            tree["cover"][at] = node["internal_count"]
            tree["gain"][at] = node["split_gain"]
            tree["left"][at] = add(node["left_child"])
            tree["right"][at] = add(node["right_child"])
            return at

        add(info["tree_structure"])
        trees.append({"output": index % outputs, **tree})
    link = {"binary": "logistic", "multiclass": "softmax", "regression": "identity"}[dumped["objective"].split()[0]]
    return {"kind": "trees", "base": [0] * outputs, "trees": trees, "link": link}


def from_forest(forest, outputs):
    """A tree of scikit-learn gives each class its share of the rows; regression its mean."""
    trees = []
    for estimator in forest.estimators_:
        t = estimator.tree_
        leaf = t.children_left < 0
        for output in range(outputs):
            # Classification with two classes explains the second.
            k = 0 if t.value.shape[2] == 1 else (1 if outputs == 1 else output)
            trees.append({
                "output": output,
                "feature": np.where(leaf, -1, t.feature).tolist(),
                # A split between missing and all else has an infinite threshold, which JSON cannot say.
                "threshold": np.clip(np.where(leaf, 0, t.threshold), -LARGEST, LARGEST).tolist(),
                "missingLeft": np.where(leaf, 0, t.missing_go_to_left).astype(int).tolist(),
                "left": np.where(leaf, 0, t.children_left).tolist(),
                "right": np.where(leaf, 0, t.children_right).tolist(),
                "value": np.where(leaf, t.value[:, 0, k] / len(forest.estimators_), 0).tolist(),
                "cover": t.weighted_n_node_samples.tolist(),
                "gain": [0] * len(leaf),
            })
    return {"kind": "trees", "base": [0] * outputs, "trees": trees, "link": "identity"}


def data(seed, rows, columns, missing):
    """float32 values; `missing` of the first two columns; the last column is no signal."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, columns))
    x[:, 2] = np.round(x[:, 2] * 2)
    x = x.astype(np.float32).astype(np.float64)
    signal = 1.5 * x[:, 0] * (x[:, 1] > 0) + x[:, 2] - 0.7 * x[:, 3] * x[:, 2]
    gaps = random.uniform(size=(rows, 2)) < missing
    # Not at random: what is missing says something, so that trees learn to send it one way.
    gaps[:, 1] &= x[:, 1] > -0.5
    x[:, :2][gaps] = np.nan
    return x, signal + 0.5 * random.normal(size=rows), random


def lightgbm_case(name, parameters, target, rounds, seed, missing=0.2):
    x, signal, random = data(seed, 600, 6, missing)
    booster = lightgbm.train({**LIGHTGBM, **parameters}, lightgbm.Dataset(x, target(signal)), num_boost_round=rounds)
    model = from_lightgbm(booster)
    rows = np.vstack([x[:8], random.normal(size=(3, 6)) * 3, np.full((1, 6), np.nan), np.zeros((1, 6))])
    contributions = booster.predict(rows, pred_contrib=True).reshape(len(rows), len(model["base"]), 7)
    by_shap = np.asarray(shap.TreeExplainer(booster).shap_values(rows))
    if by_shap.ndim == 2:
        by_shap = by_shap[:, :, None]
    assert np.abs(by_shap.transpose(0, 2, 1) - contributions[:, :, :6]).max() < 1e-12
    raw = booster.predict(rows, raw_score=True).reshape(len(rows), -1)
    return {"name": name, "model": model, "rows": clean(rows), "raw": raw.tolist(), "contributions": contributions.tolist()}


def forest_case(name, forest, target, outputs, seed):
    """shap's own TreeSHAP, not LightGBM's."""
    x, signal, random = data(seed, 400, 5, 0.1)
    forest.fit(x, target(signal))
    rows = np.vstack([x[:6], random.normal(size=(2, 5)) * 3]).astype(np.float32).astype(np.float64)
    explainer = shap.TreeExplainer(forest)
    values = np.asarray(explainer.shap_values(rows, check_additivity=False))
    base = np.atleast_1d(explainer.expected_value)
    if values.ndim == 2:
        values = values[:, :, None]
    if outputs == 1 and values.shape[2] == 2:
        values, base = values[:, :, 1:], base[1:]
    values = np.concatenate([values, np.broadcast_to(base, (len(rows), 1, len(base)))], axis=1).transpose(0, 2, 1)
    raw = forest.predict_proba(rows) if hasattr(forest, "predict_proba") else forest.predict(rows)[:, None]
    raw = raw[:, 1:] if outputs == 1 and raw.shape[1] == 2 else raw
    return {"name": name, "model": from_forest(forest, outputs), "rows": clean(rows), "raw": raw.tolist(), "contributions": values.tolist()}


def linear_case(name, classes, seed):
    x, signal, random = data(seed, 300, 5, 0.0)
    x = x * np.array([1, 10, 1, 0.01, 3]) + np.array([0, 5, 1, 0, -2])
    y = np.digitize(signal, np.quantile(signal, np.arange(1, classes) / classes))
    scaler = StandardScaler().fit(x)
    fitted = LogisticRegression(tol=1e-10, max_iter=1000).fit(scaler.transform(x), y)
    rows = x[:6]
    explainer = shap.LinearExplainer(fitted, shap.maskers.Independent(scaler.transform(x), max_samples=len(x)))
    values = np.asarray(explainer.shap_values(scaler.transform(rows)))
    base = np.atleast_1d(explainer.expected_value)
    if values.ndim == 2:
        values = values[:, :, None]
    raw = fitted.decision_function(scaler.transform(rows)).reshape(len(rows), -1)
    model = {
        "kind": "linear", "means": scaler.mean_.tolist(), "scales": scaler.scale_.tolist(), "imputed": scaler.mean_.tolist(),
        "weights": fitted.coef_.tolist(), "intercepts": fitted.intercept_.tolist(),
        "link": "logistic" if classes == 2 else "softmax",
    }
    values = np.concatenate([values, np.broadcast_to(base, (len(rows), 1, len(base)))], axis=1).transpose(0, 2, 1)
    return {"name": name, "model": model, "rows": clean(rows), "raw": raw.tolist(), "contributions": values.tolist()}


def above(share):
    return lambda signal: (signal > np.quantile(signal, 1 - share)).astype(int)


def thirds(signal):
    return np.digitize(signal, np.quantile(signal, [1 / 3, 2 / 3]))


OUT.parent.mkdir(exist_ok=True)
OUT.write_text(json.dumps({
    "made_by": f"tools/reference/shap_values.py with LightGBM {lightgbm.__version__}, shap {shap.__version__}, scikit-learn {sklearn.__version__}",
    # The last of the contributions of a row and an output is the base.
    "trees": [
        lightgbm_case("LightGBM, binary, missing values", {"objective": "binary", "num_leaves": 12, "min_data_in_leaf": 5}, above(0.3), 12, 1),
        lightgbm_case("LightGBM, binary, deep and narrow", {"objective": "binary", "num_leaves": 24, "min_data_in_leaf": 1, "min_sum_hessian_in_leaf": 0}, above(0.1), 4, 2),
        lightgbm_case("LightGBM, three classes", {"objective": "multiclass", "num_class": 3, "num_leaves": 8}, thirds, 5, 3),
        lightgbm_case("LightGBM, regression, nothing missing in training", {"objective": "regression", "num_leaves": 10}, lambda s: s, 10, 4, missing=0),
        forest_case("shap, forest of two classes", RandomForestClassifier(4, max_depth=6, random_state=1), above(0.4), 1, 5),
        forest_case("shap, forest of three classes", RandomForestClassifier(3, max_depth=5, random_state=1), thirds, 3, 6),
        forest_case("shap, forest, regression", RandomForestRegressor(3, max_depth=7, random_state=1), lambda s: s, 1, 7),
    ],
    "linear": [linear_case("shap, logistic regression", 2, 8), linear_case("shap, three classes", 3, 9)],
}, separators=(",", ":"), allow_nan=False) + "\n")
