"""Explains what explaining-bench.ts explains by LightGBM's pred_contrib, on one thread; its task is JSON, its answer too."""

import json
import sys
import time

import lightgbm
import numpy as np

task = json.loads(sys.argv[1])
rows, columns, explained = task["rows"], task["columns"], task["explained"]
x = np.ascontiguousarray(np.fromfile(f"{task['folder']}/training.columns", dtype=np.float32).reshape(columns, rows).T)
y = np.fromfile(f"{task['folder']}/training.labels", dtype=np.float64)
parameters = {"objective": "binary", "num_leaves": task["leaves"], "min_data_in_leaf": 20, "num_threads": 1, "verbose": -1}
model = lightgbm.train(parameters, lightgbm.Dataset(x, y), task["trees"])
started = time.process_time()
model.predict(x[:explained].astype(np.float64), pred_contrib=True, num_threads=1)
print(json.dumps({"cpuSeconds": time.process_time() - started}))
