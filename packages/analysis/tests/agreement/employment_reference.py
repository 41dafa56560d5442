# SPDX-License-Identifier: Apache-2.0
"""Figures of a large scored table by scikit-learn, SciPy and Fairlearn. Argument: a CSV; JSON out."""

import json
import sys

import pandas as pd
from fairlearn.metrics import MetricFrame, selection_rate
from scipy.stats import beta
from sklearn.metrics import brier_score_loss, roc_auc_score

CUTOFF = 0.5


def main():
    rows = pd.read_csv(sys.argv[1])
    invited = (rows["score"] < CUTOFF).astype(int)
    frame = MetricFrame(
        metrics=selection_rate, y_true=rows["employed"], y_pred=invited, sensitive_features=rows[["race"]]
    )
    periods = {}
    for year, own in rows.groupby("year"):
        events, n, predicted = int(own["employed"].sum()), len(own), float(own["score"].mean())
        high = beta.cdf(min(1, predicted + 0.01), events + 0.5, n - events + 0.5)
        low = beta.sf(max(0, predicted - 0.01), events + 0.5, n - events + 0.5)
        periods[str(year)] = {
            "n": n,
            "events": events,
            "predicted": predicted,
            "auc": float(roc_auc_score(own["employed"], own["score"])),
            "brier": float(brier_score_loss(own["employed"], own["score"])),
            "p": float(min(1, 2 * min(high, low))),
        }
    print(json.dumps({
        "auc": float(roc_auc_score(rows["employed"], rows["score"])),
        "selection": {str(race): float(rate) for race, rate in frame.by_group.items()},
        "ratio": float(frame.ratio(method="between_groups")),
        "periods": periods,
    }))


if __name__ == "__main__":
    main()
