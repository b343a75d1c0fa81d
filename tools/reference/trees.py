"""What LightGBM makes of rows that libs/domain/learn/src/trees/lightgbm.spec.ts makes too, from the same seeded numbers.

    /tmp/reference/bin/python tools/reference/trees.py
"""

import json
from pathlib import Path

import lightgbm
import numpy as np
from sklearn.metrics import roc_auc_score

OUT = Path(__file__).parents[2] / "libs/domain/learn/fixtures/trees.golden.json"
ROWS, WIDTH = 2_000, 6
AUC_TRAINING, AUC_TEST, AUC_WIDTH = 8_000, 20_000, 8
SHOWN = 60


def uniforms(seed):
    """mulberry32, as #domain/statistics has it."""
    state = seed
    while True:
        state = (state + 0x6D2B79F5) & 0xFFFFFFFF
        t = state
        t = ((t ^ (t >> 15)) * (t | 1)) & 0xFFFFFFFF
        t ^= (t + (((t ^ (t >> 7)) * (t | 61)) & 0xFFFFFFFF)) & 0xFFFFFFFF
        yield ((t ^ (t >> 14)) + 0.5) / 4_294_967_296


def few_values(seed):
    """Columns of 8 to 48 values, two with missing ones; a signal by steps and products."""
    u = uniforms(seed)
    x = np.empty((ROWS, WIDTH))
    signal = np.empty(ROWS)
    for row in range(ROWS):
        for column in range(WIDTH):
            x[row, column] = np.floor(next(u) * 8 * (column + 1)) / 4
        signal[row] = x[row, 0] + (2 if x[row, 1] > 2 else 0) + x[row, 2] * x[row, 3] / 8 + 2 * next(u)
        for column in (1, 4):
            if next(u) < 0.1:
                x[row, column] = np.nan
                signal[row] += 1
    return x, signal


def many_values(rows, u):
    x = np.empty((rows, AUC_WIDTH))
    y = np.empty(rows)
    for row in range(rows):
        for column in range(AUC_WIDTH):
            x[row, column] = np.float32(next(u))
        signal = x[row, 0] + (0.5 if x[row, 1] > 0.7 else 0) + x[row, 2] * x[row, 3] + x[row, 4] * x[row, 4]
        y[row] = 1 if signal + next(u) > 2 else 0
    return x, y


SHARED = {
    "num_threads": 1,
    "deterministic": True,
    "verbose": -1,
    "max_bin": 255,
    "min_data_in_bin": 1,
    "enable_bundle": False,
    "feature_pre_filter": False,
    "boost_from_average": True,
}
GROWTH = {"num_leaves": 15, "learning_rate": 0.1, "lambda_l2": 1, "min_data_in_leaf": 1, "min_sum_hessian_in_leaf": 5}


def case(objective, labels, x, rounds=20, weights=None, **more):
    dataset = lightgbm.Dataset(x, labels, weight=weights)
    model = lightgbm.train(SHARED | GROWTH | {"objective": objective} | more, dataset, rounds)
    raw = model.predict(x[:SHOWN], raw_score=True)
    return {
        "raw": np.round(raw.reshape(SHOWN, -1), 9).tolist(),
        "gain": np.round(model.feature_importance("gain"), 3).tolist(),
        "splits": model.feature_importance("split").tolist(),
    }


def main():
    x, signal = few_values(1)
    binary = (signal > np.median(signal)).astype(float)
    thirds = np.digitize(signal, np.quantile(signal, [0.4, 0.7])).astype(float)
    weights = np.where(np.arange(ROWS) % 3 == 0, 2.0, 0.5)
    cases = {
        "binary": case("binary", binary, x),
        "weighted": case("binary", binary, x, weights=weights),
        "multiclass": case("multiclass", thirds, x, num_class=3),
        "regression": case("regression", signal, x),
    }
    constrained = lightgbm.train(
        SHARED | GROWTH | {"objective": "regression", "monotone_constraints": [1, 0, -1, 0, 0, 0]},
        lightgbm.Dataset(x, signal),
        20,
    )
    u = uniforms(2)
    training, test = many_values(AUC_TRAINING, u), many_values(AUC_TEST, u)
    model = lightgbm.train(SHARED | {"objective": "binary", "lambda_l2": 1}, lightgbm.Dataset(*training), 100)
    fixture = {
        "made_by": f"tools/reference/trees.py with LightGBM {lightgbm.__version__}",
        "labels": {"median": float(np.median(signal)), "thirds": np.quantile(signal, [0.4, 0.7]).tolist()},
        "cases": cases,
        "monotoneSquaredError": float(np.mean((constrained.predict(x) - signal) ** 2)),
        "rocAuc": roc_auc_score(test[1], model.predict(test[0])),
    }
    OUT.write_text(json.dumps(fixture) + "\n")


if __name__ == "__main__":
    main()
