# SPDX-License-Identifier: Apache-2.0
"""Fits a logistic regression with the standard library alone and writes what others judge it by."""

import csv
import json
import math

from onnx_file import linear_logistic

INPUTS = ("amount_ratio", "attempts_hour", "new_device")
REASONS = {
    "amount_ratio": ("R1", "Amount unusual for this card"),
    "attempts_hour": ("R2", "Many attempts within the hour"),
    "new_device": ("R3", "Device not seen with this card"),
}


def logistic(logit: float) -> float:
    return 1 / (1 + math.exp(-logit)) if logit >= 0 else math.exp(logit) / (1 + math.exp(logit))


def dot(weights, row) -> float:
    return math.fsum(weight * value for weight, value in zip(weights, row, strict=True))


def fit(rows, labels, iterations: int):
    """Newton's method (iteratively reweighted least squares); the first weight is the intercept."""
    size = len(rows[0])
    weights = [0.0] * size
    for _ in range(iterations):
        gradient, hessian = [0.0] * size, [[0.0] * size for _ in range(size)]
        for row, label in zip(rows, labels, strict=True):
            score = logistic(dot(weights, row))
            for i in range(size):
                gradient[i] += row[i] * (label - score)
                for j in range(size):
                    hessian[i][j] += row[i] * row[j] * score * (1 - score)
        step = solve(hessian, gradient)
        weights = [weight + change for weight, change in zip(weights, step, strict=True)]
    return weights


def solve(matrix, right):
    """Gaussian elimination with pivoting."""
    size = len(right)
    work = [list(row) + [value] for row, value in zip(matrix, right, strict=True)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda line: abs(work[line][column]))
        work[column], work[pivot] = work[pivot], work[column]
        for line in range(size):
            if line != column:
                factor = work[line][column] / work[column][column]
                work[line] = [a - factor * b for a, b in zip(work[line], work[column], strict=True)]
    return [work[line][size] / work[line][line] for line in range(size)]


def out_of_fold(payments, names, params):
    rows = [[1.0, *(float(payment[name]) for name in names)] for payment in payments]
    labels = [1.0 if payment["outcome"] == "fraud" else 0.0 for payment in payments]
    folds = [int(payment["payment"]) % params["folds"] for payment in payments]
    for fold in range(params["folds"]):
        kept = [at for at, other in enumerate(folds) if other != fold]
        weights = fit([rows[at] for at in kept], [labels[at] for at in kept], params["iterations"])
        for at, other in enumerate(folds):
            if other == fold:
                yield int(payments[at]["payment"]), [fold, repr(logistic(dot(weights, rows[at])))]


def write_csv(path: str, header, lines) -> None:
    with open(path, "w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(lines)


def main() -> None:
    with open("params.json", encoding="utf-8") as handle:
        params = json.load(handle)
    with open("payments.development.csv", encoding="utf-8", newline="") as handle:
        payments = list(csv.DictReader(handle))
    for path, names in (("oof.csv", INPUTS), ("oof-amount.csv", INPUTS[:1])):
        scored = sorted(out_of_fold(payments, names, params))
        write_csv(path, ["payment", "fold", "score"], ([number, *rest] for number, rest in scored))
    rows = [[1.0, *(float(payment[name]) for name in INPUTS)] for payment in payments]
    weights = fit(rows, [1.0 if one["outcome"] == "fraud" else 0.0 for one in payments], params["iterations"])
    with open("model.onnx", "wb") as handle:
        handle.write(linear_logistic("card_fraud", weights[0], dict(zip(INPUTS, weights[1:], strict=True))))
    write_reasons(rows, weights)
    header = ["case", "kind", *INPUTS, "score"]
    write_csv("parity.csv", header, (
        [case, "development", *(repr(value) for value in row[1:]), repr(logistic(dot(weights, row)))]
        for case, row in enumerate(rows[:100], start=1)
    ))
    write_csv("parity-edges.csv", header, [[1, "missing", "", "1.0", "0.0", "0.5"], [2, "beyond", "21.0", "1.0", "0.0", "0.99"]])


def write_reasons(rows, weights) -> None:
    means = [math.fsum(row[at] for row in rows) / len(rows) for at in range(len(rows[0]))]
    table = {
        "link": "logit",
        "adverse": "positive",
        "intercept": dot(weights, means),
        "features": [
            {
                "input": name,
                "kind": "numeric",
                "coefficient": weights[at],
                "reference": means[at],
                "missing": means[at],
                "reason": {"code": REASONS[name][0], "text": REASONS[name][1]},
            }
            for at, name in enumerate(INPUTS, start=1)
        ],
    }
    with open("reasons.json", "w", encoding="utf-8") as handle:
        json.dump(table, handle, indent=2)


if __name__ == "__main__":
    main()
