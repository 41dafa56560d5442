# SPDX-License-Identifier: Apache-2.0
"""Searches, fits and writes the model with its out-of-fold scores and the cases that serving must agree on."""

import csv
import json
import os

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from cases import ID, INPUTS, LABEL, POSITIVE, Cases, read_cases
from onnx_export import OUTPUT, export, score_onnx

PARITY_TOLERANCE = 1e-6


def main() -> None:
    with open("params.json", encoding="utf-8") as handle:
        params = json.load(handle)
    seed = int(os.environ.get("COUNTERSIGN_SEED", params["seed"]))
    cases = read_cases("cases.development.csv")
    folds = StratifiedKFold(n_splits=params["folds"], shuffle=True, random_state=seed)
    search = search_of(params, seed, folds).fit(cases.matrix, cases.labels)
    write_trials(search, params, seed)
    write_out_of_fold(cases, params, seed, folds)
    write_model(search.best_estimator_, cases, params["parity_rows"])


def boosting(seed: int) -> GradientBoostingClassifier:
    """Shallow trees: at most two quantities together decide one step, so that a pathologist can follow it."""
    return GradientBoostingClassifier(learning_rate=0.1, min_samples_leaf=10, random_state=seed)


def search_of(params: dict, seed: int, folds: StratifiedKFold) -> GridSearchCV:
    return GridSearchCV(
        boosting(seed), {"max_depth": params["max_depth"], "n_estimators": params["n_estimators"]},
        scoring="neg_log_loss", cv=folds, n_jobs=1, refit=True,
    )


def write_trials(search: GridSearchCV, params: dict, seed: int) -> None:
    """Every trial with its figures in every fold; times are left out, since they differ from run to run."""
    results = search.cv_results_
    splits = [results[f"split{fold}_test_score"] for fold in range(params["folds"])]
    trials = []
    for at, chosen in enumerate(results["params"]):
        losses = [-float(split[at]) for split in splits]
        trials.append({
            "params": chosen,
            "metrics": {
                "log_loss": float(np.mean(losses)),
                "log_loss_standard_error": float(np.std(losses, ddof=1) / np.sqrt(len(losses))),
            },
            "selected": bool(at == search.best_index_),
            "seed": seed,
        })
    os.makedirs("evidence", exist_ok=True)
    write_json("evidence/trials.json", {
        "search": f"grid over depth and number of trees, stratified {params['folds']}-fold cross-validation, shuffled",
        "criterion": "lowest mean log loss over the folds; the first in the grid on a tie",
        "score": "log_loss",
        "direction": "minimise",
        "trials": trials,
    })


def write_out_of_fold(cases: Cases, params: dict, seed: int, folds: StratifiedKFold) -> None:
    """Nested: the search is made again inside each training part, so no case's score has seen that case's pathology."""
    scores, numbers = np.empty(len(cases.labels)), np.empty(len(cases.labels), dtype=int)
    for fold, (train, test) in enumerate(folds.split(cases.matrix, cases.labels)):
        inner = StratifiedKFold(n_splits=params["inner_folds"], shuffle=True, random_state=seed + 1 + fold)
        fitted = search_of(params, seed, inner).fit(cases.matrix[train], cases.labels[train])
        scores[test] = fitted.predict_proba(cases.matrix[test])[:, 1]
        numbers[test] = fold
    rows = zip(cases.ids, numbers, cases.labels, scores, strict=True)
    write_csv("oof.csv", [ID, "fold", LABEL, "score"], (
        [int(case), int(fold), POSITIVE if label else "benign", repr(float(score))]
        for case, fold, label, score in rows
    ))


def write_model(fitted: GradientBoostingClassifier, cases: Cases, parity_rows: int) -> None:
    """Everything is computed and checked before the first file is written."""
    model = export(fitted)
    step = max(1, len(cases.matrix) // parity_rows)
    accepted = cases.matrix[::step][:parity_rows]
    low, high = cases.matrix.min(axis=0), cases.matrix.max(axis=0)
    corners = np.array([np.where(at, high, low) for at in np.eye(len(INPUTS), dtype=bool)], dtype=np.float32)
    files = {
        "parity.csv": [("development", accepted), ("corner", np.vstack([low, high, corners]))],
        "parity-edges.csv": [("beyond", np.vstack([low / 10, high * 10]).astype(np.float32))],
    }
    for parts in files.values():
        for _, matrix in parts:
            worst = float(np.abs(score_onnx(model, matrix) - fitted.predict_proba(matrix)[:, 1]).max())
            if worst > PARITY_TOLERANCE:
                raise SystemExit(f"train: the ONNX file differs from scikit-learn by {worst:.3g}; nothing was written")
    with open("model.onnx", "wb") as handle:
        handle.write(model)
    for path, parts in files.items():
        write_csv(path, ["case", "kind", *INPUTS, OUTPUT], parity_lines(parts, fitted))


def parity_lines(parts, fitted):
    number = 0
    for kind, matrix in parts:
        for row, score in zip(matrix, fitted.predict_proba(matrix)[:, 1], strict=True):
            number += 1
            yield [number, kind, *(repr(float(value)) for value in row), repr(float(score))]


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
