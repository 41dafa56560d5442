// SPDX-License-Identifier: Apache-2.0
import { type Block, paragraph } from '../document.ts';
import { measuredCell } from '../shown-number.ts';
import {
  contentOf,
  type DossierRecord,
  type Fields,
  factsBlock,
  fieldsOf,
  flatText,
  labelOf,
  listOf,
  NUMBER,
  type Presenter,
  rowsOf,
  tableBlock,
  textOf,
} from './content.ts';
import { jsonBlocks } from './generic.ts';
import { metricName } from './metric-names.ts';

/** What the model computes and decides, what its author thought, and the watch that was approved with it. */
export const presentModelSpec: Presenter = (records) => records.flatMap(modelSpecBlocks);

function modelSpecBlocks(record: DossierRecord): readonly Block[] {
  const content = contentOf(record);
  const output = fieldsOf(content.output);
  const reasons = fieldsOf(content.reasons);
  const fallback = fieldsOf(content.fallback);
  return [
    ...factsBlock(
      [
        ['Algorithm', content.algorithm],
        ['Output', output.name],
        ['Meaning of the output', output.meaning],
        ['Decision', decisionText(fieldsOf(content.decision))],
        ['Reasons', reasons.method],
        ['Reasons given', reasons.count],
        ['Fallback', fallback.kind],
        ['What the fallback does', fallback.detail],
      ],
      record.digest,
    ),
    ...tableBlock(
      ['Input', 'Type', 'Columns', 'Accepted'],
      rowsOf(content.inputs).map((row) => [
        textOf(row.name),
        textOf(row.type),
        flatText(row.columns ?? ''),
        acceptedText(row),
      ]),
      { caption: 'Inputs', cite: record.digest },
    ),
    ...statedDesign(fieldsOf(content.design), record),
    ...watchBlocks(fieldsOf(content.monitoring), record),
    ...jsonBlocks(content.serving, { cite: record.digest, title: 'Serving' }),
  ];
}

function acceptedText(input: Fields): string {
  if (input.allowed !== undefined) return flatText(input.allowed);
  const [min, max] = [textOf(input.min), textOf(input.max)];
  if (min === undefined && max === undefined) return '';
  return `${min ?? 'unbounded'} to ${max ?? 'unbounded'}`;
}

const SIGNS: Readonly<Record<string, string>> = {
  'at-or-above': '≥',
  above: '>',
  below: '<',
  'at-or-below': '≤',
};

function decisionText(decision: Fields): string | undefined {
  const [score, cutoff, adverse] = [decision.score, decision.cutoff, decision.adverse].map(textOf);
  if (score === undefined || cutoff === undefined || adverse === undefined) return undefined;
  const sign = SIGNS[textOf(decision.adverseWhen) ?? 'at-or-above'] ?? '≥';
  const favourable = textOf(decision.favourable) ?? `not ${adverse}`;
  return `${adverse} when ${score} ${sign} ${cutoff}, else ${favourable}`;
}

/** What the author stated in the pipeline file; members that are not known here are printed all the same. */
function statedDesign(design: Fields, record: DossierRecord): readonly Block[] {
  if (Object.keys(design).length === 0) return [];
  const { algorithm, theory, regularisation, judgement, limitations, literature, ...tables } =
    design;
  const { alternatives, assumptions, constraints, ...rest } = tables;
  const about = { cite: record.digest };
  return [
    { kind: 'heading', level: 3, text: 'Design as stated by its author' },
    ...factsBlock(
      [
        ['Algorithm', algorithm],
        ['Theory', theory],
        ['Regularisation', regularisation],
      ],
      record.digest,
    ),
    ...statements('Judgement', judgement),
    ...statements('Limitations', limitations),
    ...statements('Literature', literature),
    ...tableBlock(
      ['Alternative', 'Why it was not taken'],
      rowsOf(alternatives).map((row) => [textOf(row.what), textOf(row.why_not)]),
      { ...about, caption: 'Alternatives considered' },
    ),
    ...tableBlock(
      ['Assumption', 'Sensitivity', 'Mitigation', 'Owner'],
      rowsOf(assumptions).map((row) =>
        [row.item, row.sensitivity, row.mitigation, row.owner].map(textOf),
      ),
      { ...about, caption: 'Assumptions of the design' },
    ),
    ...tableBlock(
      ['Constraint', 'Reason', 'Clause', 'How it is checked'],
      rowsOf(constraints).map((row) => [
        textOf(row.what),
        textOf(row.why),
        textOf(row.clause),
        checkText(fieldsOf(row.check)),
      ]),
      { ...about, caption: 'Constraints on the design' },
    ),
    ...jsonBlocks(rest, { ...about, title: 'Design, further' }),
  ];
}

function statements(label: string, value: Fields[string] | undefined): readonly Block[] {
  const texts = listOf(value).flatMap((item) => textOf(item) ?? []);
  if (texts.length === 0) return [];
  return [
    { kind: 'heading', level: 3, text: label },
    { kind: 'list', ordered: false, items: texts.map((text) => [paragraph(text)]) },
  ];
}

function checkText(check: Fields): string {
  if (Object.keys(check).length === 0) return 'stated in words alone';
  const monotone = fieldsOf(check.monotone);
  const input = textOf(monotone.input);
  if (input !== undefined)
    return `the score ${textOf(monotone.score) ?? 'moves one way'} with ${input}`;
  if (check.excluded !== undefined) return `no input is ${flatText(check.excluded)}`;
  return flatText(check);
}

const LIMITED = ['stability', 'outcomes', 'fairness'];

/** The limits and consequences of the watch, and how many bins of which column are held still for it. */
function watchBlocks(monitoring: Fields, record: DossierRecord): readonly Block[] {
  if (Object.keys(monitoring).length === 0) return [];
  const { stability, outcomes, fairness, consequences, frozen, ...rest } = monitoring;
  const parts: Fields = {
    stability: stability ?? null,
    outcomes: outcomes ?? null,
    fairness: fairness ?? null,
  };
  const about = { cite: record.digest };
  const told = [
    ...factsBlock(
      [
        ...Object.entries(rest).map(([key, value]) => [labelOf(key), flatText(value)] as const),
        ['Frozen on', fieldsOf(frozen).reference],
        ['Rows it was frozen on', measuredCell(textOf(fieldsOf(frozen).rows) ?? '').text],
        ['Reason of the fairness criterion', fieldsOf(fairness).why],
      ],
      record.digest,
    ),
    ...tableBlock(
      ['Watched', 'Metric', 'Limit', 'Settings', 'On a breach'],
      LIMITED.flatMap((part) =>
        watchRows(part, fieldsOf(parts[part]), fieldsOf(consequences)[part]),
      ),
      { ...about, caption: 'What is watched, and what follows a breach' },
    ),
    ...frozenTable(fieldsOf(frozen), record),
  ];
  if (told.length === 0) return [];
  return [{ kind: 'heading', level: 3, text: 'Monitoring approved with the model' }, ...told];
}

function watchRows(part: string, watch: Fields, consequences: Fields[string] | undefined) {
  const { limits, why: _, ...settings } = watch;
  const shown = Object.entries(settings)
    .map(([key, value]) => `${labelOf(key).toLowerCase()} ${namedValue(key, value)}`)
    .join('; ');
  return Object.entries(fieldsOf(limits)).map(([metric, limit]) => [
    labelOf(part),
    metricName(metric),
    rangeText(fieldsOf(limit)),
    shown,
    flatText(consequences ?? ''),
  ]);
}

function namedValue(key: string, value: Fields[string]): string {
  return key === 'governing' ? metricName(flatText(value)) : flatText(value);
}

/** Both ends of a limit as declared. */
export function rangeText({ min, max }: Fields): string {
  const [low, high] = [textOf(min), textOf(max)];
  if (low !== undefined && high !== undefined) return `${low} to ${high}`;
  return low === undefined ? `≤ ${high ?? ''}` : `≥ ${low}`;
}

const EDGES_SHOWN = 3;

function frozenTable(frozen: Fields, record: DossierRecord): readonly Block[] {
  return tableBlock(
    ['Column', 'Kind', { title: 'Bins', ...NUMBER }, 'First and last bins'],
    rowsOf(frozen.bins).map((bin) => {
      const isNumber = textOf(bin.kind) === 'number';
      const marks = listOf(isNumber ? bin.edges : bin.levels).map(flatText);
      return [
        textOf(bin.column),
        textOf(bin.kind),
        String(marks.length + (isNumber ? 1 : 0)),
        endsText(isNumber ? marks.map((mark) => measuredCell(mark).text) : marks),
      ];
    }),
    {
      caption: 'Bins frozen for stability; missing and unseen values have bins of their own',
      cite: record.digest,
    },
  );
}

function endsText(marks: readonly string[]): string {
  if (marks.length <= EDGES_SHOWN * 2) return marks.join(', ');
  return `${marks.slice(0, EDGES_SHOWN).join(', ')} … ${marks.slice(-EDGES_SHOWN).join(', ')}`;
}
