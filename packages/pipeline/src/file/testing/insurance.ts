// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { columnName, nameText, sentence } from '../common-values.ts';
import { decimalValue } from '../decimal-value.ts';
import { limits } from './limits.ts';

/** Between the Poisson distribution (1) and the Gamma distribution (2). */
const tweediePower = decimalValue.refine(
  (text) => Number(text) > 1 && Number(text) < 2,
  'expected a power between 1 and 2',
);

/** Prices of protected groups where the declared expected loss is equal. */
const price = z.strictObject({
  /** What is charged, for the whole row. */
  column: columnName,
  /** The declared expected loss of the whole row; without it the model's own prediction. */
  expected_loss: columnName.optional(),
  why: sentence,
  /** Names of protected groupings; all of them without it. */
  attributes: z.array(nameText).optional(),
  limits: limits.optional(),
});

export const insurance = z
  .strictObject({
    /** Distribution whose unit deviance measures the fit. */
    family: z.enum(['poisson', 'gamma', 'tweedie']),
    power: tweediePower.optional(),
    /** Exposure of a row, such as policy years; for severities the count of claims. 1 for every row without it. */
    exposure: columnName.optional(),
    /** The score is per unit of exposure (`rate`), or for the whole row (`total`). The label is for the whole row. */
    prediction: z.enum(['rate', 'total']).default('rate'),
    /** A second prediction of the same kind, such as that of the tariff in force. */
    against: columnName.optional(),
    /** Premium of the whole row by which the ordered Lorenz curve weighs; the exposure without it. */
    premium: columnName.optional(),
    limits: limits.optional(),
    price: price.optional(),
  })
  .refine(
    ({ family, power }) => (family === 'tweedie') === (power !== undefined),
    'expected `power` with `family: tweedie`, and with no other',
  );

export type InsurancePlan = z.output<typeof insurance>;
