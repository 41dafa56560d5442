// SPDX-License-Identifier: Apache-2.0
import type { Block } from '../document.ts';
import { measuredCell } from '../shown-number.ts';
import {
  cellOf,
  citesOf,
  contentOf,
  type DossierRecord,
  type Fields,
  factsBlock,
  fieldsOf,
  flatText,
  NUMBER,
  type Presenter,
  rowsOf,
  tableBlock,
  textOf,
} from './content.ts';
import { jsonBlocks } from './generic.ts';

export const presentReproduction: Presenter = (records) =>
  records.flatMap((record) => {
    const content = contentOf(record);
    const steps = fieldsOf(content.stepSeconds);
    return [
      ...factsBlock(
        [
          ['Verdict', content.verdict],
          ['Seconds', measuredCell(textOf(content.seconds) ?? '').text],
          ['Seconds of the steps when recorded', measuredCell(textOf(steps.recorded) ?? '').text],
          ['Seconds of the steps in the rebuild', measuredCell(textOf(steps.rebuilt) ?? '').text],
          ['Deviations', content.deviations],
          ['Rests on', undefined, citesOf([...record.statement.predicate.source])],
        ],
        record.digest,
      ),
      ...tableBlock(
        ['Output', 'Equal', 'Original SHA-256', 'Rebuilt SHA-256'],
        rowsOf(content.outputs).map((row) => [
          textOf(row.name),
          textOf(row.equal),
          { ...cellOf(row.original), style: 'code' as const },
          { ...cellOf(row.rebuilt), style: 'code' as const },
        ]),
        { caption: 'Rebuilt outputs compared', cite: record.digest },
      ),
      ...differenceBlocks(record),
      ...rebuildEnvironment(fieldsOf(content.environment), record),
    ];
  });

/** Where it was rebuilt, and what was put in its way; the platform in one line, since the run's own stands in full. */
function rebuildEnvironment(environment: Fields, record: DossierRecord): readonly Block[] {
  const { platform, surroundings, ...rest } = environment;
  const about = { cite: record.digest };
  return [
    ...jsonBlocks(
      {
        ...rest,
        ...(platform === undefined ? {} : { platform: platformLine(fieldsOf(platform)) }),
      },
      { ...about, title: 'Environment of the rebuild' },
    ),
    ...tableBlock(
      ['Variable', 'Value during the rebuild'],
      Object.entries(fieldsOf(surroundings)).map(([name, value]) => [
        { text: name, style: 'code' as const },
        { text: textOf(value) ?? '', style: 'code' as const },
      ]),
      { ...about, caption: 'Variables set against the rebuild, which its profile must override' },
    ),
  ];
}

function platformLine(platform: Fields): string {
  const details = fieldsOf(platform.details);
  const parts = [
    details.distribution,
    platform.kernel,
    platform.machine,
    platform.cpu,
    platform.sandbox,
  ];
  const told = parts.flatMap((part) => textOf(part) ?? []);
  return told.length > 0 ? told.join(', ') : flatText(platform);
}

function differenceBlocks(record: DossierRecord): readonly Block[] {
  const content = contentOf(record);
  const { digest } = record;
  return [
    ...tableBlock(
      ['File', 'Where', 'What differs', { title: 'At most', ...NUMBER }],
      rowsOf(content.divergences).flatMap((file) =>
        rowsOf(file.parts).map((part) => [
          textOf(file.what),
          textOf(part.where),
          textOf(part.nature),
          textOf(fieldsOf(part.distance).maxAbsolute),
        ]),
      ),
      { caption: 'Where the rebuilt bytes differ', cite: digest },
    ),
    ...tableBlock(
      ['Step', 'Cause', 'How it is known', 'Evidence'],
      rowsOf(content.diagnoses).flatMap(causeRows),
      { caption: 'Why they differ, by reruns with one thing varied', cite: digest },
    ),
    ...tableBlock(
      [
        'Rows',
        'Sealed',
        { title: 'Scored', ...NUMBER },
        { title: 'Other score', ...NUMBER },
        { title: 'Largest difference', ...NUMBER },
        { title: 'Other decision', ...NUMBER },
      ],
      rowsOf(content.scores).map((row) => [
        textOf(row.split),
        textOf(row.sealed),
        textOf(row.rows),
        textOf(row.differing),
        textOf(row.largest),
        textOf(row.flipped),
      ]),
      { caption: 'Scores of the registered and the rebuilt model', cite: digest },
    ),
  ];
}

function causeRows(
  diagnosis: ReturnType<typeof fieldsOf>,
): readonly (readonly (string | undefined)[])[] {
  const step = textOf(diagnosis.step);
  const found = rowsOf(diagnosis.causes).map((row) => [
    step,
    textOf(row.cause),
    textOf(row.certainty),
    textOf(row.evidence),
  ]);
  const excluded = rowsOf(diagnosis.excluded).map((row) => [
    step,
    `not ${textOf(row.cause) ?? ''}`,
    'excluded',
    textOf(row.evidence),
  ]);
  return [
    ...(found.length === 0 ? [[step, 'undetermined', undefined, undefined]] : found),
    ...excluded,
  ];
}
