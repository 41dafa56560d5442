# SPDX-License-Identifier: Apache-2.0
"""The inputs of the model and how a CSV of people becomes arrays."""

import csv
from dataclasses import dataclass

import numpy as np

ID = "person_id"
TIME = "year"
LABEL = "employed"

# Why each is here, and why the others are not: evidence/design-rationale.md.
INPUTS = (
    "age_years",
    "schooling",
    "marital",
    "relationship",
    "disability",
    "parents",
    "mobility",
    "military",
    "hearing",
    "sight",
    "cognition",
)


@dataclass(frozen=True)
class People:
    ids: np.ndarray  # int64, ascending: row order never depends on the order of the file
    years: np.ndarray  # int64
    labels: np.ndarray  # 1 = employed
    matrix: np.ndarray  # float32 [people, inputs]: the precision that the served model is given

    def where(self, keep: np.ndarray) -> "People":
        return People(self.ids[keep], self.years[keep], self.labels[keep], self.matrix[keep])


def read_people(path: str) -> People:
    with open(path, encoding="utf-8", newline="") as handle:
        lines = csv.reader(handle)
        places = {name: at for at, name in enumerate(next(lines))}
        wanted = [places[name] for name in (ID, TIME, LABEL, *INPUTS)]
        table = np.array([[float(line[at]) for at in wanted] for line in lines])
    table = table[np.argsort(table[:, 0], kind="stable")]
    return People(
        ids=table[:, 0].astype(np.int64),
        years=table[:, 1].astype(np.int64),
        labels=table[:, 2].astype(np.int64),
        matrix=table[:, 3:].astype(np.float32),
    )


def joined(parts: list[People]) -> People:
    return People(
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.years for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.matrix for part in parts]),
    )
