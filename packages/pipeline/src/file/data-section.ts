// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { columnName, grouping, nameText, rowCondition, sentence } from './common-values.ts';
import { decimalValue, shareValue } from './decimal-value.ts';
import { datasetOrigin } from './origin-section.ts';
import { isFolder } from './pinned-origin.ts';

export const columnType = z.enum(['integer', 'number', 'text', 'boolean', 'date', 'timestamp']);

const source = z.strictObject({
  system: sentence,
  owner: sentence,
  as_of: z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'expected a date such as `2026-03-31`'),
  reference: z.string().max(500).optional(),
  licence: z.string().max(200).optional(),
  control_totals: z
    .strictObject({
      rows: z.number().int().min(0).optional(),
      sums: z.record(columnName, decimalValue).optional(),
      counts: z.record(rowCondition, z.number().int().min(0)).optional(),
    })
    .optional(),
});

const population = z.union([
  sentence,
  z.strictObject({
    represents: sentence,
    not: sentence.optional(),
    /** Declared shares of each group of a protected attribute: `shares: { sex: { male: 0.5, female: 0.5 } }`. */
    shares: z.record(nameText, z.record(z.string().min(1), shareValue)).optional(),
    source: sentence.optional(),
  }),
]);

const exclusion = z.union([
  z.strictObject({ where: rowCondition, reason: sentence, clause: z.string().optional() }),
  /** The column stays in the snapshot for testing and is withheld from what a step can read. */
  z.strictObject({ column: columnName, reason: sentence, clause: z.string().optional() }),
]);

const sampling = z.strictObject({
  method: sentence,
  weights: z.union([columnName, z.record(z.string().min(1), decimalValue)]).optional(),
  prior: shareValue.optional(),
  why: sentence,
});

export const roles = z.strictObject({
  label: columnName.optional(),
  positive: z.union([z.string(), z.number().int(), z.boolean()]).transform(String).optional(),
  protected: z.array(grouping).max(50).optional(),
  unit: columnName.optional(),
  time: columnName.optional(),
  weight: columnName.optional(),
  id: columnName.optional(),
});

const severity = z.enum(['error', 'warning']).optional();
const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const quality = z.discriminatedUnion('check', [
  z.strictObject({
    check: z.literal('not_missing'),
    column: columnName,
    max_missing: shareValue.optional(),
    severity,
  }),
  z.strictObject({
    check: z.literal('unique'),
    columns: z.array(columnName).min(1),
    severity,
  }),
  z.strictObject({
    check: z.literal('range'),
    column: columnName,
    min: decimalValue.optional(),
    max: decimalValue.optional(),
    severity,
  }),
  z.strictObject({
    check: z.literal('values'),
    column: columnName,
    allowed: z.array(text).min(1).max(1000),
    severity,
  }),
  z.strictObject({
    check: z.literal('pattern'),
    column: columnName,
    pattern: z.string().min(1).max(500),
    severity,
  }),
  z.strictObject({
    check: z.literal('rows'),
    min: z.number().int().min(0).optional(),
    max: z.number().int().min(0).optional(),
    severity,
  }),
  z.strictObject({
    check: z.literal('duplicates'),
    max: z.number().int().min(0),
    severity,
  }),
  /** `where` must hold for every row. */
  z.strictObject({
    check: z.literal('holds'),
    name: nameText,
    where: rowCondition,
    severity,
  }),
]);

const column = z.strictObject({
  type: columnType.optional(),
  means: sentence.optional(),
  transform: sentence.optional(),
  justification: sentence.optional(),
  reason_text: z.string().max(300).optional(),
});

const splitPart = z
  .strictObject({
    fraction: shareValue.optional(),
    where: rowCondition.optional(),
    sealed: z.boolean().optional(),
  })
  .refine(
    (part) => (part.fraction === undefined) !== (part.where === undefined),
    'expected either `fraction` or `where`',
  );

/**
 * Parts are taken by the platform when the snapshot is made. A sealed part and the part named `stream` (served later)
 * are mounted into no step. `where` parts take their rows first, in the order written; fractions divide the rest and
 * add up to 1.
 */
const splits = z
  .object({
    seed: z.number().int().min(0).optional(),
    stratify: z.array(columnName).max(5).optional(),
  })
  .catchall(splitPart);

export const dataset = z
  .strictObject({
    from: datasetOrigin,
    source: source.optional(),
    /**
     * Rows about persons: the platform keeps the bytes encrypted, under one key for all data of a retention class, which is
     * destroyed when the class ends. `true` is the class `personal-data`.
     */
    personal_data: z
      .union([
        z.boolean(),
        z
          .string()
          .regex(
            /^[a-z][a-z0-9-]{0,40}$/,
            'expected true, or the name of a retention class such as `customers-eu`',
          ),
      ])
      .optional(),
    population: population.optional(),
    exclusions: z.array(exclusion).max(500).optional(),
    sampling: sampling.optional(),
    roles: roles.optional(),
    columns: z.record(columnName, column).optional(),
    quality: z.array(quality).max(500).optional(),
    splits: splits.optional(),
  })
  .superRefine((declared, context) => {
    if (!isFolder(declared.from)) return;
    for (const name of OF_TABLES) {
      if (declared[name] === undefined) continue;
      const message =
        'a folder of files has no rows and columns; name a table with `file` or `parts` in `from`';
      context.addIssue({ code: 'custom', path: [name], message });
    }
  });

/** What can be said of a table alone. */
const OF_TABLES = ['exclusions', 'roles', 'columns', 'quality', 'splits'] as const;

export type Dataset = z.output<typeof dataset>;
export type QualityCheck = z.output<typeof quality>;
export type Grouping = z.output<typeof grouping>;
export type SplitPart = z.output<typeof splitPart>;
