"""A trainer with scikit-learn's gradient boosting (docs/external-trainers.md).

In the pipeline file:

    model:
      task: binary-classification
      trainer: { command: [.eddyline/sklearn/bin/python, examples/trainers/sklearn/train.py], timeout: 10m, memory: 2GiB }

Its last argument is the path of spec.json. It reads the rows, trains, and writes the model and its metrics where that says.
"""
import json
import pathlib
import sys

import pandas
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.metrics import log_loss, root_mean_squared_error
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType

# Of the rows, the newest, on which the metrics are taken.
VALIDATION = 0.2


def read(spec):
    """Features by their names, as the served model will get them: float32, and text with "" where it is missing."""
    table = pandas.read_parquet(spec["files"]["training"])
    features = pandas.DataFrame(
        {
            feature["name"]: table[feature["column"]].astype("float32")
            if feature["type"] == "number"
            else table[feature["column"]].fillna("").astype(str)
            for feature in spec["features"]
        }
    )
    labels = table[spec["columns"]["label"]]
    return features, labels if spec["task"] == "regression" else labels.astype("int64")


def model_of(spec):
    texts = [feature["name"] for feature in spec["features"] if feature["type"] == "string"]
    numbers = [feature["name"] for feature in spec["features"] if feature["type"] == "number"]
    boosting = GradientBoostingRegressor if spec["task"] == "regression" else GradientBoostingClassifier
    inputs = [("numbers", SimpleImputer(strategy="median"), numbers)] if numbers else []
    if texts:
        # A text that was never seen is all zeros.
        inputs.append(("texts", OneHotEncoder(handle_unknown="ignore", sparse_output=False), texts))
    trees = boosting(n_estimators=100, learning_rate=0.1, max_depth=4, subsample=0.8, random_state=spec["seed"])
    return Pipeline([("inputs", ColumnTransformer(inputs)), ("trees", trees)])


def measure(spec, features, labels):
    """What a model of the older rows makes of the newer ones: rows are in the order of time."""
    split = int(len(features) * (1 - VALIDATION))
    model = model_of(spec).fit(features[:split], labels[:split])
    if spec["task"] == "regression":
        return {"validation.rmse": root_mean_squared_error(labels[split:], model.predict(features[split:]))}
    probabilities = model.predict_proba(features[split:])
    return {"validation.log_loss": log_loss(labels[split:], probabilities, labels=model.classes_)}


def export(spec, model):
    """One input per feature, by its name; probabilities as a tensor (Eddyline takes no ZipMap)."""
    inputs = [
        (feature["name"], (FloatTensorType if feature["type"] == "number" else StringTensorType)([None, 1]))
        for feature in spec["features"]
    ]
    options = {} if spec["task"] == "regression" else {"options": {id(model): {"zipmap": False}}}
    return to_onnx(model, initial_types=inputs, target_opset={"": 17, "ai.onnx.ml": 3}, **options)


def main():
    spec = json.loads(pathlib.Path(sys.argv[-1]).read_text())
    features, labels = read(spec)
    print(f"{len(features)} rows, {spec['holdoutRows']} newer ones held out", flush=True)
    metrics = measure(spec, features, labels)
    print(metrics, flush=True)
    model = model_of(spec).fit(features, labels)
    pathlib.Path(spec["files"]["model"]).write_bytes(export(spec, model).SerializeToString())
    pathlib.Path(spec["files"]["metrics"]).write_text(json.dumps(metrics))


main()
