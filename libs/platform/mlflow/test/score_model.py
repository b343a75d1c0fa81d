"""Loads an exported version and scores a row of zeros with it: score_model.py <tracking uri> <model uri> <columns>."""

import json
import sys

import mlflow
import numpy as np
import onnx

uri, model_uri, columns = sys.argv[1:]
mlflow.set_tracking_uri(uri)
onnx.checker.check_model(mlflow.onnx.load_model(model_uri), full_check=True)
answer = mlflow.pyfunc.load_model(model_uri).predict(np.zeros((1, int(columns)), np.float32))
print(json.dumps({name: np.asarray(value).tolist() for name, value in answer.items()}))
