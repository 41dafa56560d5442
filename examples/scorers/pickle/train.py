# SPDX-License-Identifier: Apache-2.0
"""Fits a model that has no ONNX form here and pickles it: `python train.py artefact`.

Data: Wisconsin Diagnostic Breast Cancer (569 biopsies), as scikit-learn carries it. Ten inputs, the mean of each measure.
"""
import pickle
import shutil
import sys
from pathlib import Path

from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier

INPUTS = 10
here = Path(__file__).parent
artefact = Path(sys.argv[1])

data = load_breast_cancer(as_frame=False)
rows = data.data[:, :INPUTS]
malignant = (data.target == 0).astype(int)
model = HistGradientBoostingClassifier(random_state=7, max_iter=60).fit(rows, malignant)

artefact.mkdir(parents=True, exist_ok=True)
with open(artefact / "model.pkl", "wb") as file:
    names = [name.replace(" ", "_") for name in data.feature_names[:INPUTS]]
    pickle.dump({"model": model, "inputs": names}, file, protocol=5)
for name in ("score.py", "requirements.lock"):
    shutil.copy(here / name, artefact / name)
