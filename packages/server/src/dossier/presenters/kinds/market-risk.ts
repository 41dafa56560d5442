// SPDX-License-Identifier: Apache-2.0
import type { Block } from '../../document.ts';
import { measuredCell } from '../../shown-number.ts';
import {
  type DossierRecord,
  type Fields,
  factsBlock,
  fieldsOf,
  NUMBER,
  numberOf,
  rowsOf,
  tableBlock,
  textOf,
} from '../content.ts';
import type { KindPresenter } from './kind-blocks.ts';

/** Value-at-risk forecasts: exceptions over time, each listed, the test statistics and the supervisory zone. */
export const marketRiskBlocks: KindPresenter = (detail, record) =>
  rowsOf(detail.forecasts).flatMap((forecast) => [
    ...forecastFacts(forecast, record),
    ...courseFigure(forecast, record),
    ...exceptionsTable(forecast, record),
  ]);

function forecastFacts(forecast: Fields, record: DossierRecord): readonly Block[] {
  const basel = fieldsOf(forecast.basel);
  const multipliers = fieldsOf(basel.multipliers);
  const statistics = fieldsOf(forecast.statistics);
  const { n11 } = fieldsOf(forecast.transitions);
  const shown = (value: Fields[string] | undefined) => {
    const text = textOf(value);
    return text === undefined ? undefined : measuredCell(text).text;
  };
  const zone = textOf(basel.zone);
  const count = `${textOf(basel.exceptions) ?? ''} exceptions in ${textOf(basel.days) ?? ''} days`;
  return factsBlock(
    [
      ['Forecast', `${textOf(forecast.column) ?? ''} at ${percentOf(forecast.level)}`],
      ['Days', `${textOf(forecast.from) ?? ''} to ${textOf(forecast.to) ?? ''}`],
      ['Exceptions', String(rowsOf(forecast.exceptions).length)],
      ['Exceptions expected', shown(forecast.expected)],
      ['Exceptions on the day after one', shown(n11)],
      ['Likelihood ratio of the rate', shown(statistics.pof)],
      ['Likelihood ratio of independence', shown(statistics.independence)],
      ['Likelihood ratio of both', shown(statistics.conditional_coverage)],
      ['Supervisory zone', zone === undefined ? undefined : `${zone}: ${count}`],
      ['Multiplier of MAR32', multipliers.mar32],
      ['Multiplier of the framework of 1996', multipliers.framework1996],
    ],
    record.digest,
  );
}

function percentOf(level: Fields[string] | undefined): string {
  return `${Number((Number(textOf(level)) * 100).toFixed(4))} %`;
}

function courseFigure(forecast: Fields, record: DossierRecord): readonly Block[] {
  const days = rowsOf(forecast.course).flatMap((row) => {
    const [profit, risk] = [numberOf(row.profit), numberOf(row.value_at_risk)];
    return profit === undefined || risk === undefined
      ? []
      : [{ date: textOf(row.date) ?? '', profit, risk: -risk }];
  });
  if (days.length < 2) return [];
  const exceptions = days.flatMap(({ profit, risk }, x) =>
    profit < risk ? [{ x, y: profit }] : [],
  );
  return [
    {
      kind: 'figure',
      chart: {
        kind: 'lines',
        x: { title: 'Day', categories: days.map(({ date }) => date) },
        y: { title: 'Profit and loss' },
        series: [
          { name: 'Profit and loss', points: days.map(({ profit }, x) => ({ x, y: profit })) },
          { name: 'Value at risk', points: days.map(({ risk }, x) => ({ x, y: risk })) },
          ...(exceptions.length === 0
            ? []
            : [{ name: 'Exceptions', points: exceptions, isPointsOnly: true }]),
        ],
      },
      caption: `Profit and loss beside the forecast ${textOf(forecast.column) ?? ''}, with exceptions`,
      cite: record.digest,
    },
  ];
}

// More than this no table shows; the record lists all.
const LISTED_MAX = 40;

function exceptionsTable(forecast: Fields, record: DossierRecord): readonly Block[] {
  const all = rowsOf(forecast.exceptions);
  const more = all.length > LISTED_MAX ? `, the latest ${LISTED_MAX} of ${all.length}` : '';
  const shown = (value: Fields[string] | undefined) => measuredCell(textOf(value) ?? '');
  return tableBlock(
    ['Day', { title: 'Profit and loss', ...NUMBER }, { title: 'Value at risk', ...NUMBER }],
    all
      .slice(-LISTED_MAX)
      .map((row) => [textOf(row.date), shown(row.profit), shown(row.value_at_risk)]),
    { caption: `Exceptions of ${textOf(forecast.column) ?? ''}${more}`, cite: record.digest },
  );
}
