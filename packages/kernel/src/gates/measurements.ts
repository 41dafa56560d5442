// SPDX-License-Identifier: Apache-2.0
import type { CountedRecord } from '../records/record-set.ts';
import { asArray, asObject, asOneOf, asString, optional } from '../records/shape.ts';

export const VERDICTS = ['pass', 'fail', 'inconclusive', 'too-few', 'informational'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** What a gate reads of one measurement; reports hold more for people. */
export interface JudgedMeasurement {
  readonly id: string;
  readonly verdict: Verdict;
  readonly value: string;
  readonly limit?: string;
  readonly record: string;
}

/**
 * The measurements of a report. Its `content.measurements` each hold `metric`, `value`, `verdict`, and where they
 * apply `group`, `segment` and `limit {op, value}`; the id joins metric, segment and group with `/`, in that order.
 */
export function measurementsOf(record: CountedRecord): readonly JudgedMeasurement[] {
  const { content } = record.statement.predicate;
  return asArray(content.measurements, 'content.measurements', (item, path) => {
    const object = asObject(item, path);
    const metric = asString(object.metric, `${path}.metric`);
    const segment = optional(object.segment, `${path}.segment`, asString);
    const group = optional(object.group, `${path}.group`, asString);
    const limit = optional(object.limit, `${path}.limit`, asObject);
    return {
      id: [metric, segment, group].filter((part) => part !== undefined).join('/'),
      verdict: asOneOf(object.verdict, VERDICTS, `${path}.verdict`),
      value: asString(object.value, `${path}.value`),
      record: record.digest,
      ...(limit === undefined
        ? {}
        : {
            limit: `${asString(limit.op, `${path}.limit.op`)} ${asString(limit.value, `${path}.limit.value`)}`,
          }),
    };
  });
}

/** Of a limit that could not be judged for want of events nothing is known: that is inconclusive, never a pass. */
export function gateVerdict(measurement: JudgedMeasurement): Verdict {
  if (measurement.verdict === 'too-few' && measurement.limit !== undefined) return 'inconclusive';
  return measurement.verdict;
}
