# SPDX-License-Identifier: Apache-2.0
"""Figures by scikit-learn, scipy, statsmodels, fairlearn and, for DeLong, by its definition. JSON in, JSON out."""

import json
import sys

import numpy as np
import statsmodels.api as sm
from fairlearn.metrics import demographic_parity_ratio
from scipy import stats
from scipy.stats.contingency import odds_ratio
from sklearn.metrics import brier_score_loss, confusion_matrix, log_loss, roc_auc_score
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.meta_analysis import effectsize_smd
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint


def binary(case):
    y, s, w = (np.array(case[key], dtype=float) for key in ("label", "score", "weight"))
    logit = np.log(s) - np.log1p(-s)
    joint = sm.Logit(y, sm.add_constant(logit)).fit(disp=0, tol=1e-14, maxiter=200)
    shift = sm.GLM(y, np.ones((len(y), 1)), family=sm.families.Binomial(), offset=logit).fit(tol=1e-14)
    survey = sm.GLM(y, sm.add_constant(logit), family=sm.families.Binomial(), freq_weights=w).fit(tol=1e-14)
    ks = stats.ks_2samp(s[y == 1], s[y == 0])
    counts = confusion_matrix(y, s >= case["cutoff"]).ravel()
    return {
        "auc": roc_auc_score(y, s),
        "auc_interval": delong(y, s),
        "ks": ks.statistic,
        "brier": brier_score_loss(y, s),
        "log_loss": log_loss(y, s),
        "slope": joint.params[1],
        "slope_interval": list(joint.conf_int()[1]),
        "joint_intercept": joint.params[0],
        "intercept": shift.params[0],
        "intercept_interval": list(shift.conf_int()[0]),
        "confusion": [int(count) for count in counts],
        "weighted": {
            "auc": roc_auc_score(y, s, sample_weight=w),
            "brier": brier_score_loss(y, s, sample_weight=w),
            "log_loss": log_loss(y, s, sample_weight=w),
            "slope": survey.params[1],
        },
    }


def delong(y, s, level=0.95):
    auc, variance = placements(y, s, s)
    half = stats.norm.ppf(0.5 + level / 2) * np.sqrt(variance)
    return [max(0.0, auc - half), min(1.0, auc + half)]


def placements(y, first, second):
    """AUC of `first` and the DeLong covariance of both, from the whole comparison matrix."""

    def kernel(s):
        difference = s[y == 1][:, None] - s[y == 0][None, :]
        return (difference > 0) + 0.5 * (difference == 0)

    a, b = kernel(first), kernel(second)
    m, n = a.shape
    ten = np.cov(a.mean(axis=1), b.mean(axis=1))[0, 1]
    one = np.cov(a.mean(axis=0), b.mean(axis=0))[0, 1]
    return a.mean(), ten / m + one / n


def paired(case):
    y, a, b = (np.array(case[key], dtype=float) for key in ("label", "score", "challenger"))
    first, var_a = placements(y, a, a)
    second, var_b = placements(y, b, b)
    _, covariance = placements(y, a, b)
    error = np.sqrt(var_a + var_b - 2 * covariance)
    gaps = (a - y) ** 2 - (b - y) ** 2
    return {
        "auc_difference": first - second,
        "p": 2 * stats.norm.sf(abs((first - second) / error)),
        "brier_difference": gaps.mean(),
        "brier_interval": list(stats.norm.interval(0.95, gaps.mean(), gaps.std(ddof=1) / np.sqrt(len(gaps)))),
    }


def tables(cases):
    return [table(*case) for case in cases]


def table(a, b, c, d):
    counts = np.array([[a, b], [c, d]])
    exact = odds_ratio(counts, kind="conditional").confidence_interval(0.95)
    woolf = sm.stats.Table2x2(counts)
    score = confint_proportions_2indep(a, a + b, c, c + d, method="score", compare="ratio", correction=True)
    return {
        "fisher": stats.fisher_exact(counts).pvalue,
        "exact": [exact.low, exact.high],
        "woolf": list(woolf.oddsratio_confint()) if counts.min() > 0 else None,
        "katz": list(woolf.riskratio_confint()) if counts.min() > 0 else None,
        "score": list(score),
        "wilson": list(proportion_confint(a, a + b, method="wilson")),
    }


def stratified(strata):
    pooled = StratifiedTable([np.array([[a, b], [c, d]], dtype=float) for a, b, c, d in strata])
    return {
        "odds": pooled.oddsratio_pooled,
        "odds_interval": list(pooled.oddsratio_pooled_confint()),
        "risk": pooled.riskratio_pooled,
    }


def smd(case):
    first, second = (np.array(case[key]) for key in ("first", "second"))
    m, n = len(first), len(second)
    small, _ = effectsize_smd(first.mean(), first.std(ddof=1), m, second.mean(), second.std(ddof=1), n)
    pooled = np.sqrt(((m - 1) * first.var(ddof=1) + (n - 1) * second.var(ddof=1)) / (m + n - 2))
    return {"approximate": small, "cohen": (first.mean() - second.mean()) / pooled}


def parity(case):
    approved = 1 - np.array(case["denied"])
    return demographic_parity_ratio(approved, approved, sensitive_features=np.array(case["group"]))


def special(case):
    return {
        "normal": list(stats.norm.ppf(case["p"])),
        "chi2_tail": [stats.chi2.sf(x, k) for x, k in case["chi2"]],
        "chi2_critical": [stats.chi2.isf(0.01, k) for _, k in case["chi2"]],
        "gammaln": [float(v) for v in __import__("scipy.special").special.gammaln(case["gamma"])],
    }


FIGURES = {
    "binary": binary,
    "paired": paired,
    "tables": tables,
    "stratified": stratified,
    "smd": smd,
    "parity": parity,
    "special": special,
}
request = json.load(sys.stdin)
json.dump({name: FIGURES[name](case) for name, case in request.items()}, sys.stdout, default=float)
