// SPDX-License-Identifier: Apache-2.0
import {
  ASSESSMENT_PARTS,
  type AssessmentPart,
  type ChangeEnvelope,
  PROTOCOL_PARTS,
  type ProtocolPart,
  readEnvelope,
} from '@countersign/kernel';
import type { Block } from '../document.ts';
import { markdownBlocks } from '../markdown.ts';
import { contentOf, type DossierRecord, factsBlock, NUMBER, tableBlock } from './content.ts';

/** An envelope with what it says, as its parts are printed. */
export interface PrintedEnvelope {
  readonly record: DossierRecord;
  readonly envelope: ChangeEnvelope;
}

/** @throws KernelError for a record that is no envelope */
export function printedEnvelope(record: DossierRecord): PrintedEnvelope {
  return { record, envelope: readEnvelope(contentOf(record)) };
}

export const PROTOCOL_TITLES: { readonly [part in ProtocolPart]: string } = {
  data: 'Data management',
  retraining: 'Re-training',
  evaluation: 'Performance evaluation and acceptance',
  update: 'Update, communication, rollback, monitoring',
};

const ASSESSMENT_TITLES: { readonly [part in AssessmentPart]: string } = {
  benefits: 'Benefits',
  risks: 'Risks',
  mitigations: 'Mitigations',
  combined: 'Modifications together',
  otherFunctions: 'Effect on other functions',
};

const ASSESSED_BY = 'fda-samd/pccp.3.impact-assessment';

/** What is to be modified, why, automatically or not, for everybody or not. */
export function modificationBlocks({ record, envelope }: PrintedEnvelope): readonly Block[] {
  const list = envelope.plan?.modifications ?? [];
  if (list.length === 0) {
    return [planGap('modifications', 'plan.modifications', ['fda-samd/pccp.1.description'])];
  }
  return tableBlock(
    ['Modification', 'What moves', 'Description', 'Reason', 'Carried out', 'Reach'],
    list.map((one) => [
      { text: one.title, style: 'strong', cite: record.digest },
      one.aspects.join(', '),
      one.description,
      one.reason,
      one.automation === 'manual' ? 'by a person' : 'automatically',
      one.reach === 'global' ? 'alike for all' : 'by site or user',
    ]),
    { caption: 'Planned modifications', cite: record.digest },
  );
}

/** Every bound, as the kernel proves it of each version. */
export function boundBlocks({ record, envelope }: PrintedEnvelope): readonly Block[] {
  const { digest } = record;
  const { dataWindow } = envelope;
  return [
    ...factsBlock(
      [
        ['Envelope', envelope.title],
        ['Reason', envelope.rationale],
        ['Agreed for version', envelope.version],
        ['What may change', [...envelope.may]],
        [
          'Data as of',
          dataWindow === undefined ? 'not bounded' : `${dataWindow.from} to ${dataWindow.to}`,
        ],
        ['Versions that may go into production', envelope.uses],
        ['Ends', envelope.expires],
      ],
      digest,
    ),
    ...tableBlock(
      ['Parameter', { title: 'Least', ...NUMBER }, { title: 'Most', ...NUMBER }],
      (envelope.parameters ?? []).map(({ name, min, max }) => [
        { text: name, style: 'code' },
        { text: min, cite: digest },
        { text: max, cite: digest },
      ]),
      { caption: 'Parameters that may move', cite: digest },
    ),
  ];
}

/** Acceptance criteria: the developer's own figures, and what the platform measures against the version in production. */
export function criteriaBlocks({ record, envelope }: PrintedEnvelope): readonly Block[] {
  const { digest } = record;
  const shifts = Object.entries(envelope.shifts);
  return [
    ...tableBlock(
      ['Figure', 'Limit'],
      envelope.metrics.map(({ metric, op, value }) => [
        { text: metric, style: 'code' },
        { text: `${op === '>=' ? '≥' : '≤'} ${value}`, cite: digest },
      ]),
      { caption: 'Limits on the measurements of a version', cite: digest },
    ),
    ...tableBlock(
      ['Shift', 'At most'],
      shifts.map(([measure, limit]) => [
        SHIFTS[measure] ?? measure,
        { text: limit ?? '', cite: digest },
      ]),
      { caption: 'Limits on the difference to the version in production', cite: digest },
    ),
  ];
}

const SHIFTS: Readonly<Record<string, string>> = {
  scoreShift: 'Mean absolute difference of the scores',
  swapSet: 'Share of cases decided differently',
  disparity: 'Largest move of a group’s approval ratio',
};

const PROTOCOL_CLAUSES: { readonly [part in ProtocolPart]: string } = {
  data: 'fda-samd/pccp.2a.data-management',
  retraining: 'fda-samd/pccp.2b.retraining',
  evaluation: 'fda-samd/pccp.2c.performance-evaluation',
  update: 'fda-samd/pccp.2d.update',
};

export function protocolBlocks(printed: PrintedEnvelope, part: ProtocolPart): readonly Block[] {
  const text = printed.envelope.plan?.protocol?.[part];
  return text === undefined
    ? [planGap(`protocol: ${part}`, `plan.protocol.${part}`, [PROTOCOL_CLAUSES[part]])]
    : [planText(printed, 'The protocol as signed', text)];
}

/** Which part of the protocol proves which modification. */
export function traceabilityBlocks({ record, envelope }: PrintedEnvelope): readonly Block[] {
  const list = envelope.plan?.modifications ?? [];
  if (list.length === 0) {
    return [planGap('traceability', 'plan.modifications', ['fda-samd/pccp.2e.traceability'])];
  }
  return tableBlock(
    ['Modification', ...PROTOCOL_PARTS.map((part) => PROTOCOL_TITLES[part])],
    list.map(({ title, protocol }) => [
      { text: title, style: 'strong' },
      ...PROTOCOL_PARTS.map((part) => (protocol.includes(part) ? 'applies' : 'none')),
    ]),
    { caption: 'Modifications and the protocol elements that apply', cite: record.digest },
  );
}

export function assessmentBlocks(printed: PrintedEnvelope): readonly Block[] {
  const said = printed.envelope.plan?.assessment ?? {};
  return ASSESSMENT_PARTS.map((part): Block => {
    const text = said[part];
    return text === undefined
      ? planGap(`impact assessment: ${part}`, `plan.assessment.${part}`, [ASSESSED_BY])
      : planText(printed, ASSESSMENT_TITLES[part], text);
  });
}

export function labellingBlocks(printed: PrintedEnvelope): readonly Block[] {
  const text = printed.envelope.plan?.labelling;
  return text === undefined
    ? [planGap('labelling', 'plan.labelling', ['fda-samd/pccp.5.version-and-labelling'])]
    : [planText(printed, 'What users are told', text)];
}

export function authorisationBlocks({ record, envelope }: PrintedEnvelope): readonly Block[] {
  const said = envelope.plan?.authorisation;
  if (said === undefined) {
    return [planGap('authorisation', 'plan.authorisation', ['fda-samd/pccp.6.plan-change'])];
  }
  return factsBlock(
    [
      ['Status', said.status],
      ['Reference', said.reference],
    ],
    record.digest,
  );
}

/** Words of the plan are its signers', printed as they were written. */
function planText({ record }: PrintedEnvelope, title: string, text: string): Block {
  const { actor, claimedAt } = record.statement.predicate;
  const blocks = markdownBlocks(text);
  return { kind: 'paper', title, author: actor, signedAt: claimedAt, blocks, cite: record.digest };
}

function planGap(part: string, member: string, clauses: readonly string[]): Block {
  return {
    kind: 'gap',
    evidence: 'change-plan',
    evidenceKind: part,
    status: 'missing',
    clauses,
    why: `The envelope says nothing of it: an envelope that does, by \`${member}\`, replaces it.`,
  };
}
