// SPDX-License-Identifier: Apache-2.0
import type { DataQualityContent } from '@countersign/kernel';
import type { ColumnFinding, DataMeasures, SplitPair } from '@countersign/pipeline';

type Check = DataQualityContent['checks'][number];

/** Findings about columns in the order in which a reader meets them, each with what it is called. */
const COLUMN_CHECKS: readonly (readonly [ColumnFinding['finding'], string])[] = [
  ['empty', 'columns without a value'],
  ['constant', 'columns with one value'],
  ['copy', 'columns that repeat another'],
  ['identifier', 'features different in every row'],
  ['mixed-type', 'text columns that are nearly all of another type'],
];
const NAMED_MAX = 10;

/** What was measured unasked as checks: it warns and never stops a run, since nobody set a limit. */
export function measureChecks(measures: DataMeasures): readonly Check[] {
  return [
    ...measures.splitPairs.flatMap(pairChecks),
    ...COLUMN_CHECKS.map(([finding, check]) => {
      const names = measures.columns
        .filter((one) => one.finding === finding)
        .map(({ column }) => column);
      return warning(check, {
        threshold: 'none',
        value: listed(names),
        passed: names.length === 0,
      });
    }),
    ...labelChecks(measures),
  ];
}

function pairChecks({ first, second, equalFeatures, unit, time }: SplitPair): readonly Check[] {
  const rows: Check[] = [];
  if (equalFeatures !== null) {
    const { secondRows, share } = equalFeatures;
    rows.push(
      warning(`rows of ${second} equal in every feature to one of ${first}`, {
        threshold: 'share at most 0.01',
        value: `${secondRows} rows, share ${share}`,
        passed: Number(share) <= 0.01,
      }),
    );
  }
  if (unit !== null) {
    rows.push(
      warning(`values of ${unit.column} with rows in ${first} and in ${second}`, {
        threshold: 'none',
        value: String(unit.shared),
        passed: unit.shared === 0,
      }),
    );
  }
  if (time !== null) {
    rows.push(
      warning(`rows of ${first} later than the first of ${second}, by ${time.column}`, {
        threshold: 'none',
        value: `${time.laterRows} rows, share ${time.share}`,
        passed: time.laterRows === 0,
      }),
    );
  }
  return rows;
}

function labelChecks({ label }: DataMeasures): readonly Check[] {
  if (label === null) return [];
  const { theilsU, auc } = label.thresholds;
  const names = label.columns
    .filter(({ warned }) => warned)
    .map(({ column, signal }) => (signal === 'missing' ? `${column} (its being missing)` : column));
  return [
    warning(`columns that alone nearly determine ${label.label}`, {
      threshold: `Theil's U below ${theilsU}, AUC below ${auc}`,
      value: listed(names),
      passed: names.length === 0,
    }),
  ];
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : '';
  return `${names.length}: ${names.slice(0, NAMED_MAX).join(', ')}${more}`;
}

function warning(
  check: string,
  { threshold, value, passed }: { threshold: string; value: string; passed: boolean },
): Check {
  return { check, severity: 'warning', threshold, value, result: passed ? 'pass' : 'warn' };
}
