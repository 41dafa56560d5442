# SPDX-License-Identifier: Apache-2.0
"""Searches, fits on 2015 and writes the model with its out-of-fold scores, the scores of a rolling origin over the later
years, and the cases that serving must agree on."""

import csv
import json
import os

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold

from onnx_export import OUTPUT, export, score_onnx
from people import ID, INPUTS, TIME, People, joined, read_people

# 32-bit sums of some hundred leaves against 64-bit ones.
PARITY_TOLERANCE = 1e-5


def main() -> None:
    with open("params.json", encoding="utf-8") as handle:
        params = json.load(handle)
    seed = int(os.environ.get("COUNTERSIGN_SEED", params["seed"]))
    people = read_people("people.development.csv")
    later = read_people("people.later.csv")
    leaves = search(people, params, seed)
    fitted = boosting(params, leaves, seed).fit(people.matrix, people.labels)
    write_rolling(people, later, params, {"leaves": leaves, "seed": seed})
    write_model(fitted, people, params["parity_rows"])


def boosting(params: dict, leaves: int, seed: int) -> HistGradientBoostingClassifier:
    """Codes are whole numbers, so every split lies between two of them and 32-bit inputs cannot change a branch."""
    return HistGradientBoostingClassifier(
        learning_rate=params["learning_rate"], max_iter=params["iterations"], max_leaf_nodes=leaves,
        min_samples_leaf=100, early_stopping=False, random_state=seed,
    )


def search(people: People, params: dict, seed: int) -> int:
    """Every size of tree on the same folds; the out-of-fold scores of the one that was chosen are the ones kept."""
    folds = StratifiedKFold(n_splits=params["folds"], shuffle=True, random_state=seed)
    numbers = np.empty(len(people.labels), dtype=int)
    scores = {leaves: np.empty(len(people.labels)) for leaves in params["leaves"]}
    for fold, (train, test) in enumerate(folds.split(people.matrix, people.labels)):
        numbers[test] = fold
        for leaves, own in scores.items():
            fitted = boosting(params, leaves, seed).fit(people.matrix[train], people.labels[train])
            own[test] = fitted.predict_proba(people.matrix[test])[:, 1]
    losses = {
        leaves: [float(log_loss(people.labels[numbers == fold], own[numbers == fold])) for fold in range(params["folds"])]
        for leaves, own in scores.items()
    }
    chosen = min(losses, key=lambda leaves: np.mean(losses[leaves]))
    write_trials(losses, chosen, params, seed)
    write_csv("oof.csv", [ID, "fold", "score"], zip(people.ids, numbers, map(shown, scores[chosen]), strict=True))
    return chosen


def write_trials(losses: dict, chosen: int, params: dict, seed: int) -> None:
    os.makedirs("evidence", exist_ok=True)
    with open("evidence/trials.json", "w", encoding="utf-8") as handle:
        json.dump({
            "search": f"size of tree, stratified {params['folds']}-fold cross-validation, shuffled",
            "criterion": "lowest mean log loss over the folds; the first on a tie",
            "score": "log_loss",
            "direction": "minimise",
            "trials": [
                {
                    "params": {"max_leaf_nodes": leaves},
                    "metrics": {
                        "log_loss": float(np.mean(folds)),
                        "log_loss_standard_error": float(np.std(folds, ddof=1) / np.sqrt(len(folds))),
                    },
                    "selected": leaves == chosen,
                    "seed": seed,
                }
                for leaves, folds in losses.items()
            ],
        }, handle, indent=2, allow_nan=False)
        handle.write("\n")


def write_rolling(people: People, later: People, params: dict, chosen: dict) -> None:
    """Each later year is scored by a fit on all years before it, the same recipe throughout."""
    known = joined([people, later])
    lines = []
    for year in sorted(set(later.years.tolist())):
        before = known.where(known.years < year)
        now = later.where(later.years == year)
        fitted = boosting(params, chosen["leaves"], chosen["seed"]).fit(before.matrix, before.labels)
        until = int(before.years.max())
        scores = fitted.predict_proba(now.matrix)[:, 1]
        lines += [[person, shown(score), until] for person, score in zip(now.ids, scores, strict=True)]
    write_csv("rolling.csv", [ID, "score", "trained_until"], lines)


def write_model(fitted: HistGradientBoostingClassifier, people: People, parity_rows: int) -> None:
    """Everything is computed and checked before the first file is written."""
    model = export(fitted)
    step = max(1, len(people.matrix) // parity_rows)
    accepted = people.matrix[::step][:parity_rows]
    low, high = people.matrix.min(axis=0), people.matrix.max(axis=0)
    corners = np.array([np.where(at, high, low) for at in np.eye(len(INPUTS), dtype=bool)], dtype=np.float32)
    files = {
        "parity.csv": [("development", accepted), ("corner", np.vstack([low, high, corners]))],
        "parity-edges.csv": [("beyond", np.vstack([low - 1, high + 1]).astype(np.float32))],
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
            yield [number, kind, *(shown(value) for value in row), shown(score)]


def shown(value) -> str:
    return repr(float(value))


def write_csv(path: str, header: list[str], rows) -> None:
    with open(path, "w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


if __name__ == "__main__":
    main()
