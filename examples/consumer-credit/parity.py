# SPDX-License-Identifier: Apache-2.0
"""Cases on which the served model must agree with scikit-learn: real rows, and the edges of what it may be asked."""

import numpy as np

from columns import InputSet

Case = tuple[str, list]


def accepted_cases(matrix: np.ndarray, inputs: InputSet, *, development: int) -> list[Case]:
    """(kind, values in input order) that serving accepts: development rows, corners of the numbers, every level."""
    step = max(1, len(matrix) // development)
    cases: list[Case] = [("development", list(row)) for row in matrix[::step][:development]]
    typical = typical_row(matrix, inputs)
    bounds = [column_bounds(matrix[:, column]) for column in range(len(inputs.numeric))]
    return cases + corners(typical, bounds) + levels(matrix, inputs, typical)


def edge_cases(matrix: np.ndarray, inputs: InputSet) -> list[Case]:
    """Values that serving refuses but the graph must still score as scikit-learn does: far, missing, unknown."""
    typical = typical_row(matrix, inputs)
    far = [[low / 10, high * 10] for low, high in
           (column_bounds(matrix[:, column]) for column in range(len(inputs.numeric)))]
    cases = [("beyond", row) for _, row in corners(typical, far)]
    for column, name in enumerate(inputs.names):
        if name in inputs.numeric:
            cases.append(("missing", replaced(typical, column, float("nan"))))
        else:
            cases.append(("missing", replaced(typical, column, "")))
            cases.append(("unknown", replaced(typical, column, "a level never seen")))
    return cases


def column_bounds(values: np.ndarray) -> list[float]:
    numbers = values.astype(float)
    return [float(numbers.min()), float(numbers.max())]


def corners(typical: list, bounds: list[list[float]]) -> list[Case]:
    """Every combination of the bounds of the numeric columns, which come first in a row."""
    rows = [typical]
    for column, choices in enumerate(bounds):
        rows = [replaced(row, column, value) for row in rows for value in choices]
    return [("corner", row) for row in rows]


def levels(matrix: np.ndarray, inputs: InputSet, typical: list) -> list[Case]:
    cases: list[Case] = []
    for column in range(len(inputs.numeric), len(inputs.names)):
        for value in np.unique(matrix[:, column].astype(str)):
            cases.append(("level", replaced(typical, column, str(value))))
    return cases


def typical_row(matrix: np.ndarray, inputs: InputSet) -> list:
    """Median of each number, commonest level of each category."""
    row = []
    for column, name in enumerate(inputs.names):
        values = matrix[:, column]
        if name in inputs.numeric:
            row.append(float(np.median(values.astype(float))))
        else:
            found, counts = np.unique(values.astype(str), return_counts=True)
            row.append(str(found[counts.argmax()]))
    return row


def replaced(row: list, column: int, value: float | str) -> list:
    return [*row[:column], value, *row[column + 1:]]
