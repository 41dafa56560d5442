// SPDX-License-Identifier: Apache-2.0
import {
  type CountedRecord,
  type Json,
  type MeasurementContent,
  paperText,
  type RecordSet,
  supersededDigests,
} from '@countersign/kernel';
import { shortDecimal } from '../output/short-decimal.ts';
import { short } from '../output/table.ts';
import { OUTCOMES, SCALE_DEFAULT } from './assessment-form.ts';

/** What a section is to answer, by its heading; in comments, which a signed form may not hold any more. */
const GUIDANCE: readonly (readonly [string, string])[] = [
  [
    'Conceptual soundness',
    'Is the method fit for the use? Theory, alternatives, variables, assumptions, what is judgement.',
  ],
  [
    'Data',
    'Are the rows right for the use? Source, definition of the outcome, quality, what is missing, whom they leave out.',
  ],
  [
    'Outcomes',
    'What do the figures below say, and what can they not say? Name the record where you quote a figure.',
  ],
  ['Limitations', 'What the model must not be used for; what nobody could test.'],
];

export interface DraftAbout {
  readonly name: string;
  readonly account: string;
  readonly set: RecordSet;
  readonly relied: readonly CountedRecord[];
}

/**
 * The form of an assessment with what the records say filled in: the figures relied on with the digests of their records,
 * the replication, the looks, and what is open. What only a person can say is left to the validator.
 */
export function assessmentDraft(about: DraftAbout): string {
  const head = {
    evidence: 'validation-report',
    scope: 'version',
    title: `Independent validation of ${about.name}`,
    author: about.account,
    facts: {
      outcome: '',
      scale: SCALE_DEFAULT.join(' | '),
      rating: '',
      independence: '',
    },
  } as const;
  const body = [
    ...GUIDANCE.flatMap(([heading, ask]) => [`## ${heading}`, '', `<!-- ${ask} -->`, '']),
    '## Findings',
    '',
    '<!-- None. — or for each: ### Title, then lines `- severity: high|medium|low`, `- owner: ACCOUNT`, `- due: 2026-12-31`, `- blocking: yes|no`, then what was found. They are signed together with this form. -->',
    '',
    '## Conditions',
    '',
    '<!-- None. — or a numbered list. What ends with (owner: ACCOUNT, due: 2026-12-31) becomes a finding that stops the model when it lapses. -->',
    '',
    '## Rating',
    '',
    `<!-- Why this step of the scale. The front matter's \`rating\` begins with it; its \`outcome\` is one of ${OUTCOMES.join(', ')}. -->`,
    '',
    '## Independence',
    '',
    '<!-- What you had no part in, whom you report to, what depends on the outcome for you. -->',
    '',
    '## Relied on',
    '',
    ...reliedLines(about.relied),
    '',
    '## Open questions',
    '',
    ...openLines(about),
  ];
  return paperText(head, body.join('\n'));
}

function reliedLines(relied: readonly CountedRecord[]): readonly string[] {
  if (relied.length === 0) return ['No record of a validator, of a rebuild or of a finding.'];
  return relied.flatMap((record) => {
    const { type, kind, content } = record.statement.predicate;
    const verdict = textOf(content.conclusion) ?? textOf(content.verdict) ?? textOf(content.status);
    const name = `${type}${kind === undefined ? '' : ` (${kind})`}`;
    const look =
      typeof detailOf(record).sealedLook === 'number'
        ? `, look ${detailOf(record).sealedLook}`
        : '';
    const data = textOf(membersOf(content.data).description);
    return [
      `- \`${short(record.digest)}\` ${name}${verdict === undefined ? '' : `: ${verdict}`}${data === undefined ? '' : `; on ${data}`}${look !== '' && data?.includes('look') === true ? '' : look}`,
      ...figuresOf(record),
    ];
  });
}

function figuresOf({ statement: { predicate } }: CountedRecord): readonly string[] {
  const { measurements } = predicate.content;
  if (!Array.isArray(measurements)) return [];
  // Platform records of these types hold figures of this shape.
  return (measurements as unknown as readonly MeasurementContent[])
    .filter(({ limit }) => limit !== undefined)
    .map(({ metric, segment, group, value, interval, limit, verdict }) => {
      const where = [segment, group].filter((part) => part !== undefined).join(' ');
      const range =
        interval === undefined
          ? ''
          : ` (${shortDecimal(interval.low)} to ${shortDecimal(interval.high)})`;
      return `  - ${metric}${where === '' ? '' : ` of ${where}`} ${shortDecimal(value)}${range}, limit ${limit?.op} ${limit?.value}: ${verdict}`;
    });
}

/** What a reader of the records would ask before believing a conclusion. */
function openLines({ set, relied }: DraftAbout): readonly string[] {
  const superseded = supersededDigests(set);
  const has = (type: string, kind?: string) =>
    relied.some(
      ({ statement: { predicate } }) =>
        predicate.type === type && (kind === undefined || predicate.kind === kind),
    );
  const questions = [
    ...(has('performance-test', 'replication')
      ? []
      : ['The developer’s figures have not been replicated.']),
    ...(has('reproduction-attestation') ? [] : ['The version has not been rebuilt.']),
    ...relied
      .filter(({ digest }) => !superseded.has(digest))
      .flatMap((record) => questionOf(record)),
  ];
  return questions.length === 0 ? ['None.'] : questions.map((one) => `- ${one}`);
}

function questionOf(record: CountedRecord): readonly string[] {
  const { type, kind, content } = record.statement.predicate;
  const name = `\`${short(record.digest)}\` ${type}${kind === undefined ? '' : ` (${kind})`}`;
  if (type === 'finding') {
    const isOpen = content.status !== 'closed';
    return isOpen
      ? [`Finding ${textOf(content.id)} is ${textOf(content.status)}: ${textOf(content.title)}`]
      : [];
  }
  const said = textOf(content.conclusion);
  const looks = membersOf(detailOf(record).looks);
  const reports = detailOf(record).reports;
  const left = Array.isArray(reports)
    ? reports.flatMap((one: Json) => {
        const { report, notReplicated } = membersOf(one);
        return notReplicated === undefined
          ? []
          : [`${name}: \`${textOf(report)}\` was not replicated: ${textOf(notReplicated)}`];
      })
    : [];
  return [
    ...(said === 'fail' || said === 'inconclusive' ? [`${name} is ${said}.`] : []),
    ...left,
    ...(looks.planAfterFirstLook === true
      ? [`${name}: its plan was signed after the first look at these rows.`]
      : []),
  ];
}

function detailOf({ statement }: CountedRecord): { readonly [name: string]: Json } {
  return membersOf(statement.predicate.content.detail);
}

function textOf(json: Json | undefined): string | undefined {
  return typeof json === 'string' ? json : undefined;
}

function membersOf(json: Json | undefined): { readonly [name: string]: Json } {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
    ? (json as { readonly [name: string]: Json }) // arrays were told apart, which TypeScript loses for readonly ones
    : {};
}
