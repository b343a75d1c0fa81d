"""Makes libs/domain/drift-detectors/fixtures/river.golden.json: where River finds changes, for the golden tests of
#domain/drift-detectors.

    /tmp/reference/bin/python tools/reference/detectors.py
"""
import json
import pathlib
from importlib.metadata import version

import numpy as np
from river.drift import ADWIN, PageHinkley

OUT = pathlib.Path(__file__).parents[2] / "libs/domain/drift-detectors/fixtures/river.golden.json"


def bernoulli(seed, *segments):
    """Segments of (values, share of ones), as text of 0 and 1."""
    random = np.random.default_rng(seed)
    return np.concatenate([(random.uniform(size=n) < p).astype(int) for n, p in segments])


def gaussian(seed, *segments):
    random = np.random.default_rng(seed)
    return np.concatenate([np.round(random.normal(mean, deviation, size=n), 3) for n, mean, deviation in segments])


random = np.random.default_rng(8)
streams = {
    "error rises at 3000": bernoulli(1, (3000, 0.1), (3000, 0.3)),
    "error doubles at 4000": bernoulli(2, (4000, 0.05), (6000, 0.1)),
    "error falls at 2000": bernoulli(3, (2000, 0.4), (2000, 0.2)),
    "three levels": bernoulli(4, (1500, 0.2), (1500, 0.6), (1500, 0.1)),
    "stationary error": bernoulli(5, (12_000, 0.2)),
    "gradual": (random.uniform(size=6000) < np.linspace(0.05, 0.5, 6000)).astype(int),
    "gaussian, mean moves by one deviation": gaussian(6, (1000, 10, 2), (1000, 12, 2)),
    "gaussian, deviation trebles": gaussian(7, (1000, 0, 1), (1000, 0, 3)),
    "outliers": gaussian(9, (700, 0, 1), (1, 500, 1), (900, 0, 1), (40, 60, 5), (300, 0, 1)),
    "all ones": np.ones(2000, dtype=int),
    "all equal, a fraction": np.full(1000, 0.1),
    "alternating": np.arange(2000) % 2,
    "ten values": np.array([0, 1, 0, 0, 1, 0, 1, 1, 1, 1]),
    "one value": np.array([3.5]),
}
detectors = {
    "adwin": [{"delta": 0.002}, {"delta": 1e-5}, {"delta": 0.3}],
    "page_hinkley": [
        {"minInstances": 30, "delta": 0.005, "threshold": 50, "alpha": 0.9999},
        {"minInstances": 100, "delta": 0.05, "threshold": 12, "alpha": 0.999},
        {"minInstances": 1, "delta": 0, "threshold": 3, "alpha": 1},
    ],
}


def make(kind, options):
    if kind == "adwin":
        return ADWIN(delta=options["delta"])
    return PageHinkley(
        min_instances=options["minInstances"], delta=options["delta"], threshold=options["threshold"], alpha=options["alpha"]
    )


def run(kind, options, values):
    """Indices of the changes; for ADWIN also what the window holds at the end."""
    detector = make(kind, options)
    changes = []
    for index, value in enumerate(values):
        detector.update(float(value))
        if detector.drift_detected:
            changes.append(index)
    end = {} if kind != "adwin" else {"width": detector.width, "total": detector.total, "variance": detector.variance}
    return {"kind": kind, "options": options, "changes": changes, **end}


golden = {
    "made_by": f"tools/reference/detectors.py with River {version('river')}",
    "streams": [
        {
            "name": name,
            # Zeros and ones as text: the file stays small.
            "values": "".join(map(str, values)) if values.dtype.kind == "i" else values.tolist(),
            "runs": [run(kind, options, values) for kind, all_options in detectors.items() for options in all_options],
        }
        for name, values in streams.items()
    ],
}
OUT.parent.mkdir(exist_ok=True)
OUT.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
for stream in golden["streams"]:
    print(stream["name"], [run["changes"][:6] for run in stream["runs"]])
