# SPDX-License-Identifier: Apache-2.0
"""Any pickled scikit-learn classifier of two classes over the scorer protocol (docs/formats.md).

Loading a pickle runs code. It runs here: in the sandbox, without network, keys or a place to write.
"""
import json
import os
import pickle
import sys

import numpy

# What the libraries print is not an answer.
answers, sys.stdout = sys.stdout, sys.stderr

with open(os.environ["COUNTERSIGN_ENTRY"], "rb") as file:
    loaded = pickle.load(file)
model, inputs = loaded["model"], loaded["inputs"]


def say(line):
    # Strict JSON: NaN and Infinity have no word in it and go as text.
    answers.write(json.dumps(line, allow_nan=False) + "\n")
    answers.flush()


def spelled(number):
    return number if numpy.isfinite(number) else {"inf": "Infinity", "-inf": "-Infinity"}.get(str(number), "NaN")


def score(row):
    # One row at a time: a batch may be summed in another order, and replay must give the same bits.
    values = [float("nan") if row[name] is None else row[name] for name in inputs]
    return [spelled(float(one)) for one in model.predict_proba(numpy.array([values], dtype=float))[0]]


say(
    {
        "ready": "countersign-scorer/1",
        "name": type(model).__name__,
        "version": "1",
        "outputs": [{"name": "probabilities", "size": 2}],
    }
)
for line in sys.stdin:
    request = json.loads(line)
    try:
        say({"id": request["id"], "outputs": {"probabilities": score(request["inputs"])}})
    except Exception as error:  # a row that the model cannot score is no reason to end
        say({"id": request["id"], "error": f"{type(error).__name__}: {error}"[:500]})
