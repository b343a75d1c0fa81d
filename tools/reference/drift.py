"""Makes apps/monitoring/test/monitors/fixtures/drift.golden.json: what SciPy says of the samples that the drift monitor's SQL is run over.

    python3 -m venv /tmp/reference && /tmp/reference/bin/pip install -r tools/reference/requirements.txt
    /tmp/reference/bin/python tools/reference/drift.py
"""
import json
import pathlib

import numpy as np
import scipy
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2, chi2_contingency, ks_2samp, wasserstein_distance

OUT = pathlib.Path(__file__).parents[2] / "apps/monitoring/test/monitors/fixtures/drift.golden.json"
MOST_CATEGORIES = 50


def by_bins(expected, found):
    """From the rows of each bin on either side. Bins without rows are none."""
    pairs = [(a, b) for a, b in zip(expected, found) if a + b > 0]
    a, b = np.array(pairs, dtype=float).T
    n, m, bins = a.sum(), b.sum(), len(pairs)
    if n == 0 or m == 0:
        return {"bins": bins}
    p, q = (a + 0.5) / (n + bins / 2), (b + 0.5) / (m + bins / 2)
    psi = float(np.sum((q - p) * np.log(q / p)))
    spread = 1 / n + 1 / m
    # SciPy takes the root of a rounding error for NaN.
    distance = float(np.nan_to_num(jensenshannon(a / n, b / m, base=2)))
    statistic, p_value = (0.0, 1.0) if bins == 1 else chi2_contingency([a, b], correction=False)[:2]
    tail = lambda x: 1.0 if bins == 1 else float(chi2.sf(x, bins - 1))
    return {
        "bins": bins, "psi": psi, "psi_p": tail(psi / spread),
        "jensen_shannon": distance, "jensen_shannon_p": tail(8 * np.log(2) * distance**2 / spread),
        "chi_square_statistic": float(statistic), "chi_square_p": float(p_value),
    }


def missing(values):
    return sum(value is None or (isinstance(value, float) and np.isnan(value)) for value in values)


def number_bins(reference, window):
    """Between the distinct deciles; one that a tenth of the reference equals is a bin of its own."""
    if len(reference) == 0:
        return [0], [len(window)]
    edges = np.unique(np.quantile(reference, np.arange(1, 10) / 10, method="inverted_cdf"))
    bounds = []  # (value, whether it lies below the bound itself)
    for edge in edges:
        if np.mean(reference == edge) >= 0.1:
            bounds.append((edge, "left"))
        bounds.append((edge, "right"))
    counts = lambda values: np.diff([0, *(np.searchsorted(np.sort(values), e, side) for e, side in bounds), len(values)])
    return counts(reference).tolist(), counts(window).tolist()


def number_case(name, reference, window, scores=None):
    there = lambda values: np.array([v for v in values if not (v is None or np.isnan(v))], dtype=float)
    r, w = there(reference), there(window)
    missing_n, missing_m = missing(reference), missing(window)
    expected, found = number_bins(r, w)
    case = {"name": name, "type": "number", "reference": reference, "window": window,
            **by_bins(expected + [missing_n], found + [missing_m])}
    if reference and window:
        # Missing values are lowest.
        lowest = lambda values, n: np.concatenate([np.full(n, -np.inf), values])
        case["kolmogorov_smirnov"], case["kolmogorov_smirnov_p"] = map(
            float, ks_2samp(lowest(r, missing_n), lowest(w, missing_m), method="auto"))
        moved = abs(missing_n / len(reference) - missing_m / len(window))
        if len(r) and len(w):
            finite = np.concatenate([r, w])
            finite = finite[np.isfinite(finite)]
            ends = finite.min(), finite.max()
            unit = np.std(r[np.isfinite(r)]) or np.std(finite)
            distance = wasserstein_distance(np.clip(r, *ends), np.clip(w, *ends))
            case["wasserstein"] = float(moved + (distance / unit if unit > 0 else 0))
        else:
            case["wasserstein"] = float(moved)
    if scores is not None:
        case["scores"] = scores
        known = [(v, s) for v, s in zip(reference, scores) if v is not None and np.isfinite(v)]
        case["importance"] = float(abs(np.corrcoef(*np.array(known).T)[0, 1]))
    return case


def category_case(name, reference, window, scores=None):
    categories = sorted({c for c in reference if c is not None}, key=lambda c: (-reference.count(c), -window.count(c)))
    kept, rare = categories[:MOST_CATEGORIES], set(categories[MOST_CATEGORIES:])
    counts = lambda values: [values.count(c) for c in kept] + [
        sum(c in rare for c in values), sum(c is not None and c not in categories for c in values), values.count(None)]
    case = {"name": name, "type": "string", "reference": reference, "window": window,
            **by_bins(counts(reference), counts(window))}
    if reference and window:
        case["unseen_ratio"] = counts(window)[-2] / len(window)
    if scores is not None:
        case["scores"] = scores
        s = np.array(scores)
        between = sum(reference.count(c) * (s[[v == c for v in reference]].mean() - s.mean()) ** 2 for c in set(reference))
        case["importance"] = float(np.sqrt(between / np.sum((s - s.mean()) ** 2)))
    return case


random = np.random.default_rng(7)
rounded = lambda values, digits=4: np.round(values, digits).tolist()
normal = lambda mean, deviation, rows, digits=4: rounded(random.normal(mean, deviation, rows), digits)
draw = lambda options, shares, rows: random.choice(options, rows, p=shares).tolist()
with_missing = lambda values, share: [None if random.uniform() < share else v for v in values]


def with_noise(values, weight):
    return rounded([weight * (0 if v is None else v) + random.normal() for v in values], 6)


a_reference = normal(5, 2, 300)
letters = draw(list("abcd"), [0.1, 0.4, 0.3, 0.2], 400)
many = draw([f"c{i}" for i in range(80)], np.arange(1, 81) / 3240, 600)
cases = [
    number_case("of one distribution", a_reference, normal(5, 2, 200), with_noise(a_reference, 0.3)),
    number_case("moved by half a standard deviation", a_reference, normal(6, 2, 200)),
    number_case("wider", a_reference, normal(5, 3, 150)),
    number_case("whole numbers with ties", random.integers(0, 5, 250).astype(float).tolist(), random.integers(1, 7, 180).astype(float).tolist()),
    number_case("all ties, the same", [3.5] * 120, [3.5] * 90),
    number_case("a constant that moves", [3.5] * 120, rounded(random.choice([3.0, 3.5, 4.0], 90))),
    number_case("mostly zero", [0.0] * 180 + normal(2, 1, 20), [0.0] * 120 + normal(2, 1, 60)),
    number_case("mostly one", [1.0] * 190 + [0.0] * 10, [1.0] * 70 + [0.0] * 30),
    number_case("some missing on either side", with_missing(a_reference, 0.1), with_missing(normal(5, 2, 200), 0.3)),
    number_case("a sensor that goes null", a_reference, [None] * 150),
    number_case("all missing on either side", [None] * 80, [None] * 60),
    number_case("a sensor that comes back", [None] * 80, normal(0, 1, 60)),
    number_case("ten rows", normal(0, 1, 10), normal(0.5, 1, 10)),
    number_case("one row", normal(0, 1, 50), [0.25]),
    number_case("infinities", normal(0, 1, 100) + [float("-inf"), float("inf")], normal(0, 1, 80) + [float("inf")] * 9),
    number_case("far from zero", normal(1.7e6, 1, 200), normal(1.7e6 + 0.3, 1, 100)),
    number_case("zeros of either sign", [0.0, -0.0] * 30 + normal(0, 1, 40), [-0.0] * 25 + normal(0, 1, 40)),
    number_case("no reference", [], normal(0, 1, 30)),
    number_case("an empty window", normal(0, 1, 30), []),
    category_case("of one distribution", letters, draw(list("abcd"), [0.1, 0.4, 0.3, 0.2], 200),
                  with_noise([{"a": 2.0}.get(c, 0.0) for c in letters], 1)),
    category_case("a category that doubles", letters, draw(list("abcd"), [0.2, 0.35, 0.27, 0.18], 300)),
    category_case("one category, the same", ["a"] * 70, ["a"] * 50),
    category_case("unseen categories", letters, draw(list("abcxy"), [0.1, 0.4, 0.3, 0.15, 0.05], 250)),
    category_case("missing ones", with_missing(letters, 0.05), with_missing(draw(list("abcd"), [0.1, 0.4, 0.3, 0.2], 200), 0.2)),
    category_case("all missing", letters, [None] * 100),
    category_case("more categories than are told apart", many, draw([f"c{i}" for i in range(90)], np.full(90, 1 / 90), 500)),
    category_case("ten rows", draw(list("ab"), [0.5, 0.5], 10), draw(list("ab"), [0.2, 0.8], 10)),
    category_case("no reference", [], ["a"] * 20),
    category_case("an empty window", ["a"] * 20, []),
]


def spelled(value):
    """JSON has no infinities."""
    if isinstance(value, float) and np.isinf(value):
        return "inf" if value > 0 else "-inf"
    return [spelled(v) for v in value] if isinstance(value, list) else value


OUT.parent.mkdir(parents=True, exist_ok=True)
OUT.write_text(json.dumps({
    "made_by": f"tools/reference/drift.py with SciPy {scipy.__version__}",
    "cases": [{key: spelled(value) for key, value in case.items()} for case in cases],
}, separators=(",", ":"), allow_nan=False) + "\n")
