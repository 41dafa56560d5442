// SPDX-License-Identifier: Apache-2.0
import { type Block, plain } from '../../document.ts';
import { measuredCell } from '../../shown-number.ts';
import { confusionTable } from '../confusion-table.ts';
import {
  type DossierRecord,
  type Fields,
  factsBlock,
  fieldsOf,
  NUMBER,
  rowsOf,
  tableBlock,
  textOf,
} from '../content.ts';
import { calibrationFigures } from '../figures.ts';
import type { KindPresenter } from './kind-blocks.ts';

/** A binary score: curves, bands with cumulative gains, parts of the Brier score, cost, and what intervals come from. */
export const performanceBlocks: KindPresenter = (detail, record, { overall }) => [
  ...confusionTable(detail, record),
  ...calibrationFigures(detail, overall, record),
  ...bandsTable(detail.bands, 'Score bands and cumulative gains', record),
  ...bandsTable(fieldsOf(detail.weighted).bands, 'The same, weighted', record),
  ...factsBlock(
    [
      ['Rows of the positive label', detail.positives],
      ['Rows of the other label', detail.negatives],
      ['Rows without a label, left out', detail.unlabelled],
      ...brierFacts(detail),
      ...costFacts(detail),
      ...hosmerFacts(detail),
      ...clusterFacts(detail),
    ],
    record.digest,
  ),
  ...notes(detail),
];

type Fact = Parameters<typeof factsBlock>[0][number];

function bandsTable(
  bands: Fields[string] | undefined,
  caption: string,
  record: DossierRecord,
): readonly Block[] {
  const shown = (value: Fields[string] | undefined) => measuredCell(textOf(value) ?? '');
  return tableBlock(
    [
      { title: 'Scores', ...NUMBER },
      { title: 'Rows', ...NUMBER },
      { title: 'Events', ...NUMBER },
      { title: 'Rate', ...NUMBER },
      { title: 'Interval', ...NUMBER },
      { title: 'Lift', ...NUMBER },
      { title: 'Rows so far', ...NUMBER },
      { title: 'Events so far', ...NUMBER },
    ],
    rowsOf(bands).map((band) => {
      const isTooFew = band.too_few !== undefined;
      return [
        { text: `${shown(band.low).text} to ${shown(band.high).text}` },
        shown(band.n),
        shown(band.events),
        isTooFew ? 'too few' : shown(band.rate),
        isTooFew ? '' : { text: `${shown(band.rate_low).text} to ${shown(band.rate_high).text}` },
        shown(band.lift),
        shareCell(band.reached),
        shareCell(band.captured),
      ];
    }),
    { caption, cite: record.digest },
  );
}

function shareCell(value: Fields[string] | undefined) {
  const share = Number(textOf(value) ?? Number.NaN);
  if (!Number.isFinite(share)) return { text: '' };
  return { text: `${(share * 100).toFixed(1)} %`, exact: textOf(value) ?? '' };
}

function brierFacts(detail: Fields): readonly Fact[] {
  const parts = fieldsOf(detail.brier_parts);
  const shown = (name: string) => {
    const text = textOf(parts[name]);
    return text === undefined ? undefined : measuredCell(text).text;
  };
  return [
    ['Brier score: reliability', shown('reliability')],
    ['Brier score: resolution', shown('resolution')],
    ['Brier score: uncertainty', shown('uncertainty')],
  ];
}

function costFacts(detail: Fields): readonly Fact[] {
  const cost = fieldsOf(detail.cost);
  if (Object.keys(cost).length === 0) return [];
  const least = fieldsOf(cost.least);
  const unit = textOf(cost.unit);
  const inUnit = unit === undefined ? '' : `, ${unit}`;
  const cutoff = textOf(least.cutoff);
  const at =
    cutoff === undefined ? 'deciding no row adverse' : `cutoff ${measuredCell(cutoff).text}`;
  const per = measuredCell(textOf(least.cost_per_row) ?? '').text;
  return [
    [`Cost of a false positive${inUnit}`, cost.false_positive],
    [`Cost of a false negative${inUnit}`, cost.false_negative],
    ['Least cost per row on these rows', `${per}, at ${at}`],
  ];
}

function hosmerFacts(detail: Fields): readonly Fact[] {
  const found = fieldsOf(detail.hosmer_lemeshow);
  const [statistic, p] = [textOf(found.statistic), textOf(found.p_value)];
  if (statistic === undefined || p === undefined) return [];
  const text = `${measuredCell(statistic).text} on ${textOf(found.degrees)} degrees, p ${measuredCell(p).text}; informational`;
  return [['Hosmer–Lemeshow', text]];
}

function clusterFacts(detail: Fields): readonly Fact[] {
  const clusters = fieldsOf(detail.clusters);
  const unit = textOf(clusters.unit);
  if (unit === undefined) return [];
  const units = measuredCell(textOf(clusters.units) ?? '').text;
  return [
    [
      'Intervals from resampling',
      `${units} values of ${unit}, ${textOf(clusters.replicates)} times`,
    ],
  ];
}

function notes(detail: Fields): readonly Block[] {
  const said = [fieldsOf(detail.hosmer_lemeshow).note, fieldsOf(detail.cost).note];
  return said.flatMap((note): readonly Block[] => {
    const text = textOf(note);
    return text === undefined ? [] : [{ kind: 'notice', tone: 'note', text: [plain(text)] }];
  });
}
