// SPDX-License-Identifier: Apache-2.0
import { recordRoutes } from '@countersign/contract';
import { z } from 'zod';
import type { Session } from '../session.ts';
import { short, table } from './table.ts';

const Divergence = z.looseObject({
  what: z.string(),
  format: z.string(),
  parts: z.array(
    z.looseObject({
      where: z.string(),
      nature: z.string(),
      distance: z.looseObject({ maxAbsolute: z.string() }).optional(),
    }),
  ),
});

const Diagnosis = z.looseObject({
  step: z.string(),
  causes: z.array(
    z.looseObject({ cause: z.string(), certainty: z.string(), evidence: z.string() }),
  ),
});

const Scores = z.looseObject({
  split: z.string(),
  rows: z.int(),
  differing: z.int(),
  largest: z.string(),
  flipped: z.int(),
});

const Report = z.looseObject({
  predicate: z.looseObject({
    type: z.string(),
    kind: z.string().optional(),
    content: z.looseObject({
      conclusion: z.string().optional(),
      verdict: z.string().optional(),
      divergences: z.array(Divergence).optional(),
      diagnoses: z.array(Diagnosis).optional(),
      scores: z.array(Scores).optional(),
      measurements: z
        .array(
          z.looseObject({
            metric: z.string(),
            segment: z.string().optional(),
            group: z.string().optional(),
            value: z.string(),
            interval: z.looseObject({ low: z.string(), high: z.string() }).optional(),
            n: z.int(),
            limit: z.looseObject({ op: z.string(), value: z.string() }).optional(),
            verdict: z.string(),
          }),
        )
        .optional(),
    }),
  }),
});

const DECIMALS = 4;
const PARTS_SHOWN = 3;

/** Figures with a limit, and each record's conclusion; every other figure is in the record itself. */
export async function measurementLines(
  session: Session,
  digests: readonly string[],
): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const digest of digests) {
    const { statement } = await session.client().call(recordRoutes.get, { params: { digest } });
    const report = Report.safeParse(statement);
    if (report.success) lines.push(...reportLines(digest, report.data.predicate));
  }
  return lines;
}

function reportLines(
  digest: string,
  predicate: z.infer<typeof Report>['predicate'],
): readonly string[] {
  const { type, kind, content } = predicate;
  const name = kind === undefined ? type : `${type} (${kind})`;
  const conclusion = content.conclusion ?? content.verdict;
  const limited = (content.measurements ?? []).filter(({ limit }) => limit !== undefined);
  return [
    `${short(digest)}  ${name}${conclusion === undefined ? '' : `: ${conclusion}`}`,
    ...divergenceLines(content),
    ...table(
      ['  figure', 'value', 'interval', 'n', 'limit', 'verdict'],
      limited.map(({ metric, segment, group, value, interval, n, limit, verdict }) => [
        `  ${[metric, segment, group].filter((part) => part !== undefined).join(' ')}`,
        rounded(value),
        interval === undefined ? '' : `${rounded(interval.low)} to ${rounded(interval.high)}`,
        n,
        limit === undefined ? '' : `${limit.op} ${limit.value}`,
        verdict,
      ]),
    ),
  ];
}

/** Where a rebuild differs and why: the first places; the record holds the evidence for each. */
function divergenceLines({
  divergences = [],
  diagnoses = [],
  scores = [],
}: z.infer<typeof Report>['predicate']['content']): readonly string[] {
  return [
    ...divergences.flatMap(({ what, format, parts }) =>
      parts.slice(0, PARTS_SHOWN).map(({ where, nature, distance }) => {
        const far = distance === undefined ? '' : `, at most ${distance.maxAbsolute}`;
        return `  ${what} (${format}): ${where}: ${nature}${far}`;
      }),
    ),
    ...diagnoses.flatMap(({ step, causes }) =>
      causes.length === 0
        ? [`  step ${step}: cause undetermined`]
        : causes.map((one) => `  step ${step}: ${one.cause}, ${one.certainty}: ${one.evidence}`),
    ),
    ...scores.map(
      ({ split, rows, differing, largest, flipped }) =>
        `  ${split}: ${differing} of ${rows} scores differ, at most ${largest}; ${flipped} decisions`,
    ),
  ];
}

/** For reading; the record keeps twelve digits. */
function rounded(text: string): string {
  const value = Number(text);
  return Number.isFinite(value) && !Number.isInteger(value) ? value.toFixed(DECIMALS) : text;
}
