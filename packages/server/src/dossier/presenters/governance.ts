// SPDX-License-Identifier: Apache-2.0
import type { Json } from '@countersign/kernel';
import type { Block } from '../document.ts';
import {
  citesOf,
  contentOf,
  type DossierRecord,
  factsBlock,
  flatText,
  listOf,
  type Presenter,
  rowsOf,
  tableBlock,
  textOf,
} from './content.ts';
import { discussionBlocks, isRemark } from './discussion.ts';
import { metricName } from './metric-names.ts';
import { presentPaper } from './paper.ts';

/** Each request with what people wrote on it; remarks come among its records. */
export const presentChangeRecord: Presenter = (records) =>
  records
    .filter((record) => !isRemark(record))
    .flatMap((record) => [...changeFacts(record), ...discussionBlocks(record, records)]);

function changeFacts(record: DossierRecord): readonly Block[] {
  const content = contentOf(record);
  return factsBlock(
    [
      ['Proposed stage', content.transition],
      ['Class', content.class],
      ['Reason', content.reason],
      ['Impact', content.impact],
      ['Rollback', content.rollback],
      ['Submitted by', record.statement.predicate.actor],
      ['Submitted at', record.statement.predicate.claimedAt],
      ['Rules version', content.rulesVersion],
      ['Policy', undefined, citesOf(content.policy)],
      ['Packs', undefined, citesOf(content.packs)],
      ['Run', undefined, citesOf(content.run)],
      ['Specification', undefined, citesOf(content.spec)],
    ],
    record.digest,
  );
}

export const presentExceptionRecord: Presenter = (records) =>
  records.flatMap((record) => {
    const content = contentOf(record);
    return factsBlock(
      [
        ['Condition', content.condition],
        ['Measurements', listOf(content.measurements).map(measurementName).join('; ')],
        ['Reason', content.reason],
        ['Limits', content.limits],
        ['Extra monitoring', content.extraMonitoring],
        ['Expires', content.expires],
        ['Signed by', record.statement.predicate.actor],
      ],
      record.digest,
    );
  });

/** `approval_ratio/age_band=62 and over` in words. */
function measurementName(value: Json): string {
  const [metric = '', ...places] = flatText(value).split('/');
  const where = places.map((place) => place.replace('=', ' '));
  return [metricName(metric), ...where].join(', ');
}

export const presentApprovalRecord: Presenter = (records) =>
  tableBlock(
    ['Printed name', 'Role', 'Decision', 'Meaning', 'Statement', 'Signed at'],
    records.map((record) => {
      const content = contentOf(record);
      return [
        { text: textOf(content.printedName) ?? '', cite: record.digest },
        textOf(content.role),
        textOf(content.decision),
        textOf(content.meaning),
        textOf(content.statement),
        record.statement.predicate.claimedAt.slice(0, 16).replace('T', ' '),
      ];
    }),
    { caption: 'Signed decisions' },
  );

export const presentFinding: Presenter = (records) =>
  records.flatMap((record) => {
    const content = contentOf(record);
    return factsBlock(
      [
        ['Finding', content.id],
        ['Title', content.title],
        ['Source', content.source],
        ['Severity', content.severity],
        ['Blocking', content.blocking],
        ['Status', content.status],
        ['Owner', content.owner],
        ['Due', content.due],
        ['Description', content.description],
        ['Response', content.response],
        ['Closure', content.closure],
      ],
      record.digest,
    );
  });

export const presentSodCheck: Presenter = (records) =>
  records.flatMap((record) => {
    const content = contentOf(record);
    return [
      ...factsBlock(
        [
          ['Result', content.result],
          ['Change request', undefined, citesOf(content.changeRequest)],
          ['Commit authors not attributed', content.unattributed],
        ],
        record.digest,
      ),
      ...tableBlock(
        ['Account', 'Counts as developer because'],
        rowsOf(content.developers).map((row) => [
          { text: textOf(row.account) ?? '', ...citeOfRow(row.record) },
          textOf(row.because),
        ]),
        { caption: 'Developers, as computed', cite: record.digest },
      ),
      ...tableBlock(
        ['Account', 'Role', 'Conflict'],
        rowsOf(content.approvers).map((row) => [
          textOf(row.account),
          textOf(row.role),
          textOf(row.conflict) ?? 'none',
        ]),
        { caption: 'Approvers, as computed', cite: record.digest },
      ),
    ];
  });

function citeOfRow(value: unknown): { readonly cite?: string } {
  return typeof value === 'string' ? { cite: value } : {};
}

export const presentDeploymentRecord: Presenter = (records) =>
  records.flatMap((record) => {
    const content = contentOf(record);
    return factsBlock(
      [
        ['Kind', record.statement.predicate.kind],
        ['Environment', content.environment],
        ['Warrant', content.warrant],
        ['Demonstration', content.demonstration],
        ['Not before', content.notBefore],
        ['Expires', content.expires],
        ['Fallback', content.fallback],
        ['Reason', content.reason],
        ['Change request', undefined, citesOf(content.changeRequest)],
        ['Approvals', undefined, citesOf(content.approvals)],
        ['Exceptions', undefined, citesOf(content.exceptions)],
      ],
      record.digest,
    );
  });

export const presentValidationReport: Presenter = (records) =>
  records.flatMap((record) => {
    const content = contentOf(record);
    return [
      ...factsBlock(
        [
          ['Outcome', content.outcome],
          ['Rating', content.rating],
          ['On the scale', scaleText(content.scale, content.grade)],
          ['Independence', content.independence],
          ['Relied on', undefined, citesOf(content.relied)],
        ],
        record.digest,
      ),
      ...tableBlock(
        ['Condition', 'Owner', 'Due'],
        rowsOf(content.conditions).map((row) => [
          textOf(row.text),
          textOf(row.owner) ?? 'standing',
          textOf(row.due) ?? '',
        ]),
        { caption: 'Conditions of the outcome', cite: record.digest },
      ),
      ...presentPaper(record),
    ];
  });

/** `satisfactory, of: satisfactory, needs improvement, unsatisfactory`. */
function scaleText(scale: Json | undefined, grade: Json | undefined): string | undefined {
  const steps = listOf(scale).flatMap((one) => textOf(one) ?? []);
  const step = textOf(grade);
  return step === undefined || steps.length === 0 ? undefined : `${step}, of: ${steps.join(', ')}`;
}
