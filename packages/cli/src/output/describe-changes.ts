// SPDX-License-Identifier: Apache-2.0
import {
  type ChangeSummary,
  type ChangeVerdict,
  type Json,
  visibleText,
} from '@countersign/kernel';
import { fields, short, table } from './table.ts';

/** What changed since the version in production, and how much that is, with the records that show it. */
export function describeChanges(change: ChangeVerdict, summary: ChangeSummary): readonly string[] {
  const { against, envelope } = change;
  return [
    ...fields([
      ['change', `${change.materiality}, class ${change.class}`],
      ['against', against === undefined ? 'nothing: none in production' : `@${against.version}`],
      [
        'envelope',
        envelope === undefined
          ? undefined
          : `${envelope.title} (${short(envelope.envelope)}), ${envelope.used} of ${envelope.uses} uses before this`,
      ],
    ]),
    ...change.reasons.map(
      ({ materiality, reason, records }) =>
        `  ${materiality}: ${visibleText(reason)}${records.length === 0 ? '' : ` [${records.map(short).join(', ')}]`}`,
    ),
    ...change.refusals.map((one) => `  refused: ${visibleText(one)}`),
    ...dataLines(summary),
    ...metricLines(summary),
    ...comparisonLines(summary),
  ];
}

function dataLines({ data }: ChangeSummary): readonly string[] {
  if (data.length === 0) return [];
  const rows = data.map((one) => [
    `${one.dataset}.${one.split}`,
    String(one.rowsBefore ?? 'none'),
    String(one.rowsAfter ?? 'none'),
    [
      ...one.columnsAdded.map((name) => `+${name}`),
      ...one.columnsDropped.map((name) => `-${name}`),
      ...one.columnsRetyped,
    ].join(' '),
  ]);
  return ['', ...table(['data', 'rows before', 'rows after', 'columns'], rows)];
}

/** Figures of segments stand in the JSON; here the whole population. */
function metricLines({ metrics }: ChangeSummary): readonly string[] {
  const whole = metrics.filter(({ id, before, after }) => !id.includes('/') && before !== after);
  if (whole.length === 0) return [];
  const rows = whole.map(({ id, before, after }) => [id, before ?? 'none', after ?? 'none']);
  return ['', ...table(['figure', 'in production', 'proposed'], rows)];
}

function comparisonLines({ comparison }: ChangeSummary): readonly string[] {
  if (comparison === undefined) return [];
  const rows = comparison.figures.map(({ id, value, n, events }) => [
    id,
    value,
    events === undefined ? String(n ?? '') : `${events} of ${n ?? ''}`,
  ]);
  return [
    '',
    ...table([`same rows, both versions (${short(comparison.record)})`, '', 'cases'], rows),
    ...codeLines(comparison.detail),
  ];
}

function codeLines(detail: Json): readonly string[] {
  const code = objectOf(objectOf(detail).code);
  if (typeof code.commitsBetween !== 'number') return [];
  const files = Array.isArray(code.files) ? code.files.map(objectOf) : [];
  const rows = files.map(({ path, added, removed }) => [
    String(path),
    added === undefined ? 'binary' : `+${String(added)} -${String(removed)}`,
  ]);
  const count = `code: ${code.commitsBetween} commits, ${String(code.filesChanged)} files`;
  return ['', ...table([count, 'lines'], rows)];
}

function objectOf(json: Json | undefined): { readonly [name: string]: Json } {
  const isObject = typeof json === 'object' && json !== null && !Array.isArray(json);
  return isObject ? (json as { readonly [name: string]: Json }) : {};
}
