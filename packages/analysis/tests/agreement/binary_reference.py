# SPDX-License-Identifier: Apache-2.0
"""Figures of a binary score by scikit-learn, statsmodels, SciPy and pandas, with weights. JSON in, JSON out."""

import json
import sys

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats
from sklearn.metrics import average_precision_score, confusion_matrix, precision_score, recall_score, roc_curve


def weighted_mean(values, weights):
    """A weighted mean with the interval of weighted least squares under HC1: the linearised variance."""
    fit = sm.WLS(values, np.ones(len(values)), weights=weights).fit(cov_type="HC1")
    return [fit.params[0], fit.bse[0]]


def rates(y, adverse, w):
    shares = {
        "sensitivity": (adverse, y == 1),
        "specificity": (~adverse, y == 0),
        "precision": (y == 1, adverse),
        "accuracy": (adverse == (y == 1), np.ones(len(y), dtype=bool)),
        "adverse_rate": (adverse, np.ones(len(y), dtype=bool)),
    }
    return {name: weighted_mean(hit[of].astype(float), w[of]) for name, (hit, of) in shares.items()}


def binary(case):
    y, s, w = (np.array(case[key], dtype=float) for key in ("label", "score", "weight"))
    adverse = s >= case["cutoff"]
    fp, fn = case["costs"]
    cost = np.where(adverse & (y == 0), fp, np.where(~adverse & (y == 1), fn, 0.0))
    fpr, tpr, thresholds = roc_curve(y, s, drop_intermediate=False)
    logit = np.log(s) - np.log1p(-s)
    survey = sm.GLM(y, sm.add_constant(logit), family=sm.families.Binomial(), var_weights=w).fit(cov_type="HC0", tol=1e-14)
    tn, fpc, fnc, tp = confusion_matrix(y, adverse, sample_weight=w).ravel()
    return {
        "average_precision": average_precision_score(y, s),
        "average_precision_weighted": average_precision_score(y, s, sample_weight=w),
        "sensitivity_weighted": recall_score(y, adverse, sample_weight=w),
        "precision_weighted": precision_score(y, adverse, sample_weight=w),
        "masses": [tp, fpc, tn, fnc],
        "rates": rates(y, adverse, w),
        "brier_weighted": weighted_mean((s - y) ** 2, w),
        "cost": weighted_mean(cost, np.ones(len(y))),
        "cost_weighted": weighted_mean(cost, w),
        "least_cost": least_cost(y, s, fp, fn),
        "slope_weighted": [survey.params[1], survey.bse[1]],
        "ks_weighted": float(np.max(np.abs(np.subtract(*roc_curve(y, s, sample_weight=w, drop_intermediate=False)[:2])))),
        "roc": [fpr.tolist(), tpr.tolist(), thresholds[1:].tolist()],
        "bands": bands(y, s),
        "hosmer": hosmer(y, s),
    }


def least_cost(y, s, fp, fn):
    costs = {t: float(np.mean(np.where((s >= t) & (y == 0), fp, np.where((s < t) & (y == 1), fn, 0.0)))) for t in np.unique(s)}
    best = min(costs, key=lambda t: (costs[t], t))
    return [float(best), costs[best]]


def bands(y, s):
    edges = [0.1, 0.25, 0.5]
    frame = pd.DataFrame({"y": y, "band": np.digitize(s, edges)})
    table = frame.groupby("band")["y"].agg(["size", "sum", "mean"]).sort_index(ascending=False)
    return {
        "n": table["size"].tolist(),
        "events": table["sum"].tolist(),
        "lift": (table["mean"] / y.mean()).tolist(),
        "captured": (table["sum"].cumsum() / y.sum()).tolist(),
        "reached": (table["size"].cumsum() / len(y)).tolist(),
    }


def hosmer(y, s):
    """Ten groups of equal size in the order of the scores, which are all different here."""
    groups = np.array_split(np.argsort(s, kind="stable"), 10)
    total = 0.0
    for rows in groups:
        n, p = len(rows), s[rows].mean()
        total += (y[rows].sum() - n * p) ** 2 / (n * p * (1 - p))
    return [total, stats.chi2.sf(total, 10)]


request = json.load(sys.stdin)
json.dump({"ties": binary(request["ties"]), "distinct": hosmer(*(np.array(request["distinct"][k], dtype=float) for k in ("label", "score")))}, sys.stdout, default=float)
