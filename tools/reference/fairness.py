"""Makes apps/monitoring/test/monitors/fixtures/fairness.golden.json: what Fairlearn computes by protected column.

    python3 -m venv /tmp/reference && /tmp/reference/bin/pip install -r tools/reference/requirements.txt
    /tmp/reference/bin/python tools/reference/fairness.py
"""
import importlib.metadata
import json
import math
import pathlib
import warnings

import fairlearn.metrics as fairness
import numpy as np

OUT = pathlib.Path(__file__).parents[2] / "apps/monitoring/test/monitors/fixtures/fairness.golden.json"
NAMES = [
    f"{metric}_{form}"
    for metric in ("demographic_parity", "equalized_odds", "equal_opportunity")
    for form in ("difference", "ratio")
]
RATES = {
    "selection_rate": fairness.selection_rate,
    "true_positive_rate": fairness.true_positive_rate,
    "false_positive_rate": fairness.false_positive_rate,
}
random = np.random.default_rng(5)


def finite(value):
    return float(value) if math.isfinite(value) else None


def case(name, labels, decisions, groups):
    labels, decisions, groups = np.asarray(labels), np.asarray(decisions), np.asarray(groups)
    arguments = {"y_true": labels, "y_pred": decisions, "sensitive_features": groups}
    frame = fairness.MetricFrame(metrics=RATES, **arguments)
    return {
        "name": name,
        "labels": labels.tolist(), "decisions": decisions.tolist(), "groups": groups.tolist(),
        "expected": {metric: finite(getattr(fairness, metric)(**arguments)) for metric in NAMES},
        "rates": {
            group: {rate: finite(frame.by_group.loc[group, rate]) for rate in RATES}
            for group in sorted(set(groups.tolist()))
        },
    }


def groups_case(name, rows, groups, shift):
    """Groups that are selected, and err, at rates of their own."""
    group = random.choice(groups, rows)
    place = np.array([groups.index(one) for one in group])
    labels = (random.uniform(size=rows) < 0.3 + shift * place).astype(int)
    decisions = (random.uniform(size=rows) < 0.2 + 0.5 * labels + shift * place * (1 - labels)).astype(int)
    return case(name, labels, decisions, group)


warnings.simplefilter("ignore")
OUT.parent.mkdir(parents=True, exist_ok=True)
OUT.write_text(json.dumps({
    "made_by": f"tools/reference/fairness.py with Fairlearn {importlib.metadata.version('fairlearn')}",
    "cases": [
        groups_case("two groups", 200, ["f", "m"], 0.15),
        groups_case("four groups", 400, ["a", "b", "c", "it's d"], 0.1),
        case("one group", [0, 1, 0, 1, 1], [0, 1, 1, 0, 1], ["a"] * 5),
        case("nobody is selected", [0, 1, 0, 1], [0, 0, 0, 0], ["a", "a", "b", "b"]),
        case("one group is never selected", [0, 1, 0, 1, 0, 1], [0, 0, 0, 0, 1, 1], ["a", "a", "a", "a", "b", "b"]),
        case("everybody is selected", [0, 1, 0, 1], [1, 1, 1, 1], ["a", "a", "b", "b"]),
        case("ten rows", [0, 1, 1, 0, 1, 0, 0, 1, 1, 0], [0, 1, 0, 1, 1, 0, 0, 1, 0, 0], list("aaaaabbbbb")),
    ],
}, separators=(",", ":")) + "\n")
