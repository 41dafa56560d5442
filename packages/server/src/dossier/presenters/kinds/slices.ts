// SPDX-License-Identifier: Apache-2.0
import type { Block } from '../../document.ts';
import { measuredCell } from '../../shown-number.ts';
import {
  type DossierRecord,
  type Fields,
  factsBlock,
  NUMBER,
  rowsOf,
  tableBlock,
  textOf,
} from '../content.ts';
import { metricName } from '../metric-names.ts';
import type { KindPresenter } from './kind-blocks.ts';

const CONTROLS: Readonly<Record<string, string>> = {
  'benjamini-yekutieli': 'Benjamini–Yekutieli, whatever the overlap of slices',
  'benjamini-hochberg': 'Benjamini–Hochberg, for independent or positively dependent slices',
};
const METRICS: Readonly<Record<string, string>> = { calibration: 'Label less score' };

/** Slices where the model is worse than elsewhere: what was searched, how many were tested, which were found. */
export const slicesBlocks: KindPresenter = (detail, record) => [
  ...factsBlock(
    [
      ['Metric', nameOf(detail)],
      ['Columns, alone and two at a time', detail.columns],
      ['Slices tested', detail.tested],
      ['Slices with too few events to test', detail.too_few],
      ['Slices found', detail.found],
      ['Fewest rows of a slice', detail.rows_min],
      ['Fewest events of a slice', detail.events_min],
      ['Smallest excess worth telling', detail.effect_min],
      ['False discovery rate', detail.false_discovery_rate],
      ['Controlled by', CONTROLS[textOf(detail.control) ?? '']],
    ],
    record.digest,
  ),
  ...slicesTable(detail, record),
];

function nameOf(detail: Fields): string {
  const metric = textOf(detail.metric) ?? '';
  return METRICS[metric] ?? metricName(metric);
}

function slicesTable(detail: Fields, record: DossierRecord): readonly Block[] {
  const shown = (value: Fields[string] | undefined) => measuredCell(textOf(value) ?? '');
  const slices = rowsOf(detail.slices);
  const found = textOf(detail.found);
  const omitted = found === String(slices.length) ? '' : `, the first ${slices.length} of ${found}`;
  return tableBlock(
    [
      'Slice',
      { title: 'Rows', ...NUMBER },
      { title: 'Events', ...NUMBER },
      { title: `${nameOf(detail)}, inside`, ...NUMBER },
      { title: 'elsewhere', ...NUMBER },
      { title: 'p', ...NUMBER },
      { title: 'Adjusted p', ...NUMBER },
      'Part of',
    ],
    slices.map((row) => [
      textOf(row.slice),
      shown(row.n),
      shown(row.positives),
      shown(row.inside),
      shown(row.outside),
      shown(row.p),
      shown(row.adjusted_p),
      textOf(row.part_of),
    ]),
    { caption: `Slices where the model is worse than elsewhere${omitted}`, cite: record.digest },
  );
}
