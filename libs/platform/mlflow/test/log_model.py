"""Logs a small ONNX model as a user of MLflow would: log_model.py <tracking uri> <name> [external]."""

import sys

import mlflow
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

uri, name, *rest = sys.argv[1:]
mlflow.set_tracking_uri(uri)
columns = 4_096 if rest else 3
weights = numpy_helper.from_array(np.full((columns, 1), 0.1, np.float32), "weights")
graph = helper.make_graph(
    [
        helper.make_node("MatMul", ["features", "weights"], ["sum"]),
        helper.make_node("Sigmoid", ["sum"], ["score"]),
    ],
    "logistic",
    [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, columns])],
    [helper.make_tensor_value_info("score", TensorProto.FLOAT, [None, 1])],
    [weights],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.checker.check_model(model, full_check=True)
with mlflow.start_run():
    mlflow.onnx.log_model(model, name="model", registered_model_name=name, save_as_external_data=bool(rest))
