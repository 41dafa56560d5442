# SPDX-License-Identifier: Apache-2.0
"""Writes cases.csv from the copy of the Wisconsin diagnostic table that scikit-learn ships. No network is needed.

The file inside the wheel is pinned by digest: another release of the package may not bring another table unseen.
"""

import csv
import hashlib
import io
import os
import sys

import sklearn

SHA256 = "fed3eb72d0575ef6192293f5093c6e801b1476b577d0386bf4455504522172ed"
ROWS = 569
CLASSES = ["malignant", "benign"]
QUANTITIES = (
    "radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave_points", "symmetry",
    "fractal_dimension",
)
# Three figures of each quantity over the nuclei of one image: mean, standard error, mean of the three largest.
COLUMNS = [f"{figure}_{quantity}" for figure in ("mean", "error", "worst") for quantity in QUANTITIES]


def main() -> None:
    content = read_table()
    lines = list(csv.reader(io.StringIO(content.decode("utf-8"))))
    header, rows = lines[0], lines[1:]
    if header != [str(ROWS), str(len(COLUMNS)), *CLASSES] or len(rows) != ROWS:
        sys.exit("extract: the table does not have the shape that it is known by; nothing was written")
    with open("cases.csv", "w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["case_id", *COLUMNS, "pathology"])
        for number, row in enumerate(rows, start=1):
            writer.writerow([number, *row[:-1], CLASSES[int(row[-1])]])


def read_table() -> bytes:
    path = os.path.join(os.path.dirname(sklearn.__file__), "datasets", "data", "breast_cancer.csv")
    with open(path, "rb") as handle:
        content = handle.read()
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        sys.exit(f"extract: the table has sha256 `{found}`, expected `{SHA256}`; nothing was written")
    return content


if __name__ == "__main__":
    main()
