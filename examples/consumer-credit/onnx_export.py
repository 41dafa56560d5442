# SPDX-License-Identifier: Apache-2.0
"""The fitted pipeline as an ONNX file: one named input a column, one output, the same bytes every time."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from columns import InputSet

OUTPUT = "probability_of_default"
# Old enough for every runtime in service, new enough for the operators used.
OPSET = {"": 17, "ai.onnx.ml": 3}
IR_VERSION = 8


def to_onnx(fitted: Pipeline, inputs: InputSet) -> bytes:
    types = [(name, FloatTensorType([None, 1])) for name in inputs.numeric]
    types += [(name, StringTensorType([None, 1])) for name in inputs.category]
    model = convert_sklearn(
        fitted, name="consumer_credit", initial_types=types, target_opset=OPSET,
        options={LogisticRegression: {"zipmap": False}},
    )
    keep_probability_of_bad(model)
    fix_provenance(model)
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)


def keep_probability_of_bad(model: onnx.ModelProto) -> None:
    """Replaces the outputs `label` and `probabilities` [N, 2] by column 1 as `probability_of_default` [N, 1]."""
    graph = model.graph
    probabilities = next(output.name for output in graph.output if "prob" in output.name)
    graph.initializer.append(numpy_helper.from_array(np.array([1], dtype=np.int64), "column_of_bad"))
    graph.node.append(
        helper.make_node("Gather", [probabilities, "column_of_bad"], [OUTPUT], name="probability_of_bad", axis=1)
    )
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [None, 1]))
    drop_unused_nodes(graph)


def drop_unused_nodes(graph: onnx.GraphProto) -> None:
    """Nodes whose outputs nobody reads, last first: what computed the label is gone, what computes the score stays."""
    needed = {output.name for output in graph.output}
    kept = []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            needed.update(node.input)
            kept.append(node)
    kept.reverse()
    constants = [tensor for tensor in graph.initializer if tensor.name in needed]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(kept)
    graph.initializer.extend(constants)


def fix_provenance(model: onnx.ModelProto) -> None:
    """Nothing in the file may depend on when or where it was written; who wrote it is in the run's record."""
    model.ir_version = IR_VERSION
    model.producer_name = "consumer-credit"
    model.producer_version = ""
    model.domain = ""
    model.model_version = 0
    model.doc_string = ""
    model.graph.doc_string = ""
    del model.metadata_props[:]
    for node in model.graph.node:
        node.doc_string = ""


def score_onnx(model: bytes, matrix: np.ndarray, inputs: InputSet) -> np.ndarray:
    """Scores by the reference evaluator of the format, an implementation independent of scikit-learn."""
    feeds = {}
    for column, name in enumerate(inputs.names):
        kind = np.float32 if name in inputs.numeric else np.str_
        feeds[name] = matrix[:, [column]].astype(kind)
    (scores,) = ReferenceEvaluator(onnx.load_model_from_string(model)).run([OUTPUT], feeds)
    return np.asarray(scores)[:, 0]
