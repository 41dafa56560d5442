# SPDX-License-Identifier: Apache-2.0
"""Exact additive contributions on the logit scale: intercept plus one term an input is the logit of the score.

Every term is measured from the average development applicant, so a positive term is a reason against the applicant
and the intercept is that average applicant's logit. Four principal reasons are the four largest positive terms.
"""

import numpy as np
from sklearn.pipeline import Pipeline

from columns import InputSet
from onnx_export import OUTPUT

# Code and text of the notice (12 CFR 1002.9(b)(2)): what was scored, in words an applicant can act on.
TEXTS = {
    "duration_months": ("R01", "Length of the repayment period requested"),
    "amount_dm": ("R02", "Amount of credit requested"),
    "checking_account": ("R03", "Status or balance of your checking account with us"),
    "credit_history": ("R04", "Your record of repaying past and current credits"),
    "savings": ("R05", "Level of your savings, or savings not shown"),
    "purpose": ("R06", "Purpose of the credit requested"),
    "other_installment_plans": ("R07", "Instalment plans you hold with other banks or with stores"),
    "other_debtors": ("R08", "No guarantor, or the kind of co-obligation offered"),
    "employment_since": ("R09", "Length of time in your present employment"),
    "installment_rate": ("R10", "Instalments in proportion to your disposable income"),
    "residence_since": ("R11", "Length of time at your present address"),
    "property": ("R12", "Kind of property you hold"),
    "housing": ("R13", "Your housing arrangement"),
    "existing_credits": ("R14", "Number of credits you already hold with us"),
    "job": ("R15", "Kind of occupation"),
    "people_liable": ("R16", "Number of people you maintain"),
}


def reason_table(fitted: Pipeline, matrix: np.ndarray, inputs: InputSet) -> dict:
    model = fitted.named_steps["model"]
    columns = fitted.named_steps["columns"]
    weights = model.coef_[0]
    scale = columns.named_transformers_["number"].named_steps["scale"]
    features, shift = [], 0.0
    for at, name in enumerate(inputs.numeric):
        features.append(numeric_feature(name, weights[at] / scale.scale_[at], scale.mean_[at]))
    start = len(inputs.numeric)
    for at, levels in enumerate(columns.named_transformers_["level"].categories_):
        name = inputs.category[at]
        points = weights[start:start + len(levels)]
        start += len(levels)
        mean = mean_points(matrix[:, len(inputs.numeric) + at], levels, points)
        shift += mean
        features.append(category_feature(name, levels, points - mean, unknown=-mean))
    return {
        "version": 1,
        "output": OUTPUT,
        "link": "logit",
        "adverse": "positive",
        "reference": "average applicant of the development split",
        "intercept": float(model.intercept_[0] + shift),
        "features": features,
    }


def numeric_feature(name: str, coefficient: float, reference: float) -> dict:
    """contribution = coefficient * (value - reference); a missing value contributes `missing`."""
    return {
        "input": name, "kind": "numeric", "coefficient": float(coefficient), "reference": float(reference),
        "missing": 0.0, "reason": reason(name),
    }


def category_feature(name: str, levels: np.ndarray, points: np.ndarray, *, unknown: float) -> dict:
    """contribution = points[value]; a value that is not listed contributes `unknown`."""
    return {
        "input": name, "kind": "category",
        "points": {str(level): float(value) for level, value in zip(levels, points, strict=True)},
        "unknown": float(unknown), "reason": reason(name),
    }


def reason(name: str) -> dict:
    code, text = TEXTS[name]
    return {"code": code, "text": text}


def mean_points(values: np.ndarray, levels: np.ndarray, points: np.ndarray) -> float:
    table = dict(zip(levels, points, strict=True))
    return float(np.mean([table[value] for value in values]))


def logit_of(table: dict, row: dict[str, float | str]) -> float:
    """The sum the table promises, for the check in train.py."""
    total = table["intercept"]
    for feature in table["features"]:
        value = row[feature["input"]]
        if feature["kind"] == "category":
            total += feature["points"].get(value, feature["unknown"])
        elif np.isnan(value):
            total += feature["missing"]
        else:
            total += feature["coefficient"] * (value - feature["reference"])
    return total
