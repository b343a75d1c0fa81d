"""Makes libs/domain/statistics/fixtures/scipy.golden.json: what SciPy and scikit-learn compute, for the golden tests of
#domain/statistics.

    /tmp/reference/bin/python tools/reference/scipy_statistics.py
"""
import json
import math
import pathlib

import numpy as np
import scipy
import sklearn
from scipy import optimize, special, stats
from sklearn.isotonic import IsotonicRegression

OUT = pathlib.Path(__file__).parents[2] / "libs/domain/statistics/fixtures/scipy.golden.json"
random = np.random.default_rng(20)


def table(function, arguments):
    """Rows of arguments, then what the function gives for them."""
    return [[*map(float, row), float(function(*row))] for row in arguments]


gamma_arguments = [
    (a, x)
    for a in (1e-3, 0.5, 1.0, 2.5, 9.99, 10.0, 30.0, 250.0, 4999.5, 1e6)
    for x in (1e-6 * a, 0.3 * a, 0.97 * a, a, a + 1, 1.05 * a + 0.5, 1.4 * a + 3, 2 * a + 30)
]
beta_arguments = [
    (a, b, x)
    for a in (0.5, 1.0, 3.0, 40.0, 2e4)
    for b in (0.5, 2.0, 15.0, 700.0)
    for x in (1e-9, 0.02, 0.5, a / (a + b), 0.93, 1 - 1e-9)
]
chi_square_arguments = [
    (x, df)
    for df in (1, 2, 3, 9, 19, 50, 200, 5000)
    for x in (1e-8, 0.01 * df, 0.5 * df, df, 1.3 * df + 1, 2 * df + 10, 3 * df + 100, 900.0, 1400.0)
]
t_arguments = [(t, df) for df in (1, 2, 3.5, 10, 29, 1e3, 1e6) for t in (-30.0, -2.0, -1e-3, 0.0, 0.5, 1.96, 5.0, 40.0, 1e8)]


def ks_two_sample(d_lattice, n, m):
    """The statistic is given in multiples of 1/lcm; the samples are made so that it comes out as that."""
    d = d_lattice / math.lcm(n, m)
    success, _, p = stats._stats_py._attempt_exact_2kssamp(n, m, math.gcd(n, m), d, "two-sided")
    # Rounding can take a certainty a little above 1.
    assert success or abs(p - 1) < 1e-12
    return d, min(p, 1)


ks_exact = []
for n, m in [(1, 1), (1, 7), (2, 3), (5, 5), (6, 9), (10, 10), (10, 25), (50, 50), (49, 60), (7, 400), (300, 450), (500, 2000), (1999, 2000)]:
    lcm = math.lcm(n, m)
    root = math.sqrt((n + m) / (n * m))
    for k in (0.05, 0.4, 0.7, 1.0, 1.36, 1.63, 2.2, 3.5):
        h = min(lcm, max(1, round(k * root * lcm)))
        d, p = ks_two_sample(h, n, m)
        ks_exact.append([d, n, m, float(p)])

ks_one_sample = [
    (d, n)
    for n in (1, 2, 5, 10, 40, 139, 140, 141, 400, 3000, 19_999, 30_000, 250_000, 2_000_000)
    for d in (k / math.sqrt(n) for k in (0.3, 0.5, 0.8, 1.0, 1.2, 1.36, 1.48, 1.63, 1.9, 2.2, 3.0, 4.5))
    if 0.5 / n < d < 1
]


def newcombe(auc, positives, negatives, confidence):
    """Both areas whose Hanley–McNeil standard error puts `auc` at the edge."""
    z = stats.norm.ppf((1 + confidence) / 2)

    def gap(area, sign):
        q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
        variance = area * (1 - area) + (positives - 1) * (q1 - area**2) + (negatives - 1) * (q2 - area**2)
        return auc - area - sign * z * math.sqrt(max(0, variance) / (positives * negatives))

    # At the ends of [0, 1] the standard error is 0, so that the edge is bracketed just inside them.
    low = 0.0 if auc == 0 else optimize.brentq(gap, 1e-15, auc - 1e-9, args=(1,), xtol=1e-14)
    high = 1.0 if auc == 1 else optimize.brentq(gap, auc + 1e-9, 1 - 1e-15, args=(-1,), xtol=1e-14)
    return low, high


def de_long(name, scores, labels, confidence):
    """By the definition: every positive against every negative."""
    positive, negative = scores[labels == 1], scores[labels == 0]
    wins = (positive[:, None] > negative[None, :]) + 0.5 * (positive[:, None] == negative[None, :])
    v10, v01 = wins.mean(axis=1), 1 - wins.mean(axis=0)
    auc = wins.mean()
    se = math.sqrt(v10.var(ddof=1) / len(positive) + v01.var(ddof=1) / len(negative))
    z = stats.norm.ppf((1 + confidence) / 2)
    return {
        "name": name, "scores": scores.tolist(), "labels": labels.tolist(), "confidence": confidence, "auc": auc,
        "low": max(0, auc - z * se), "high": min(1, auc + z * se),
    }


def isotonic(name, x, y, weights=None):
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    fit = IsotonicRegression(out_of_bounds="clip").fit(x, y, sample_weight=weights)
    at = np.concatenate([x[:30], np.linspace(x.min() - 1, x.max() + 1, 41)])
    return {
        "name": name, "x": x.tolist(), "y": y.tolist(), "weights": None if weights is None else weights.tolist(),
        "xs": fit.X_thresholds_.tolist(), "ys": fit.y_thresholds_.tolist(), "at": at.tolist(), "predicted": fit.predict(at).tolist(),
    }


def bootstrap(name, counts, statistic, confidence, resamples=400_000):
    """Percentiles of so many draws, and their own Monte Carlo error for 2000 draws."""
    counts = np.asarray(counts)
    drawn = np.random.default_rng(9).multinomial(counts.sum(), counts / counts.sum(), size=resamples)
    values = np.asarray(statistic(drawn.T))
    low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    batches = np.quantile(values.reshape(-1, 2000), [(1 - confidence) / 2, (1 + confidence) / 2], axis=1)
    return {
        "name": name, "counts": counts.tolist(), "confidence": confidence, "low": low, "high": high,
        "lowError": batches[0].std(), "highError": batches[1].std(),
    }


noisy = random.uniform(size=120)
noisy_labels = (random.uniform(size=120) < noisy).astype(int)
p_values = random.uniform(size=20) ** 3
golden = {
    "made_by": f"tools/reference/scipy_statistics.py with SciPy {scipy.__version__}, scikit-learn {sklearn.__version__}",
    "log_gamma": table(special.gammaln, [(x,) for x in (1e-5, 0.5, 1, 1.5, 2, 3.7, 9.999, 10, 55.5, 1e4, 1e9)]),
    "gamma_p": table(special.gammainc, gamma_arguments),
    "gamma_q": table(special.gammaincc, gamma_arguments),
    "beta": table(special.betainc, beta_arguments),
    "chi_square_survival": table(stats.chi2.sf, chi_square_arguments),
    "chi_square_quantile": table(stats.chi2.isf, [(p, df) for p in (1e-12, 0.001, 0.05, 0.5, 0.99) for df in (1, 2, 9, 99, 1000)]),
    "normal_cdf": table(stats.norm.cdf, [(z,) for z in (-37.5, -20, -8, -3, -1.96, -0.5, -1e-5, 0, 1e-9, 0.3, 1, 2.5, 6, 9)]),
    "normal_survival": table(stats.norm.sf, [(z,) for z in (-9, -3, -0.7, 0, 0.7, 1.96, 5, 12, 25, 37.5)]),
    "normal_quantile": table(stats.norm.ppf, [(p,) for p in (1e-300, 1e-20, 1e-5, 0.01, 0.075, 0.3, 0.5, 0.6, 0.925, 0.975, 0.9995, 1 - 1e-12)]),
    "student_t_survival": table(stats.t.sf, t_arguments),
    "student_t_quantile": table(stats.t.ppf, [(p, df) for p in (0.005, 0.25, 0.5, 0.9, 0.975, 0.9995) for df in (1, 2, 7, 30, 999, 1e6)]),
    "kolmogorov": table(special.kolmogorov, [(x,) for x in (0.05, 0.15, 0.3, 0.499, 0.5, 0.7, 1, 1.36, 2, 3, 5, 15, 30)]),
    "ks_two_sample_exact": ks_exact,
    "ks_one_sample": table(stats.kstwo.sf, ks_one_sample),
    "false_discovery": [
        {"p": list(map(float, p)), "q": stats.false_discovery_control(p, method="bh").tolist()}
        for p in ([0.04], [0.5, 0.5, 0.5], [0, 1, 0.01, 0.02], np.full(5, 0.0), p_values, np.sort(p_values)[::-1], np.round(p_values, 1))
    ],
    "wilson": [
        [k, n, c, *map(float, stats.binomtest(k, n).proportion_ci(c, method="wilson"))]
        for k, n in ((0, 1), (1, 1), (0, 10), (10, 10), (3, 10), (50, 100), (1, 100_000), (99_999, 100_000), (432_100, 1_000_000))
        for c in (0.9, 0.95, 0.999)
    ],
    "mean": [
        [m, v, n, c, *map(float, stats.t.interval(c, n - 1, loc=m, scale=math.sqrt(v / n)))] if v > 0 else [m, v, n, c, m, m]
        for m, v, n in ((1.5, 2.0, 2), (0.0, 1.0, 10), (-40.0, 0.25, 500), (1e6, 1e8, 30_000), (3.0, 0.0, 12))
        for c in (0.9, 0.95, 0.99)
    ],
    "hanley_mcneil": [
        [a, p, n, c, *newcombe(a, p, n, c)]
        for a, p, n in ((0.5, 20, 20), (0.8, 1, 3), (0.95, 5, 400), (0.73, 3000, 3000), (1.0, 3, 50), (0.0, 8, 8), (0.02, 40, 9))
        for c in (0.9, 0.95)
    ],
    "de_long": [
        de_long("noisy", noisy, noisy_labels, 0.95),
        de_long("many ties", np.round(noisy, 1), noisy_labels, 0.9),
        de_long("all equal", np.full(10, 0.5), np.arange(10) % 2, 0.95),
        de_long("perfect", np.arange(10) / 10, (np.arange(10) >= 6).astype(int), 0.95),
    ],
    # Boyd, Eng and Page 2013, section 3.3, in NumPy.
    "pr_auc": [
        [a, n, c, *map(float, special.expit(special.logit(a) + np.array([-1, 1]) * stats.norm.ppf((1 + c) / 2) / math.sqrt(n * a * (1 - a))))]
        for a, n in ((0.5, 10), (0.03, 40), (0.999, 25), (0.7, 100_000))
        for c in (0.9, 0.95)
    ],
    "isotonic": [
        isotonic("noisy", noisy, noisy_labels),
        isotonic("ties", np.round(noisy, 1), noisy_labels),
        isotonic("weights", noisy, noisy_labels, np.round(random.uniform(0.1, 5, size=120), 2)),
        isotonic("rising already", [1, 2, 3, 4], [0.1, 0.2, 0.2, 0.9]),
        isotonic("falling", [1, 2, 3, 4], [4, 3, 2, 1]),
        isotonic("all equal", [2, 2, 2], [0, 1, 1]),
        isotonic("one row", [0.3], [1]),
    ],
    # Cells: true positives, false positives, false negatives, true negatives.
    "bootstrap": [
        bootstrap("f1", [30, 12, 9, 149], lambda c: 2 * c[0] / (2 * c[0] + c[1] + c[2]), 0.95),
        bootstrap("accuracy", [4000, 1500, 1300, 13_200], lambda c: (c[0] + c[3]) / 20_000, 0.9),
        bootstrap("accuracy of millions", [4_000_000, 1_500_000, 10, 3_200_000], lambda c: (c[0] + c[3]) / 8_700_010, 0.95),
    ],
}
OUT.parent.mkdir(exist_ok=True)
OUT.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
