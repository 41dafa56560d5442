# SPDX-License-Identifier: Apache-2.0
"""The fitted trees as an ONNX file: one named input a column, one output, the same bytes every time."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType

from cases import INPUTS

OUTPUT = "probability_of_malignancy"
# Old enough for every runtime in service, new enough for the operators used.
OPSET = {"": 17, "ai.onnx.ml": 3}
IR_VERSION = 8


def export(fitted) -> bytes:
    model = to_onnx(
        fitted, initial_types=[("cases", FloatTensorType([None, len(INPUTS)]))], target_opset=OPSET,
        options={"zipmap": False},
    )
    graph = model.graph
    probabilities = next(output.name for output in graph.output if "prob" in output.name)
    name_inputs(graph)
    graph.initializer.append(numpy_helper.from_array(np.array([1], dtype=np.int64), "column_of_malignant"))
    graph.node.append(
        helper.make_node("Gather", [probabilities, "column_of_malignant"], [OUTPUT], name="malignant", axis=1)
    )
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [None, 1]))
    fix_provenance(model)
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)


def name_inputs(graph: onnx.GraphProto) -> None:
    """One input a column, put side by side: a caller names what it gives, and a wrong order cannot happen."""
    del graph.input[:]
    for name in INPUTS:
        graph.input.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 1]))
    joined = helper.make_node("Concat", list(INPUTS), ["cases"], name="side_by_side", axis=1)
    nodes = [joined, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def fix_provenance(model: onnx.ModelProto) -> None:
    """Nothing in the file may depend on when or where it was written; who wrote it is in the run's record."""
    model.ir_version = IR_VERSION
    model.producer_name = "diagnosis"
    model.producer_version = ""
    model.domain = ""
    model.model_version = 0
    model.doc_string = ""
    model.graph.name = "diagnosis"
    model.graph.doc_string = ""
    del model.metadata_props[:]


def score_onnx(model: bytes, matrix: np.ndarray) -> np.ndarray:
    """Scores by the reference evaluator of the format, an implementation independent of scikit-learn."""
    feeds = {name: matrix[:, [column]].astype(np.float32) for column, name in enumerate(INPUTS)}
    (scores,) = ReferenceEvaluator(onnx.load_model_from_string(model)).run([OUTPUT], feeds)
    return np.asarray(scores)[:, 0]
