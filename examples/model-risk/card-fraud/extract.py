# SPDX-License-Identifier: Apache-2.0
"""Draws the payments of the first weeks. The same weeks are the same rows, so a refit sees the old rows and new ones."""

import csv
import json
import math
import random

ROWS_A_WEEK = 100
SHOPS = ("electronics", "travel", "games")


def payments_of(week: int):
    draw = random.Random(20260105 * 1000 + week)
    for number in range(ROWS_A_WEEK):
        amount = round(min(20.0, draw.lognormvariate(0.0, 0.8)), 3)
        attempts = float(min(30, int(draw.expovariate(0.6))))
        device = 1.0 if draw.random() < 0.3 else 0.0
        logit = 0.9 * amount + 0.55 * attempts + 1.6 * device - 4.1
        outcome = "fraud" if draw.random() < 1 / (1 + math.exp(-logit)) else "genuine"
        yield [week * ROWS_A_WEEK + number + 1, week, amount, attempts, device, draw.choice(SHOPS), outcome]


with open("params.json", encoding="utf-8") as handle:
    weeks = json.load(handle)["weeks"]
with open("payments.csv", "w", encoding="utf-8", newline="") as handle:
    writer = csv.writer(handle, lineterminator="\n")
    writer.writerow(["payment", "week", "amount_ratio", "attempts_hour", "new_device", "shop", "outcome"])
    for week in range(weeks):
        writer.writerows(payments_of(week))
