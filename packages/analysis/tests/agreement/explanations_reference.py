# SPDX-License-Identifier: Apache-2.0
"""Figures by shap, scikit-learn, statsmodels and SciPy for explanations, comparisons and collinearity. JSON in, JSON out."""

import json
import os
import sys

# Compiling would take longer than these few rows do interpreted; it is read when numba is imported.
os.environ["NUMBA_DISABLE_JIT"] = "1"

import numpy as np
import shap
from scipy import stats
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.linear_model import LogisticRegression
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.outliers_influence import variance_inflation_factor


def model(x):
    """A score that is not additive on any scale: the last two inputs act through their product."""
    logit = -0.4 + 0.9 * x[:, 0] - 1.3 * x[:, 1] + 0.8 * x[:, 2] * x[:, 3]
    return 1 / (1 + np.exp(-logit))


def shapley(case):
    background, rows = np.array(case["background"]), np.array(case["rows"])
    masker = shap.maskers.Independent(background, max_samples=len(background))
    exact = shap.explainers.Exact(model, masker)(rows)
    kernel = shap.KernelExplainer(model, background).shap_values(rows, nsamples="auto", silent=True)
    permutation = shap.explainers.Permutation(model, masker, seed=1)(rows, max_evals=4000)
    return {
        "exact": exact.values.tolist(),
        "base": float(np.ravel(exact.base_values)[0]),
        "kernel": np.array(kernel).tolist(),
        "permutation": permutation.values.tolist(),
    }


def fitted(case):
    x, y = np.array(case["x"]), np.array(case["y"])
    return LogisticRegression(C=1.0, tol=1e-12, max_iter=5000).fit(x, y), x, y


def logistic(case):
    fit, _, _ = fitted(case)
    return [float(fit.intercept_[0]), *fit.coef_[0].tolist()]


def dependence(case):
    fit, x, _ = fitted(case)
    found = partial_dependence(
        fit, x, [case["column"]], kind="both", response_method="predict_proba", method="brute",
        custom_values={case["column"]: np.array(case["grid"])},
    )
    return {"average": found["average"][0].tolist(), "individual": found["individual"][0].tolist()}


def importance(case):
    fit, x, y = fitted(case)
    found = permutation_importance(fit, x, y, scoring=case["scoring"], n_repeats=case["repeats"], random_state=0)
    return {"mean": found.importances_mean.tolist(), "error": (found.importances_std / np.sqrt(case["repeats"])).tolist()}


def inflation(case):
    x = np.array(case["x"])
    with_constant = np.column_stack([np.ones(len(x)), x])
    correlation = np.corrcoef(x, rowvar=False)
    own = case["together"]
    rest = [at for at in range(x.shape[1]) if at not in own]
    part = lambda at: np.linalg.det(correlation[np.ix_(at, at)])
    return {
        "vif": [variance_inflation_factor(with_constant, at + 1) for at in range(x.shape[1])],
        "condition": np.linalg.cond(with_constant / np.linalg.norm(with_constant, axis=0)),
        "generalised": (part(own) * part(rest) / np.linalg.det(correlation)) ** (1 / len(own)),
    }


def tests(case):
    return {
        "mcnemar": [mcnemar([[0, b], [c, 0]], exact=True).pvalue for b, c in case["discordant"]],
        "holm": multipletests(case["p"], method="holm")[1].tolist(),
        "student": [stats.t.ppf(0.975, degrees) for degrees in case["degrees"]],
    }


FIGURES = {
    "shapley": shapley,
    "logistic": logistic,
    "dependence": dependence,
    "importance": importance,
    "inflation": inflation,
    "tests": tests,
}
request = json.load(sys.stdin)
json.dump({name: FIGURES[name](case) for name, case in request.items()}, sys.stdout, default=float)
