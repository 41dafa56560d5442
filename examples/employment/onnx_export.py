# SPDX-License-Identifier: Apache-2.0
"""The fitted trees as an ONNX file: one named input a column, one output, the same bytes every time."""

import numpy as np
import onnx
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from people import INPUTS

OUTPUT = "probability_of_employment"
# Old enough for every runtime in service, new enough for the operators used.
OPSET = {"": 17, "ai.onnx.ml": 3}
IR_VERSION = 8


def export(fitted) -> bytes:
    """The sum of one leaf a tree and the baseline is the log-odds; its sigmoid is the score."""
    nodes = [
        helper.make_node("Concat", list(INPUTS), ["person"], name="side_by_side", axis=1),
        helper.make_node(
            "TreeEnsembleRegressor", ["person"], ["log_odds"], name="trees", domain="ai.onnx.ml",
            n_targets=1, base_values=[float(fitted._baseline_prediction.item())], **trees_of(fitted),
        ),
        helper.make_node("Sigmoid", ["log_odds"], [OUTPUT], name="probability"),
    ]
    graph = helper.make_graph(
        nodes, "employment",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 1]) for name in INPUTS],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [None, 1])],
    )
    model = helper.make_model(
        graph, producer_name="employment", ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid(domain, version) for domain, version in OPSET.items()],
    )
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)


def trees_of(fitted) -> dict:
    """scikit-learn keeps no public form of these trees; what is read here is held against its own scores before use."""
    nodes: dict[str, list] = {name: [] for name in (
        "treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids",
    )}
    leaves: dict[str, list] = {name: [] for name in ("treeids", "nodeids", "ids", "weights")}
    for tree, (predictor,) in enumerate(fitted._predictors):
        for place, node in enumerate(predictor.nodes):
            is_leaf = bool(node["is_leaf"])
            nodes["treeids"].append(tree)
            nodes["nodeids"].append(place)
            nodes["featureids"].append(0 if is_leaf else int(node["feature_idx"]))
            nodes["values"].append(0.0 if is_leaf else float(node["num_threshold"]))
            nodes["modes"].append("LEAF" if is_leaf else "BRANCH_LEQ")
            nodes["truenodeids"].append(0 if is_leaf else int(node["left"]))
            nodes["falsenodeids"].append(0 if is_leaf else int(node["right"]))
            if is_leaf:
                leaves["treeids"].append(tree)
                leaves["nodeids"].append(place)
                leaves["ids"].append(0)
                leaves["weights"].append(float(node["value"]))
    return {f"nodes_{name}": values for name, values in nodes.items()} | {
        f"target_{name}": values for name, values in leaves.items()
    }


def score_onnx(model: bytes, matrix: np.ndarray) -> np.ndarray:
    """Scores by the reference evaluator of the format, an implementation independent of scikit-learn."""
    feeds = {name: matrix[:, [column]].astype(np.float32) for column, name in enumerate(INPUTS)}
    (scores,) = ReferenceEvaluator(onnx.load_model_from_string(model)).run([OUTPUT], feeds)
    return np.asarray(scores)[:, 0]
