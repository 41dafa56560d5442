# SPDX-License-Identifier: Apache-2.0
"""The columns a model may read, and how a CSV of applications becomes arrays."""

import csv
from dataclasses import dataclass

import numpy as np

ID = "row_id"
LABEL = "creditability"
BAD = "bad"


@dataclass(frozen=True)
class InputSet:
    numeric: tuple[str, ...]
    category: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.numeric, *self.category)


# The first candidate. Why each is here, and why every other column is not: evidence/feature-catalogue.md.
LEAN = InputSet(
    numeric=("duration_months", "amount_dm"),
    category=(
        "checking_account",
        "credit_history",
        "savings",
        "purpose",
        "other_installment_plans",
        "other_debtors",
    ),
)

# The second candidate: every column that may lawfully be an input.
FULL = InputSet(
    numeric=LEAN.numeric,
    category=(
        *LEAN.category,
        "employment_since",
        "installment_rate",
        "residence_since",
        "property",
        "housing",
        "existing_credits",
        "job",
        "people_liable",
    ),
)

INPUT_SETS = {"lean": LEAN, "full": FULL}

# Withheld from every step by countersign.yaml; a file that holds one of them is refused.
WITHHELD = ("personal_status_and_sex", "age_years", "foreign_worker", "telephone")


@dataclass(frozen=True)
class Applications:
    ids: np.ndarray  # int64, ascending: row order never depends on the order of the file
    labels: np.ndarray  # 1 = bad
    rows: list[dict[str, str]]

    def matrix(self, inputs: InputSet) -> np.ndarray:
        """[rows, inputs] of objects: floats for numeric columns (empty is NaN), text for categories."""
        return to_matrix(self.rows, inputs)


def read_applications(path: str) -> Applications:
    with open(path, encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    found = [name for name in WITHHELD if rows and name in rows[0]]
    if found:
        raise SystemExit(f"train: {path} holds `{found[0]}`, which no training step may see")
    rows.sort(key=lambda row: int(row[ID]))
    return Applications(
        ids=np.array([int(row[ID]) for row in rows]),
        labels=np.array([1 if row[LABEL] == BAD else 0 for row in rows]),
        rows=rows,
    )


def to_matrix(rows: list[dict[str, str]], inputs: InputSet) -> np.ndarray:
    matrix = np.empty((len(rows), len(inputs.names)), dtype=object)
    for number, row in enumerate(rows):
        for column, name in enumerate(inputs.names):
            text = row[name]
            matrix[number, column] = as_float(text) if name in inputs.numeric else text
    return matrix


def as_float(text: str) -> float:
    return float(text) if text != "" else float("nan")
