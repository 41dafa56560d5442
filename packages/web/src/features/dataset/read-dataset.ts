// SPDX-License-Identifier: Apache-2.0
import type { VersionReply } from '@countersign/contract';
import { z } from 'zod';

/*
 * Contents of records as this page reads them. Whoever recorded them wrote what their release measured, so a member that is
 * absent or of another shape reads as absent: it leaves its line out and never the page.
 */

const figure = z.string().nullable().catch(null);
const count = z.number().catch(0);

function listOf<T extends z.ZodType>(item: T) {
  return z
    .array(z.unknown())
    .catch([])
    .transform((values) =>
      values.flatMap((value): readonly z.output<T>[] => {
        const read = item.safeParse(value);
        return read.success ? [read.data] : [];
      }),
    );
}

const Profile = z.object({
  name: z.string(),
  count,
  missing: count,
  distinct: count,
  mean: figure,
  standardDeviation: figure,
  weightedMean: figure,
  quantiles: listOf(z.object({ p: z.string(), value: z.string() })),
  histogram: listOf(z.object({ from: z.string(), to: z.string(), count: z.number() })),
  top: listOf(z.object({ value: z.string(), count: z.number() })),
});
export type Profile = z.output<typeof Profile>;

const Snapshot = z.object({
  dataset: z.string(),
  split: z.string(),
  sealed: z.boolean().catch(false),
  contentDigest: z.string().catch(''),
  schemaDigest: z.string().catch(''),
  format: z.string().catch(''),
  rows: count,
  columns: listOf(
    z.object({ name: z.string(), type: z.string().catch(''), role: z.string().catch('') }),
  ),
  profile: z
    .object({
      rule: z.string().catch(''),
      access: z.string().catch(''),
      columns: listOf(Profile),
    })
    .catch({ rule: '', access: '', columns: [] }),
  source: z
    .object({
      system: z.string().optional().catch(undefined),
      owner: z.string().optional().catch(undefined),
      as_of: z.string().optional().catch(undefined),
      controlTotals: listOf(
        z.object({
          what: z.string(),
          declared: z.string().catch(''),
          found: z.string().catch(''),
          agrees: z.boolean().catch(false),
        }),
      ),
    })
    .catch({ controlTotals: [] }),
  exclusions: z
    .object({
      rows: listOf(
        z.object({
          where: z.string(),
          reason: z.string().catch(''),
          before: count,
          excluded: count,
          after: count,
        }),
      ),
      columns: listOf(z.object({ column: z.string(), reason: z.string().catch('') })),
    })
    .catch({ rows: [], columns: [] }),
});

const shared = z
  .object({ shared: count, secondRows: count, share: z.string().catch('') })
  .nullable()
  .catch(null);

const Measures = z.object({
  splitPairs: listOf(
    z.object({
      first: z.string(),
      second: z.string(),
      equalFeatures: shared,
      unit: shared,
      time: z
        .object({ laterRows: count, share: z.string().catch('') })
        .nullable()
        .catch(null),
      warnings: listOf(z.string()),
    }),
  ),
  columns: listOf(
    z.object({ finding: z.string(), column: z.string(), said: z.string().catch('') }),
  ),
  label: z
    .object({
      label: z.string(),
      thresholds: z.object({ theilsU: z.string(), auc: z.string() }),
      columns: listOf(
        z.object({
          column: z.string(),
          signal: z.string(),
          theilsU: z.string(),
          lambda: z.string(),
          auc: figure,
          warned: z.boolean().catch(false),
        }),
      ),
    })
    .nullable()
    .catch(null),
});
export type Measures = z.output<typeof Measures>;
const NOTHING: Measures = { splitPairs: [], columns: [], label: null };

const Quality = z.object({
  dataset: z.string(),
  checks: listOf(
    z.object({
      check: z.string(),
      severity: z.string().catch(''),
      threshold: z.string().catch(''),
      value: z.string().catch(''),
      result: z.enum(['pass', 'warn', 'fail']),
    }),
  ),
  measures: Measures.catch(NOTHING),
});
export type Quality = z.output<typeof Quality>;

const Represented = z.object({
  dataset: z.string(),
  population: z.string().catch(''),
  conclusion: z.string().catch(''),
  groups: listOf(
    z.object({
      attribute: z.string(),
      group: z.string(),
      rows: count,
      share: z.string().catch(''),
      declared: z.string().optional().catch(undefined),
    }),
  ),
});
export type Represented = z.output<typeof Represented>;

export type ReadSnapshot = z.output<typeof Snapshot> & { readonly record: string };

/** The tables that a version's run read, each split with its record; folders of files have no columns and are left out. */
export function snapshotsOf(version: Pick<VersionReply, 'snapshots'>): readonly ReadSnapshot[] {
  return version.snapshots.flatMap(({ digest, content }) => {
    const read = Snapshot.safeParse(content);
    return read.success ? [{ ...read.data, record: digest }] : [];
  });
}

/** What a statement says of `dataset`, by the reader of its kind; undefined where it speaks of another. */
export function contentOf<T extends { readonly dataset: string }>(
  statement: unknown,
  reader: z.ZodType<T>,
  dataset: string,
): T | undefined {
  const read = z.object({ predicate: z.object({ content: reader }) }).safeParse(statement);
  if (!read.success) return undefined;
  const { content } = read.data.predicate;
  return content.dataset === dataset ? content : undefined;
}

export const qualityReader: z.ZodType<Quality> = Quality;
export const representedReader: z.ZodType<Represented> = Represented;
