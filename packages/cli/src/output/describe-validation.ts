// SPDX-License-Identifier: Apache-2.0
import { recordRoutes } from '@countersign/contract';
import { z } from 'zod';
import type { Session } from '../session.ts';
import { shortDecimal } from './short-decimal.ts';
import { short, table } from './table.ts';

const Look = z.looseObject({
  number: z.int(),
  at: z.string(),
  by: z.string(),
  model: z.string(),
  version: z.int(),
  plan: z.string(),
  measured: z.boolean(),
});

/** What a validate job says of itself. */
const Validated = z.looseObject({
  records: z.array(z.string()),
  look: z.int(),
  plans: z.int(),
  planAfterFirstLook: z.boolean(),
  looks: z.array(Look),
  rows: z.int(),
  replication: z.string(),
  figures: z.int(),
  mismatches: z.int(),
  custody: z.looseObject({ shown: z.array(z.string()), notShown: z.array(z.string()) }).optional(),
});

const Figure = z.looseObject({
  report: z.string(),
  figure: z.string(),
  developer: z.string(),
  replicated: z.string().optional(),
  difference: z.string().optional(),
  tolerance: z.string(),
  agrees: z.boolean(),
  differs: z.array(z.string()).optional(),
});

const Replication = z.looseObject({
  predicate: z.looseObject({
    kind: z.literal('replication'),
    content: z.looseObject({
      detail: z.looseObject({
        reports: z.array(
          z.looseObject({
            report: z.string(),
            record: z.string(),
            figures: z.int(),
            mismatches: z.int(),
            notReplicated: z.string().optional(),
          }),
        ),
        figures: z.array(Figure),
      }),
    }),
  }),
});

/** Lines of the table of figures; the record has all. */
const FIGURES_SHOWN_MAX = 12;

/** Custody, looks and the table of replicated figures of a validation; nothing for an answer of another shape. */
export async function validationLines(
  session: Session,
  result: unknown,
  { isWhole }: { readonly isWhole: boolean },
): Promise<readonly string[]> {
  const read = Validated.safeParse(result);
  if (!read.success) return [];
  const { custody, records } = read.data;
  return [
    ...(custody === undefined
      ? []
      : [
          'shown by the platform:',
          ...custody.shown.map((line) => `  ${line}`),
          'not shown:',
          ...custody.notShown.map((line) => `  ${line}`),
          '',
        ]),
    ...lookLines(read.data),
    '',
    ...(await replicationLines(session, records, isWhole)),
  ];
}

function lookLines(result: z.infer<typeof Validated>): readonly string[] {
  const { look, plans, planAfterFirstLook, looks, rows } = result;
  return [
    `look ${look} at these ${rows} rows, under ${plans} plan${plans === 1 ? '' : 's'}${planAfterFirstLook ? '; this plan was signed after the first look' : ''}`,
    ...table(
      ['  look', 'at', 'by', 'version', 'plan', ''],
      looks.map((one) => [
        `  ${one.number}`,
        one.at.slice(0, 16).replace('T', ' '),
        one.by,
        `${one.model}@${one.version}`,
        short(one.plan),
        one.number === look ? 'this one' : one.measured ? 'measured' : 'left no figures',
      ]),
    ),
  ];
}

async function replicationLines(
  session: Session,
  records: readonly string[],
  isWhole: boolean,
): Promise<readonly string[]> {
  for (const digest of records) {
    const { statement } = await session.client().call(recordRoutes.get, { params: { digest } });
    const read = Replication.safeParse(statement);
    if (read.success) return figureLines(read.data.predicate.content.detail, isWhole);
  }
  return [];
}

function figureLines(
  { reports, figures }: z.infer<typeof Replication>['predicate']['content']['detail'],
  isWhole: boolean,
): readonly string[] {
  const mismatches = figures.filter(({ agrees }) => !agrees);
  const shown =
    isWhole || figures.length <= FIGURES_SHOWN_MAX
      ? figures
      : [...mismatches, ...figures.filter(({ agrees }) => agrees)].slice(
          0,
          Math.max(FIGURES_SHOWN_MAX, mismatches.length),
        );
  const more = figures.length - shown.length;
  return [
    `replication of the developer’s figures: ${figures.length - mismatches.length} of ${figures.length} agree`,
    ...table(
      ['  report', 'record', 'figures', 'mismatches', ''],
      reports.map(({ report, record, figures: count, mismatches: wrong, notReplicated }) => [
        `  ${report}`,
        short(record),
        count,
        notReplicated === undefined ? wrong : '',
        notReplicated === undefined ? '' : `not replicated: ${notReplicated}`,
      ]),
    ),
    '',
    ...table(
      ['  figure', 'of', 'developer', 'replicated', 'difference', 'tolerance', ''],
      shown.map((one) => [
        `  ${one.figure}`,
        one.report,
        shortDecimal(one.developer),
        one.replicated === undefined ? 'not measured' : shortDecimal(one.replicated),
        one.difference === undefined ? '' : shortDecimal(one.difference),
        one.tolerance,
        one.agrees ? 'match' : ['MISMATCH', ...(one.differs ?? [])].join(' '),
      ]),
    ),
    ...(more > 0 ? [`  and ${more} more that match; --figures shows all`] : []),
  ];
}
