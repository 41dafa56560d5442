// SPDX-License-Identifier: Apache-2.0
import { factsBlock, numberOf, rowsOf, textOf } from '../content.ts';
import { metricName } from '../metric-names.ts';
import { inputBars } from './input-bars.ts';
import type { KindPresenter } from './kind-blocks.ts';

/** How much the model's own metric suffers with each input shuffled. */
export const permutationBlocks: KindPresenter = (detail, record) => {
  const metric = metricName(textOf(detail.metric) ?? '');
  return [
    ...factsBlock(
      [
        ['Metric', metric],
        ['Shuffles of each input', detail.repeats],
        ['Seed of the shuffles', detail.seed],
      ],
      record.digest,
    ),
    ...inputBars(
      rowsOf(detail.importance).map((row) => ({
        label: textOf(row.input) ?? '',
        value: numberOf(row.mean),
      })),
      {
        axis: `${metric} lost by shuffling`,
        caption: 'Permutation importance of each input, mean over the shuffles',
        record,
      },
    ),
  ];
};
