"""Trains what train-eddyline.ts trains, on one thread; started by the benchmark with its task as JSON, answers with JSON."""

import json
import sys
import time

import lightgbm
import numpy as np

task = json.loads(sys.argv[1])


def read(part, rows):
    columns = np.fromfile(f"{task['folder']}/{part}.columns", dtype=np.float32).reshape(task["columns"], rows)
    return np.ascontiguousarray(columns.T), np.fromfile(f"{task['folder']}/{part}.labels", dtype=np.float64)


x, y = read("training", task["rows"])
test_x, _ = read("test", task["testRows"])
parameters = {
    "objective": "binary",
    "num_leaves": task["leaves"],
    "learning_rate": task["learningRate"],
    "min_data_in_leaf": task["minRowsPerLeaf"],
    "lambda_l2": task["lambda"],
    "num_threads": 1,
    "verbose": -1,
}
if task["bins"] is not None:
    parameters["max_bin"] = task["bins"]
cpu, wall = time.process_time(), time.perf_counter()
model = lightgbm.train(parameters, lightgbm.Dataset(x, y), task["trees"])
used = {"cpuSeconds": time.process_time() - cpu, "wallSeconds": time.perf_counter() - wall}
print(json.dumps({**used, "scores": model.predict(test_x).tolist()}))
