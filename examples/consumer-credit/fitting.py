# SPDX-License-Identifier: Apache-2.0
"""The logistic model, its recorded search, and predictions for rows a model has not seen."""

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from columns import InputSet


def logistic(inputs: InputSet, c: float) -> Pipeline:
    """L2-penalised logistic regression on scaled numbers and one-hot categories.

    The imputer sets a missing number to the development mean, so that it adds nothing to the logit; a category never
    seen adds nothing either. Both keep the score defined; neither is a licence to score an incomplete application.
    """
    numbers = Pipeline([("impute", SimpleImputer(strategy="mean")), ("scale", StandardScaler())])
    levels = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    count = len(inputs.numeric)
    columns = ColumnTransformer([
        ("number", numbers, list(range(count))),
        ("level", levels, list(range(count, len(inputs.names)))),
    ])
    # lbfgs to a tight tolerance: the stopping point then moves far less than a score's printed digits.
    model = LogisticRegression(C=c, solver="lbfgs", tol=1e-10, max_iter=5000)
    return Pipeline([("columns", columns), ("model", model)])


def shallow_boosting(inputs: InputSet, seed: int) -> Pipeline:
    """The challenger: trees of depth 2 can bend and pair inputs, which the logistic model cannot."""
    count = len(inputs.numeric)
    levels = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    columns = ColumnTransformer([
        ("number", "passthrough", list(range(count))),
        ("level", levels, list(range(count, len(inputs.names)))),
    ])
    model = HistGradientBoostingClassifier(
        learning_rate=0.05, max_iter=120, max_depth=2, min_samples_leaf=20, l2_regularization=1.0,
        categorical_features=list(range(count, len(inputs.names))), early_stopping=False, random_state=seed,
    )
    return Pipeline([("columns", columns), ("model", model)])


def folds_of(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Fold number of each row, 0-based, stratified by label."""
    numbers = np.empty(len(labels), dtype=int)
    splitter = StratifiedKFold(n_splits=count, shuffle=True, random_state=seed)
    for fold, (_, held_out) in enumerate(splitter.split(np.zeros(len(labels)), labels)):
        numbers[held_out] = fold
    return numbers


def search(matrix: np.ndarray, labels: np.ndarray, inputs: InputSet, *, grid: list[float], folds: int,
           seed: int) -> list[dict]:
    """One trial for each C, with its figures in every fold. Selected: the lowest mean log loss, the smaller C on a tie."""
    numbers = folds_of(labels, folds, seed)
    trials = [trial(matrix, labels, inputs, c=c, numbers=numbers) for c in sorted(grid)]
    best = min(range(len(trials)), key=lambda at: (trials[at]["metrics"]["log_loss"], at))
    for at, entry in enumerate(trials):
        entry["selected"] = at == best
    return trials


def trial(matrix: np.ndarray, labels: np.ndarray, inputs: InputSet, *, c: float, numbers: np.ndarray) -> dict:
    per_fold = []
    for fold in range(numbers.max() + 1):
        train, test = numbers != fold, numbers == fold
        scores = logistic(inputs, c).fit(matrix[train], labels[train]).predict_proba(matrix[test])[:, 1]
        per_fold.append((
            log_loss(labels[test], scores),
            roc_auc_score(labels[test], scores),
            brier_score_loss(labels[test], scores),
        ))
    figures = np.array(per_fold)
    spread = figures.std(axis=0, ddof=1) / np.sqrt(len(figures))
    names = ("log_loss", "auc", "brier")
    metrics = {name: float(figures[:, at].mean()) for at, name in enumerate(names)}
    metrics |= {f"{name}_standard_error": float(spread[at]) for at, name in enumerate(names)}
    return {"params": {"c": c}, "metrics": metrics, "folds": {"log_loss": [float(value) for value in figures[:, 0]]}}


def selected_c(trials: list[dict]) -> float:
    return next(entry["params"]["c"] for entry in trials if entry["selected"])


def out_of_fold_logistic(matrix: np.ndarray, labels: np.ndarray, inputs: InputSet, *, grid: list[float],
                         folds: int, inner_folds: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Nested: C is chosen again inside each training part, so no row's score has seen that row's label."""
    numbers = folds_of(labels, folds, seed)
    scores = np.empty(len(labels))
    for fold in range(folds):
        train, test = numbers != fold, numbers == fold
        trials = search(matrix[train], labels[train], inputs, grid=grid, folds=inner_folds, seed=seed + 1 + fold)
        fitted = logistic(inputs, selected_c(trials)).fit(matrix[train], labels[train])
        scores[test] = fitted.predict_proba(matrix[test])[:, 1]
    return scores, numbers


def out_of_fold_boosting(matrix: np.ndarray, labels: np.ndarray, inputs: InputSet, *, folds: int,
                         seed: int) -> tuple[np.ndarray, np.ndarray]:
    numbers = folds_of(labels, folds, seed)
    scores = np.empty(len(labels))
    for fold in range(folds):
        train, test = numbers != fold, numbers == fold
        fitted = shallow_boosting(inputs, seed).fit(matrix[train], labels[train])
        scores[test] = fitted.predict_proba(matrix[test])[:, 1]
    return scores, numbers
