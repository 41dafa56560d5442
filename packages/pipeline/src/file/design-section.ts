// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { columnName, relativePath, sentence } from './common-values.ts';
import { decimalValue } from './decimal-value.ts';

const direction = z.enum(['increases', 'decreases']);

/** What the score does as one input rises. `tolerance` is in units of the score; float32 answers wobble by a millionth. */
const course = {
  input: columnName,
  score: direction,
  tolerance: decimalValue.optional(),
};

const range = { min: decimalValue.optional(), max: decimalValue.optional() };

/**
 * A constraint that is checked against the artefact. `sign`: from the lowest to the highest value seen, and by coefficient
 * where the graph shows one. `monotone`: from each value to the next; `levels` gives the order of a text input. `bounds`:
 * the score over all probes, or one coefficient. `excluded`: columns that no input is or comes from. `regularisation`: what a
 * parameter file of the run, a step's `params` or the chosen trial say of the fit.
 */
const check = z.union([
  z.strictObject({ sign: z.strictObject(course) }),
  z.strictObject({
    monotone: z.strictObject({ ...course, levels: z.array(z.string()).min(2).max(200).optional() }),
  }),
  z.strictObject({
    bounds: z
      .strictObject({
        score: z.literal(true).optional(),
        coefficient: columnName.optional(),
        ...range,
      })
      .refine(
        ({ score, coefficient }) => (score === undefined) !== (coefficient === undefined),
        'expected either `score: true` or `coefficient: INPUT`',
      )
      .refine(
        ({ min, max }) => min !== undefined || max !== undefined,
        'expected `min`, `max` or both',
      ),
  }),
  z.strictObject({ excluded: z.array(columnName).min(1).max(500) }),
  z.strictObject({
    regularisation: z.strictObject({
      /** A JSON object that a step wrote; without it the step's `params` and the chosen trial are asked. */
      file: relativePath.optional(),
      /** Names such as `C` or `model.C`, each with the value it must have. */
      equal: z
        .record(
          z.string().min(1).max(200),
          z.union([z.string(), z.number(), z.boolean(), z.null()]),
        )
        .refine((equal) => Object.keys(equal).length > 0, 'expected a parameter'),
    }),
  }),
]);

export const designConstraint = z.strictObject({
  what: sentence,
  why: sentence,
  clause: z.string().optional(),
  check: check.optional(),
});

export type ConstraintCheck = z.output<typeof check>;
export type DesignConstraint = z.output<typeof designConstraint>;

/** Names that a check asks about, with their place in the check, to be held against the artefact's inputs. */
export function checkedInputs(
  check: ConstraintCheck,
): readonly { readonly path: readonly string[]; readonly input: string }[] {
  if ('sign' in check) return [{ path: ['sign', 'input'], input: check.sign.input }];
  if ('monotone' in check) return [{ path: ['monotone', 'input'], input: check.monotone.input }];
  if ('bounds' in check && check.bounds.coefficient !== undefined)
    return [{ path: ['bounds', 'coefficient'], input: check.bounds.coefficient }];
  return [];
}

export const design = z.strictObject({
  algorithm: sentence,
  theory: sentence.optional(),
  regularisation: sentence.optional(),
  constraints: z.array(designConstraint).max(500).optional(),
  alternatives: z.array(z.strictObject({ what: sentence, why_not: sentence })).optional(),
  judgement: z.array(sentence).optional(),
  assumptions: z
    .array(
      z.strictObject({
        item: sentence,
        sensitivity: sentence.optional(),
        mitigation: sentence.optional(),
        owner: z.string().min(1).optional(),
      }),
    )
    .optional(),
  limitations: z.array(sentence).optional(),
  literature: z.array(sentence).optional(),
});

export type Design = z.output<typeof design>;
