"""Makes apps/monitoring/test/monitors/fixtures/window-figures.golden.json: what NumPy and SciPy say of scores and latencies.

    python3 -m venv /tmp/reference && /tmp/reference/bin/pip install -r tools/reference/requirements.txt
    /tmp/reference/bin/python tools/reference/window_figures.py
"""
import json
import pathlib

import numpy as np
import scipy
from scipy.stats import binomtest, t

OUT = pathlib.Path(__file__).parents[2] / "apps/monitoring/test/monitors/fixtures/window-figures.golden.json"


def case(name, scores, latencies_ms):
    scores, latencies_ms = np.asarray(scores, dtype=float), np.asarray(latencies_ms)
    positives = int(np.sum(scores >= 0.5))
    share = binomtest(positives, len(scores)).proportion_ci(0.95, method="wilson")
    # The variance is that of all rows, as the monitor reports it.
    half = t.ppf(0.975, len(scores) - 1) * np.sqrt(np.var(scores) / len(scores)) if len(scores) > 1 else None
    return {
        "name": name, "scores": scores.tolist(), "latencies_ms": latencies_ms.tolist(),
        "mean": scores.mean(), "standard_deviation": scores.std(), "distinct": len(np.unique(scores)),
        "mean_low": None if half is None else scores.mean() - half,
        "mean_high": None if half is None else scores.mean() + half,
        "positive_ratio": positives / len(scores), "positive_low": share.low, "positive_high": share.high,
        "latency_p50_ms": np.quantile(latencies_ms, 0.5), "latency_p99_ms": np.quantile(latencies_ms, 0.99),
    }


random = np.random.default_rng(11)
OUT.parent.mkdir(parents=True, exist_ok=True)
OUT.write_text(json.dumps({
    "made_by": f"tools/reference/window_figures.py with NumPy {np.__version__} and SciPy {scipy.__version__}",
    "cases": [
        case("scores and latencies", np.round(random.beta(2, 5, 400), 5), random.lognormal(3, 1, 400).astype(int)),
        case("all ties", [0.25] * 50, [7] * 50),
        case("ten rows", np.round(random.uniform(size=10), 5), random.integers(1, 90, 10)),
        case("one row", [0.75], [12]),
        case("far from zero", np.round(1e6 + random.normal(size=100), 3), random.integers(60_000, 60_100, 100)),
    ],
}, separators=(",", ":")) + "\n")
