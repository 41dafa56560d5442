# SPDX-License-Identifier: Apache-2.0
"""Figures of estimates, insurance, market risk and diagnostic tests by scikit-learn, SciPy and brute force. JSON in, JSON out."""

import json
import sys

import numpy as np
from scipy import optimize, stats
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression
from sklearn.metrics import (
    d2_tweedie_score,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_gamma_deviance,
    mean_pinball_loss,
    mean_poisson_deviance,
    mean_squared_error,
    mean_tweedie_deviance,
    r2_score,
)


def estimate(case):
    y, p, w, q = (np.array(case[key], dtype=float) for key in ("actual", "predicted", "weight", "quantile"))
    return figures(y, p, w) | {
        "pinball_loss": mean_pinball_loss(y, q, alpha=case["at"]),
        "coverage": float(np.mean(y <= q)),
    }


def figures(y, p, w):
    return {
        "rmse": mean_squared_error(y, p) ** 0.5,
        "mae": mean_absolute_error(y, p),
        "bias": float(np.mean(p - y)),
        "r2": r2_score(y, p),
        "mape": mean_absolute_percentage_error(y, p),
        "spearman": stats.spearmanr(p, y).statistic,
        "bias_interval": list(stats.norm.interval(0.95, np.mean(p - y), stats.sem(p - y))),
        "weighted": {
            "rmse": mean_squared_error(y, p, sample_weight=w) ** 0.5,
            "mae": mean_absolute_error(y, p, sample_weight=w),
            "r2": r2_score(y, p, sample_weight=w),
            "mape": mean_absolute_percentage_error(y, p, sample_weight=w),
        },
    }


def diabetes(_case):
    """The diabetes table of Efron, Hastie, Johnstone & Tibshirani 2004; odd rows fitted, even rows predicted."""
    x, y = load_diabetes(return_X_y=True)
    predicted = LinearRegression().fit(x[1::2], y[1::2]).predict(x[::2])
    actual = y[::2]
    return {"actual": list(actual), "predicted": list(predicted), **figures(actual, predicted, np.ones(len(actual)))}


def insurance(case):
    rate, mu, exposure = (np.array(case[key], dtype=float) for key in ("actual", "predicted", "exposure"))
    return {
        "poisson": mean_poisson_deviance(rate, mu, sample_weight=exposure),
        "tweedie": mean_tweedie_deviance(rate, mu, sample_weight=exposure, power=1.5),
        "gamma": mean_gamma_deviance(rate[rate > 0], mu[rate > 0], sample_weight=exposure[rate > 0]),
        "d2_poisson": d2_tweedie_score(rate, mu, sample_weight=exposure, power=1),
        "d2_tweedie": d2_tweedie_score(rate, mu, sample_weight=exposure, power=1.5),
        "actual_expected": float(np.sum(rate * exposure) / np.sum(mu * exposure)),
        "gini": ordered_gini(mu, exposure, rate * exposure),
        "gini_error": jackknife(ordered_gini, mu, exposure, rate * exposure),
    }


def ordered_gini(order, premium, loss):
    """By the definition: trapezoids between the points of the curve, ties joined."""
    points = [(0.0, 0.0)]
    for value in np.unique(order):
        upto = order <= value
        points.append((premium[upto].sum() / premium.sum(), loss[upto].sum() / loss.sum()))
    p, l = np.array(points).T
    return float(1 - np.sum(np.diff(p) * (l[1:] + l[:-1])))


def jackknife(figure, *columns):
    n = len(columns[0])
    left = np.array([figure(*(np.delete(column, i) for column in columns)) for i in range(n)])
    return float(np.sqrt((n - 1) / n * np.sum((left - left.mean()) ** 2)))


def market_risk(case):
    hits = np.array(case["hits"], dtype=int)
    tail = case["tail"]
    n, x = len(hits), hits.sum()
    pof = 2 * (stats.binom.logpmf(x, n, x / n) - stats.binom.logpmf(x, n, tail))
    before, after = hits[:-1], hits[1:]

    def bernoulli(values, p):
        return float(np.sum(stats.bernoulli.logpmf(values, p)))

    free = sum(bernoulli(after[before == s], after[before == s].mean()) for s in (0, 1))
    independent = 2 * (free - bernoulli(after, after.mean()))
    both = 2 * (free - bernoulli(after, tail))
    return {
        "pof": [pof, stats.chi2.sf(pof, 1)],
        "independence": [independent, stats.chi2.sf(independent, 1)],
        "conditional_coverage": [both, stats.chi2.sf(both, 2)],
        "binomial": [stats.binom.cdf(k, 250, 0.01) for k in range(12)],
    }


def clinical(case):
    return {
        "exact": [
            [interval.low, interval.high]
            for k, n in case["counts"]
            for interval in [stats.binomtest(k, n).proportion_ci(0.95, method="exact")]
        ],
        "tango": [tango(b, c, n) for b, c, n in case["pairs"]],
    }


def tango(b, c, n, level=0.95):
    """The interval from its definition: the score test, its restricted likelihood maximised numerically."""
    z = stats.norm.ppf(0.5 + level / 2)

    def statistic(delta):
        low, high = max(0.0, -delta), (1 - delta) / 2

        def negative(q):
            p12, rest = q + delta, 1 - 2 * q - delta
            parts = [(b, p12), (c, q), (n - b - c, rest)]
            return -sum(k * np.log(max(p, 1e-300)) for k, p in parts if k > 0)

        q = optimize.minimize_scalar(negative, bounds=(low, high), method="bounded", options={"xatol": 1e-14}).x
        return (b - c - n * delta) / np.sqrt(n * (2 * q + delta * (1 - delta)))

    middle = (b - c) / n
    low = optimize.brentq(lambda d: statistic(d) - z, -1 + 1e-9, middle)
    high = optimize.brentq(lambda d: statistic(d) + z, middle, 1 - 1e-9)
    return [low, high]


FIGURES = {
    "estimate": estimate,
    "diabetes": diabetes,
    "insurance": insurance,
    "market_risk": market_risk,
    "clinical": clinical,
}
request = json.load(sys.stdin)
json.dump({name: FIGURES[name](case) for name, case in request.items()}, sys.stdout, default=float)
