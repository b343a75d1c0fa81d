"""Checks ONNX files with the format's own checker, shapes included, and runs its shape inference over them.

    /tmp/reference/bin/python tools/reference/check_onnx.py model.onnx …

Ends with 1 where a file breaks the format, and says how. One line of JSON per file.
"""
import json
import sys

import onnx


def check(path):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    return {
        "file": path, "ok": True, "ir_version": model.ir_version,
        "opsets": {opset.domain or "ai.onnx": opset.version for opset in model.opset_import},
        "operators": sorted({node.op_type for node in model.graph.node}),
        "metadata": sorted(entry.key for entry in model.metadata_props),
    }


failed = False
for path in sys.argv[1:]:
    try:
        said = check(path)
    except Exception as error:  # whatever the checker finds is the file's fault
        failed = True
        said = {"file": path, "ok": False, "problem": str(error).strip()}
    print(json.dumps(said))
if not sys.argv[1:]:
    sys.exit("name the files to check")
sys.exit(1 if failed else 0)
