// SPDX-License-Identifier: Apache-2.0
import { recordRoutes } from '@countersign/contract';
import { z } from 'zod';
import type { Session } from '../session.ts';
import { short, table } from './table.ts';

const Report = z.looseObject({
  predicate: z.looseObject({
    type: z.string(),
    kind: z.string().optional(),
    content: z.looseObject({
      conclusion: z.string().optional(),
      verdict: z.string().optional(),
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

/** For reading; the record keeps twelve digits. */
function rounded(text: string): string {
  const value = Number(text);
  return Number.isFinite(value) && !Number.isInteger(value) ? value.toFixed(DECIMALS) : text;
}
