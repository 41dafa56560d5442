// SPDX-License-Identifier: Apache-2.0
import type { DataMeasures } from '@countersign/pipeline';
import { shortDecimal } from './short-decimal.ts';
import { table } from './table.ts';

/** What was measured of a dataset unasked and should be asked about; a line that says so when nothing is. */
export function describeMeasures(measures: DataMeasures): readonly string[] {
  const { splitPairs, columns, label } = measures;
  const asked = [
    ...splitPairs.flatMap(({ first, second, warnings }) =>
      warnings.map((said) => [`${first}, ${second}`, 'splits', said]),
    ),
    ...columns.map(({ column, finding, said }) => [column, finding, said]),
    ...(label?.columns ?? [])
      .filter(({ warned }) => warned)
      .map(({ column, signal, theilsU, auc }) => [
        column,
        'label',
        `${signal === 'missing' ? 'its being missing' : 'it'} nearly determines ${label?.label}: Theil's U ${shortDecimal(theilsU)}${auc === null ? '' : `, AUC ${shortDecimal(auc)}`}`,
      ]),
  ];
  if (asked.length === 0) return ['nothing to ask about was found in splits, columns and label'];
  return table(['what', 'finding', 'to ask about'], asked);
}
