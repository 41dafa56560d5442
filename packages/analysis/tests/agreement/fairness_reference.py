# SPDX-License-Identifier: Apache-2.0
"""Fairness by outcome, score intervals of differences and adjusted p by fairlearn, scikit-learn, statsmodels and scipy."""

import json
import sys

import numpy as np
import statsmodels.api as sm
from fairlearn.metrics import (
    MetricFrame,
    demographic_parity_ratio,
    equal_opportunity_difference,
    equal_opportunity_ratio,
    equalized_odds_difference,
    false_positive_rate,
    selection_rate,
    true_positive_rate,
)
from scipy import optimize, stats
from sklearn.metrics import precision_score, roc_auc_score
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep


def groups(case):
    """A favourable outcome and an approval are 1 to these libraries."""
    label, score = (np.array(case[key], dtype=float) for key in ("label", "score"))
    group = np.array(case["group"])
    y, d = 1 - label, (score < case["cutoff"]).astype(int)
    weight = np.array(case["weight"], dtype=float)
    frame = MetricFrame(
        metrics={"rate": selection_rate, "tpr": true_positive_rate, "fpr": false_positive_rate, "ppv": precision_score},
        y_true=y, y_pred=d, sensitive_features=group,
    )
    weighted = MetricFrame(
        metrics={"rate": selection_rate, "tpr": true_positive_rate},
        y_true=y, y_pred=d, sensitive_features=group,
        sample_params={name: {"sample_weight": weight} for name in ("rate", "tpr")},
    )
    about = {"sensitive_features": group}
    return {
        "by_group": json.loads(frame.by_group.to_json(orient="index", double_precision=15)),
        "weighted": json.loads(weighted.by_group.to_json(orient="index", double_precision=15)),
        "demographic_parity_ratio": demographic_parity_ratio(y, d, **about),
        "equal_opportunity_difference": equal_opportunity_difference(y, d, **about),
        "equal_opportunity_ratio": equal_opportunity_ratio(y, d, **about),
        "equalized_odds_difference": equalized_odds_difference(y, d, **about),
        "accuracy": {name: accuracy(label[group == name], score[group == name]) for name in set(group)},
    }


def accuracy(label, score):
    logit = np.log(score) - np.log1p(-score)
    joint = sm.Logit(label, sm.add_constant(logit)).fit(disp=0, tol=1e-14, maxiter=200)
    return {
        "auc": roc_auc_score(label, score),
        "slope": joint.params[1],
        "slope_interval": list(joint.conf_int()[1]),
        "observed_expected": label.sum() / score.sum(),
    }


def differences(cases):
    return [
        {"score": inverted(case), "newcomb": list(confint_proportions_2indep(*case, method="newcomb", compare="diff"))}
        for case in cases
    ]


def inverted(case):
    """The score interval by its definition, the restricted maximum found numerically; statsmodels fails near 0 and 1."""
    x1, n1, x2, n2 = case
    total = n1 + n2

    def statistic(gap):
        low, high = max(0, -gap) + 1e-12, min(1, 1 - gap) - 1e-12

        def slope(p):
            q = p + gap
            return x1 / q - (n1 - x1) / (1 - q) + x2 / p - (n2 - x2) / (1 - p)

        p2 = optimize.brentq(slope, low, high, xtol=1e-15)
        p1 = p2 + gap
        variance = (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2) * total / (total - 1)
        return (x1 / n1 - x2 / n2 - gap) / np.sqrt(variance)

    z, edge = stats.norm.ppf(0.975), 0.999
    return [optimize.brentq(lambda d: statistic(d) - target, -edge, edge, xtol=1e-13) for target in (z, -z)]


def adjusted(case):
    return {name: list(multipletests(case, method=name)[1]) for name in ("fdr_bh", "fdr_by")}


def tails(case):
    inside, outside = (np.array(case[key]) for key in ("inside", "outside"))
    welch = stats.ttest_ind(inside, outside, equal_var=False, alternative="greater")
    interval = stats.ttest_ind(inside, outside, equal_var=False).confidence_interval(0.95)
    return {
        "welch": welch.pvalue,
        "interval": [interval.low, interval.high],
        "fisher": stats.fisher_exact(case["table"], alternative="greater").pvalue,
    }


FIGURES = {"groups": groups, "differences": differences, "adjusted": adjusted, "tails": tails}
request = json.load(sys.stdin)
json.dump({name: FIGURES[name](case) for name, case in request.items()}, sys.stdout, default=float)
