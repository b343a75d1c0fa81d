"""Makes libs/platform/onnx/fixtures/: models as their users export them (skl2onnx), with what scikit-learn predicts.

    python3 -m venv /tmp/reference && /tmp/reference/bin/pip install -r tools/reference/requirements.txt
    /tmp/reference/bin/python tools/reference/onnx_models.py
"""
import json
import pathlib

import numpy as np
import pandas
from onnx import TensorProto, helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

OUT = pathlib.Path(__file__).parents[2] / "libs/platform/onnx/fixtures"
OUT.mkdir(exist_ok=True)
random = np.random.default_rng(11)
x = random.normal(size=(300, 3)).astype(np.float32)
y = (x @ [1.0, -2.0, 0.5] + random.normal(size=300) > 0).astype(int)
matrix = [("X", FloatTensorType([None, 3]))]
expected = {"rows": x[:20].tolist()}


def save(name, model):
    (OUT / f"{name}.onnx").write_bytes(model.SerializeToString())


binary = make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y)
save("binary", to_onnx(binary, initial_types=matrix, options={"zipmap": False}, target_opset=17))
save("binary-zipmap", to_onnx(binary, initial_types=matrix, target_opset=17))
expected["binary"] = binary.predict_proba(x[:20])[:, 1].tolist()

classes = np.digitize(x[:, 0] + x[:, 1], [-0.7, 0.7])
forest = RandomForestClassifier(5, max_depth=3, random_state=0).fit(x, classes)
save("multiclass", to_onnx(forest, initial_types=matrix, options={"zipmap": False}, target_opset=17))
expected["multiclass"] = forest.predict_proba(x[:20]).tolist()

line = LinearRegression().fit(x, x @ [3.0, 0.0, 1.0] + 5)
save("regression", to_onnx(line, initial_types=matrix, target_opset=17))
expected["regression"] = line.predict(x[:20]).tolist()

# One input per feature, with a string, an integer and a double among them.
hours = random.integers(0, 24, size=300)
shops = np.array(["kiosk", "online", "market"])[random.integers(0, 3, size=300)]
table = {"amount": x[:, 0].astype(np.float64), "hour": hours, "shop": shops}
encode = ColumnTransformer([("n", StandardScaler(), ["amount", "hour"]), ("c", OneHotEncoder(handle_unknown="ignore"), ["shop"])])
columns = make_pipeline(encode, LogisticRegression()).fit(pandas.DataFrame(table), (x[:, 0] + (shops == "kiosk") > 0.3).astype(int))
types = [("amount", DoubleTensorType([None, 1])), ("hour", Int64TensorType([None, 1])), ("shop", StringTensorType([None, 1]))]
save("columns", to_onnx(columns, initial_types=types, options={"zipmap": False}, target_opset=17))
expected["columns"] = {
    "rows": [[float(a), int(h), str(s)] for a, h, s in zip(table["amount"][:20], hours[:20], shops[:20])],
    "scores": columns.predict_proba(pandas.DataFrame(table)[:20])[:, 1].tolist(),
}

# A model that gives back its input: what is not finite goes in and comes out.
graph = helper.make_graph(
    [helper.make_node("Identity", ["X"], ["score"])], "identity",
    [helper.make_tensor_value_info("X", TensorProto.FLOAT, ["rows", 1])],
    [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["rows", 1])],
)
save("identity", helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)]))
(OUT / "expected.golden.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
