// SPDX-License-Identifier: Apache-2.0
import type { ActAsked } from '../../api/statements.ts';
import { type Field, given, linesOf } from '../../shell/form/field.ts';
import type { Values } from '../../shell/form/kept-draft.ts';

export const STEPS = ['respond', 'extend', 'accept', 'retest', 'close', 'reopen'] as const;
export type Step = (typeof STEPS)[number];

export interface FindingStepForm {
  readonly act: ActAsked['act'];
  /** On the button that leads to it. */
  readonly verb: string;
  readonly lede: string;
  readonly fields: (model: string) => readonly Field[];
  readonly said: (values: Values) => Readonly<Record<string, unknown>>;
}

const evidence = (model: string, place: string): Field => ({
  kind: 'records',
  name: 'evidence',
  model,
  label: 'Evidence',
  description: 'Records that show it: a later test, a new version, the change that mended it.',
  places: [place],
});

const reason: Field = { kind: 'text', name: 'reason', label: 'Reason' };

export const STEP_FORMS: { readonly [step in Step]: FindingStepForm } = {
  respond: {
    act: 'respond-finding',
    verb: 'Respond',
    lede: 'Say what was done or will be done. Whoever responds does not close it.',
    fields: () => [{ kind: 'text', name: 'response', label: 'Response' }],
    said: ({ response }) => ({ response }),
  },
  extend: {
    act: 'extend-finding',
    verb: 'Extend',
    lede: 'Moves the due day. Extensions are counted, and policy limits how many there are.',
    fields: () => [
      {
        kind: 'day',
        name: 'to',
        label: 'New due day',
        description: 'Lasts until its end in UTC.',
        places: ['content.due', 'content.extension', 'content'],
      },
      reason,
    ],
    said: (values) => ({ to: values.to, reason: values.reason }),
  },
  accept: {
    act: 'accept-finding',
    verb: 'Accept the risk',
    lede: 'Tolerates it until a day, with what is done meanwhile. Once lapsed, it restricts the model.',
    fields: () => [
      {
        kind: 'day',
        name: 'until',
        label: 'Until',
        places: ['content.acceptance.expires'],
      },
      { ...reason, label: 'Why it is tolerable', places: ['content.acceptance.reason'] },
      {
        kind: 'text',
        name: 'compensating',
        label: 'What is done meanwhile',
        places: ['content.acceptance.compensating'],
      },
    ],
    said: (values) => ({
      until: values.until,
      reason: values.reason,
      compensating: values.compensating,
    }),
  },
  retest: {
    act: 'retest-finding',
    verb: 'Record a retest',
    lede: 'A validator’s own test of what was done.',
    fields: (model) => [
      {
        kind: 'choice',
        name: 'outcome',
        label: 'Outcome',
        choices: [
          { value: 'passed', label: 'passed' },
          { value: 'failed', label: 'failed' },
        ],
      },
      { kind: 'text', name: 'note', label: 'What was tested' },
      evidence(model, 'content.retest.evidence'),
    ],
    said: (values) => ({
      outcome: values.outcome,
      note: values.note,
      evidence: linesOf(values.evidence),
    }),
  },
  close: {
    act: 'close-finding',
    verb: 'Close',
    lede: 'Says what shows that it is mended. Not by its owner, nor by whoever answered it.',
    fields: (model) => [
      { kind: 'text', name: 'closure', label: 'What shows that it is mended' },
      evidence(model, 'content.evidence'),
    ],
    said: (values) => ({ closure: values.closure, evidence: linesOf(values.evidence) }),
  },
  reopen: {
    act: 'reopen-finding',
    verb: 'Reopen',
    lede: 'Opens a closed finding again under its number.',
    fields: () => [reason, { kind: 'day', name: 'due', label: 'Due' }],
    said: (values) => ({ reason: values.reason, due: values.due }),
  },
};

export const OPEN_FIELDS: readonly Field[] = [
  { kind: 'line', name: 'title', label: 'Title', description: 'In a line.' },
  { kind: 'text', name: 'description', label: 'What was found' },
  {
    kind: 'choice',
    name: 'severity',
    label: 'Severity',
    choices: ['high', 'medium', 'low'].map((value) => ({ value, label: value })),
  },
  {
    kind: 'choice',
    name: 'source',
    label: 'Where it comes from',
    choices: ['validation', 'monitoring', 'audit', 'regulator', 'self-identified', 'incident'].map(
      (value) => ({ value, label: value }),
    ),
  },
  {
    kind: 'check',
    name: 'blocking',
    label: 'It blocks',
    description: 'Nothing of the use is promoted while it is open.',
  },
  { kind: 'person', name: 'owner', label: 'Who answers it' },
  { kind: 'day', name: 'due', label: 'Due', description: 'Lasts until its end in UTC.' },
  {
    kind: 'line',
    name: 'condition',
    label: 'Condition of',
    description:
      'Digest of the change request or validation report that it is a condition of: lapsed, it restricts the warrant.',
    isOptional: true,
  },
];

/** What the form says of a new finding; what it is about comes from the address. */
export function openSaid(values: Values): Readonly<Record<string, unknown>> {
  return {
    title: values.title,
    description: values.description,
    severity: values.severity,
    source: values.source,
    blocking: values.blocking === true,
    owner: values.owner,
    due: values.due,
    condition: given(values.condition),
  };
}
