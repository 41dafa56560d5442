// SPDX-License-Identifier: Apache-2.0
import { measuredCell } from '../shown-number.ts';
import {
  contentOf,
  type DossierRecord,
  factsBlock,
  fieldsOf,
  NUMBER,
  type Presenter,
  shownTime,
  tableBlock,
  textOf,
} from './content.ts';
import { jsonBlocks } from './generic.ts';
import { measurementBlocks } from './testing.ts';

export const presentMonitoringResult: Presenter = (records) =>
  records.flatMap((record) => {
    const content = contentOf(record);
    const window = fieldsOf(content.window);
    const label = textOf(window.label);
    return [
      ...(records.length === 1 || label === undefined
        ? []
        : [{ kind: 'heading' as const, level: 3 as const, text: `Window ${label}` }]),
      ...factsBlock(
        [
          ['Kind', record.statement.predicate.kind],
          ['Window', window.label],
          ['From', window.from],
          ['To', window.to],
          ['Breaches', content.breaches],
        ],
        record.digest,
      ),
      ...measurementBlocks(record),
    ];
  });

/** Batch headers are many and alike: one row each. */
export const presentDecisionLog: Presenter = (records) =>
  tableBlock(
    [
      'Gateway',
      { title: 'Batch', ...NUMBER },
      { title: 'Answered', ...NUMBER },
      { title: 'Refused', ...NUMBER },
      'First answer',
      'Last answer',
    ],
    records.map((record) => {
      const content = contentOf(record);
      return [
        { text: textOf(content.gateway) ?? '', cite: record.digest },
        countOf(record, 'n'),
        countOf(record, 'answered'),
        countOf(record, 'refused'),
        shownTime(textOf(content.firstTime) ?? ''),
        shownTime(textOf(content.lastTime) ?? ''),
      ];
    }),
    { caption: 'Signed batches of decisions' },
  );

export const presentIngestBatch: Presenter = (records) => [
  ...tableBlock(
    [
      'Recorded at',
      { title: 'Rows', ...NUMBER },
      { title: 'Accepted', ...NUMBER },
      { title: 'Rejected', ...NUMBER },
    ],
    records.map((record) => [
      { text: shownTime(record.statement.predicate.claimedAt), cite: record.digest },
      countOf(record, 'rows'),
      countOf(record, 'accepted'),
      countOf(record, 'rejected'),
    ]),
    { caption: 'Batches as ingested' },
  ),
  ...records.flatMap((record) =>
    jsonBlocks(contentOf(record).summary, { cite: record.digest, title: 'Summary of the batch' }),
  ),
];

function countOf(record: DossierRecord, key: string) {
  return measuredCell(textOf(contentOf(record)[key]) ?? '');
}
