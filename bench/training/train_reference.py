"""Trains what train-eddyline.ts trains, on one thread; started by the benchmark with its task as JSON, answers with JSON."""

import json
import os
import sys
import time

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # read by the libraries when they load

import numpy as np

task = json.loads(sys.argv[1])


def read(part, rows):
    columns = np.fromfile(f"{task['folder']}/{part}.columns", dtype=np.float32).reshape(task["columns"], rows)
    return np.ascontiguousarray(columns.T), np.fromfile(f"{task['folder']}/{part}.labels", dtype=np.float64)


def boosted_trees(x, y):
    import lightgbm

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
    started = clocks()
    model = lightgbm.train(parameters, lightgbm.Dataset(x, y), task["trees"])
    return started, clocks(), model.predict


def logistic_regression(x, y):
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(C=1 / task["lambda"]))
    started = clocks()
    model.fit(x, y)
    return started, clocks(), lambda rows: model.predict_proba(rows)[:, 1]


def clocks():
    return time.process_time(), time.perf_counter()


train = {"trees": boosted_trees, "linear": logistic_regression}[task["model"]]
started, ended, predict = train(*read("training", task["rows"]))
test_x, _ = read("test", task["testRows"])
cpu, wall = (b - a for a, b in zip(started, ended))
print(json.dumps({"cpuSeconds": cpu, "wallSeconds": wall, "scores": predict(test_x).tolist()}))
