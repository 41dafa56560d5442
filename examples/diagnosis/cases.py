# SPDX-License-Identifier: Apache-2.0
"""The inputs of the model and how a CSV of cases becomes arrays."""

import csv
from dataclasses import dataclass

import numpy as np

ID = "case_id"
LABEL = "pathology"
POSITIVE = "malignant"

# Why each is here, and why the other twenty-two are not: evidence/feature-catalogue.md.
INPUTS = (
    "mean_texture",
    "error_radius",
    "worst_radius",
    "worst_texture",
    "worst_smoothness",
    "worst_concavity",
    "worst_concave_points",
    "worst_symmetry",
)


@dataclass(frozen=True)
class Cases:
    ids: np.ndarray  # int64, ascending: row order never depends on the order of the file
    labels: np.ndarray  # 1 = malignant
    matrix: np.ndarray  # float32 [cases, inputs]: the precision that the served model is given


def read_cases(path: str) -> Cases:
    with open(path, encoding="utf-8", newline="") as handle:
        rows = sorted(csv.DictReader(handle), key=lambda row: int(row[ID]))
    return Cases(
        ids=np.array([int(row[ID]) for row in rows]),
        labels=np.array([1 if row[LABEL] == POSITIVE else 0 for row in rows]),
        matrix=np.array([[float(row[name]) for name in INPUTS] for row in rows], dtype=np.float32),
    )
