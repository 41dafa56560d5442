# SPDX-License-Identifier: Apache-2.0
"""Fits the candidate and writes what others judge it by. Reads only the development split."""

import csv
import json
import os
import sys

# A step writes its outputs and nothing else.
sys.dont_write_bytecode = True
# One thread: sums of floats must be taken in one order. Set before numpy loads its BLAS.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np  # noqa: E402

from columns import ID, INPUT_SETS, Applications, InputSet, read_applications  # noqa: E402
from fitting import (  # noqa: E402
    logistic,
    out_of_fold_boosting,
    out_of_fold_logistic,
    search,
    selected_c,
)
from onnx_export import OUTPUT, score_onnx, to_onnx  # noqa: E402
from parity import Case, accepted_cases, edge_cases  # noqa: E402
from reasons import logit_of, reason_table  # noqa: E402

# float32 arithmetic on logits below 20: an error beyond this is a wrong graph, not rounding.
PARITY_TOLERANCE = 1e-5
REASON_TOLERANCE = 1e-9


def main() -> None:
    params = read_params()
    applications = read_applications("applications.development.csv")
    seed = int(os.environ.get("COUNTERSIGN_SEED", params["seed"]))
    inputs = INPUT_SETS[params["inputs"]]
    fitted = fit_candidate(applications, params, seed)
    write_out_of_fold(applications, params, seed)
    write_artifacts(fitted, applications.matrix(inputs), inputs, parity_rows=params["parity_rows"])


def read_params() -> dict:
    with open("params.json", encoding="utf-8") as handle:
        return json.load(handle)


def fit_candidate(applications: Applications, params: dict, seed: int):
    """The recorded search over C, for the candidate's inputs and for the other set beside it."""
    trials = []
    for name, inputs in INPUT_SETS.items():
        found = search(applications.matrix(inputs), applications.labels, inputs,
                       grid=params["c_grid"], folds=params["folds"], seed=seed)
        for entry in found:
            entry["params"] = {"inputs": name, **entry["params"]}
            if entry["selected"] and name != params["inputs"]:
                entry |= {"selected": False, "note": "best of the inputs searched for comparison"}
        trials += found
    write_trials(trials, params, seed)
    inputs = INPUT_SETS[params["inputs"]]
    return logistic(inputs, selected_c(trials)).fit(applications.matrix(inputs), applications.labels)


def write_trials(trials: list[dict], params: dict, seed: int) -> None:
    """The cutoff acts on the probability, so a proper score decides rather than a ranking measure."""
    os.makedirs("evidence", exist_ok=True)
    write_json("evidence/trials.json", {
        "search": (
            f"grid over C, stratified {params['folds']}-fold cross-validation, shuffled; the inputs `{params['inputs']}` "
            "were fixed before the search (evidence/feature-catalogue.md), the other set is searched for comparison"
        ),
        "method": "grid",
        "space": {"inputs": sorted(INPUT_SETS), "c": params["c_grid"]},
        "seed": seed,
        "budget": {"trials": len(trials), "folds": params["folds"]},
        "score": "log_loss",
        "direction": "minimise",
        "criterion": "lowest mean log loss over the folds among the fixed inputs; the smaller C on a tie",
        "choice": {
            "rule": "best",
            "among": {"inputs": params["inputs"]},
            "why": "the cutoff acts on the probability, so a proper score decides rather than a ranking measure",
        },
        "trials": [{**entry, "seed": seed} for entry in trials],
    })


def write_out_of_fold(applications: Applications, params: dict, seed: int) -> None:
    """oof.csv is the candidate; the other two are what it is compared with, on the same folds."""
    folds = {"folds": params["folds"], "seed": seed}
    nested = {**folds, "grid": params["c_grid"], "inner_folds": params["inner_folds"]}
    for name, inputs in INPUT_SETS.items():
        path = "oof.csv" if name == params["inputs"] else "oof-alternative.csv"
        scores = out_of_fold_logistic(applications.matrix(inputs), applications.labels, inputs, **nested)
        write_predictions(path, applications, scores)
    inputs = INPUT_SETS[params["inputs"]]
    scores = out_of_fold_boosting(applications.matrix(inputs), applications.labels, inputs, **folds)
    write_predictions("oof-challenger.csv", applications, scores)


def write_predictions(path: str, applications: Applications, result: tuple[np.ndarray, np.ndarray]) -> None:
    scores, folds = result
    labels = [row["creditability"] for row in applications.rows]
    rows = zip(applications.ids, folds, labels, scores, strict=True)
    write_csv(path, [ID, "fold", "creditability", "score"],
              ([int(row_id), int(fold), label, repr(float(score))] for row_id, fold, label, score in rows))


def write_artifacts(fitted, matrix: np.ndarray, inputs: InputSet, *, parity_rows: int) -> None:
    """Everything is computed and checked before the first file is written."""
    model = to_onnx(fitted, inputs)
    table = reason_table(fitted, matrix, inputs)
    files = {
        "parity.csv": accepted_cases(matrix, inputs, development=parity_rows),
        "parity-edges.csv": edge_cases(matrix, inputs),
    }
    scores = {}
    for path, cases in files.items():
        values = np.array([row for _, row in cases], dtype=object)
        scores[path] = fitted.predict_proba(values)[:, 1]
        check_parity(model, values, scores[path], inputs)
        check_reasons(table, values, inputs, logits=fitted.decision_function(values))
    with open("model.onnx", "wb") as handle:
        handle.write(model)
    write_json("reasons.json", table)
    for path, cases in files.items():
        write_csv(path, ["case", "kind", *inputs.names, OUTPUT], parity_lines(cases, scores[path], inputs))


def parity_lines(cases: list[Case], scores: np.ndarray, inputs: InputSet):
    count = len(inputs.numeric)
    for number, ((kind, row), score) in enumerate(zip(cases, scores, strict=True), start=1):
        numbers = ["" if np.isnan(value) else repr(value) for value in row[:count]]
        yield [number, kind, *numbers, *row[count:], repr(float(score))]


def check_parity(model: bytes, values: np.ndarray, expected: np.ndarray, inputs: InputSet) -> None:
    worst = float(np.abs(score_onnx(model, values, inputs) - expected).max())
    if worst > PARITY_TOLERANCE:
        raise SystemExit(f"train: the ONNX file differs from scikit-learn by {worst:.3g}; nothing was written")


def check_reasons(table: dict, values: np.ndarray, inputs: InputSet, *, logits: np.ndarray) -> None:
    sums = [logit_of(table, dict(zip(inputs.names, row, strict=True))) for row in values]
    worst = float(np.abs(np.array(sums) - logits).max())
    if worst > REASON_TOLERANCE:
        raise SystemExit(f"train: contributions miss the logit by {worst:.3g}; nothing was written")


def write_csv(path: str, header: list[str], rows) -> None:
    with open(path, "w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_json(path: str, value: dict) -> None:
    with open(path, "w", encoding="utf-8") as handle:
        json.dump(value, handle, indent=2, allow_nan=False)
        handle.write("\n")


if __name__ == "__main__":
    main()
