// SPDX-License-Identifier: Apache-2.0
import type { LineSeries } from '../../charts/spec.ts';
import type { Block, Cell } from '../../document.ts';
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

/** Predicted against realised events by period with their lights, and the curve of each cohort by age. */
export const backtestBlocks: KindPresenter = (detail, record) => {
  const periods = rowsOf(detail.periods);
  return [
    ...aboutBlocks(detail, record),
    ...periodsFigure(periods, record),
    ...periodsTable(periods, record),
    ...vintageBlocks(rowsOf(detail.vintages), record),
  ];
};

const TESTS: Readonly<Record<string, string>> = {
  jeffreys: 'Jeffreys',
  binomial: 'exact binomial',
};
const SIDES: Readonly<Record<string, string>> = {
  underestimated: 'more events than predicted',
  overestimated: 'fewer events than predicted',
  either: 'more or fewer events than predicted',
};

function aboutBlocks(detail: Fields, record: DossierRecord): readonly Block[] {
  const lights = fieldsOf(detail.lights);
  const levels =
    lights.amber === undefined
      ? undefined
      : `amber below ${textOf(lights.amber)}, red below ${textOf(lights.red)}`;
  return factsBlock(
    [
      ['Time', detail.time],
      ['Period', detail.window],
      ['Scores', detail.scores === 'rolling' ? 'rolling origin, a fit a period' : 'one model'],
      ['Test of each period', TESTS[textOf(lights.test) ?? '']],
      ['Looks for', SIDES[textOf(lights.side) ?? '']],
      ['Levels of p', levels],
      ['Immaterial gap of the rate', lights.material],
    ],
    record.digest,
  );
}

// A period that nothing is known of breaks the lines; the table still says so.
function periodsFigure(periods: readonly Fields[], record: DossierRecord): readonly Block[] {
  if (periods.length < 2) return [];
  const points = (row: Fields, at: number) => {
    const [low, high] = [numberOf(row.realised_low), numberOf(row.realised_high)];
    return {
      x: at,
      y: numberOf(row.realised) ?? null,
      ...(low === undefined || high === undefined ? {} : { low, high }),
    };
  };
  const lit = (light: string): readonly LineSeries[] => {
    const own = periods.flatMap((row, at) =>
      textOf(row.light) === light ? [{ x: at, y: numberOf(row.realised) ?? null }] : [],
    );
    return own.length === 0 ? [] : [{ name: light, points: own, isPointsOnly: true }];
  };
  const series: readonly LineSeries[] = [
    { name: 'realised', points: periods.map(points) },
    {
      name: 'predicted',
      points: periods.map((row, at) => ({ x: at, y: numberOf(row.predicted) ?? null })),
    },
    ...lit('amber'),
    ...lit('red'),
  ];
  if (series.every((one) => one.points.every(({ y }) => y === null))) return [];
  return [
    {
      kind: 'figure',
      chart: {
        kind: 'lines',
        x: { title: 'Period', categories: periods.map((row) => textOf(row.period) ?? '') },
        y: { title: 'Event rate' },
        series,
      },
      caption: 'Predicted and realised event rate by period, with intervals of the realised rate',
      cite: record.digest,
    },
  ];
}

function periodsTable(periods: readonly Fields[], record: DossierRecord): readonly Block[] {
  const hasLights = periods.some((row) => row.light !== undefined);
  return tableBlock(
    [
      'Period',
      { title: 'Rows', ...NUMBER },
      { title: 'Events', ...NUMBER },
      { title: 'No outcome yet', ...NUMBER },
      { title: 'Predicted', ...NUMBER },
      { title: 'Realised', ...NUMBER },
      ...(hasLights ? [{ title: 'p', ...NUMBER }, 'Light'] : []),
    ],
    periods.map((row) => [
      textOf(row.period),
      cellOf(row.n),
      cellOf(row.events),
      cellOf(row.unlabelled),
      cellOf(row.predicted),
      cellOf(row.realised),
      ...(hasLights ? [cellOf(row.p_value), lightCell(textOf(row.light))] : []),
    ]),
    { caption: 'Predicted against realised by period', cite: record.digest },
  );
}

/** The word says it where the colour is lost. */
function lightCell(light: string | undefined): Cell {
  if (light === undefined || light === 'none') return { text: 'too few' };
  return light === 'green' ? { text: light } : { text: light, style: 'strong' };
}

function cellOf(value: Fields[string] | undefined): Cell {
  return measuredCell(textOf(value) ?? '');
}

// More curves than these cannot be told apart; the table has them all.
const CURVES_MAX = 6;

function vintageBlocks(vintages: readonly Fields[], record: DossierRecord): readonly Block[] {
  const curves = vintages.flatMap((vintage) => {
    const points = rowsOf(vintage.points).flatMap((point) => {
      const [x, y] = [numberOf(point.months), numberOf(point.rate)];
      return x === undefined || y === undefined ? [] : [{ x, y }];
    });
    return points.length < 2 ? [] : [{ name: textOf(vintage.cohort) ?? '', points }];
  });
  const note = curves.length > CURVES_MAX ? `, the latest ${CURVES_MAX} of ${curves.length}` : '';
  const figure: readonly Block[] =
    curves.length === 0
      ? []
      : [
          {
            kind: 'figure',
            chart: {
              kind: 'lines',
              x: { title: 'Months on book' },
              y: { title: 'Cumulative event rate', min: 0 },
              series: curves.slice(-CURVES_MAX),
            },
            caption: `Cumulative event rate of each cohort by months on book${note}`,
            cite: record.digest,
          },
        ];
  return [...figure, ...vintagesTable(vintages, record)];
}

function vintagesTable(vintages: readonly Fields[], record: DossierRecord): readonly Block[] {
  return tableBlock(
    [
      'Cohort',
      { title: 'Cases', ...NUMBER },
      { title: 'Months on book', ...NUMBER },
      { title: 'Still observed', ...NUMBER },
      { title: 'Cumulative event rate', ...NUMBER },
      { title: 'Interval', ...NUMBER },
    ],
    vintages.map((vintage) => {
      const last = rowsOf(vintage.points).at(-1) ?? {};
      const [low, high] = [textOf(last.low), textOf(last.high)];
      const interval =
        low === undefined || high === undefined
          ? ''
          : `${measuredCell(low).text} to ${measuredCell(high).text}`;
      return [
        textOf(vintage.cohort),
        cellOf(vintage.cases),
        cellOf(last.months),
        cellOf(last.at_risk),
        cellOf(last.rate),
        interval,
      ];
    }),
    { caption: 'Each cohort at the last age that enough cases have reached', cite: record.digest },
  );
}
