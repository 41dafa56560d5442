// SPDX-License-Identifier: Apache-2.0
import { endOfDay, FINDING_SEVERITIES, type FindingSeverity } from '@countersign/kernel';
import { atFile } from '../errors.ts';
import { type FormSection, formSections } from './form-sections.ts';
import type { Paper } from './read-paper.ts';

/** What an approval rests on. With owner and due date it becomes a finding that stops the model when it lapses. */
export interface AssessmentCondition {
  readonly text: string;
  readonly owner?: string;
  readonly due?: string;
  readonly severity?: FindingSeverity;
}

export interface AssessmentFinding {
  readonly title: string;
  readonly severity: FindingSeverity;
  readonly owner: string;
  readonly due: string;
  readonly blocking: boolean;
  readonly description: string;
}

/** The validator's conclusion as its form states it. */
export interface Assessment {
  readonly outcome: string;
  readonly rating: string;
  /** The step of the scale that the rating begins with. */
  readonly grade: string;
  readonly scale: readonly string[];
  readonly independence: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly conditions: readonly AssessmentCondition[];
  readonly findings: readonly AssessmentFinding[];
  /** Findings of the register that the text names: `F-1`. */
  readonly named: readonly { readonly id: string; readonly line: number }[];
}

export const OUTCOMES = ['approved', 'approved with conditions', 'not approved'] as const;
export const SCALE_DEFAULT = ['satisfactory', 'needs improvement', 'unsatisfactory'] as const;

/** Every assessment says something under each of these; the first name is the one that is asked for. */
export const REQUIRED_SECTIONS = [
  ['Conceptual soundness'],
  ['Data'],
  ['Outcomes', 'Outcomes analysis'],
  ['Limitations', 'Assumptions and limitations'],
  ['Conditions'],
  ['Rating'],
  ['Independence', 'Independence statement'],
] as const;

const NONE = /^none\.?$/i;

/**
 * Reads a validator's assessment strictly: its front matter, the sections that each must have, conditions and findings as
 * items.
 * @throws CliError `file_invalid` with file and line
 */
export function readAssessment(paper: Paper, text: string): Assessment {
  const { file } = paper;
  if (paper.evidence !== 'validation-report') {
    throw atFile(file, 2, `\`evidence\` must be \`validation-report\`, not \`${paper.evidence}\``);
  }
  const front = readFront(paper, text);
  const sections = formSections(text);
  const written = REQUIRED_SECTIONS.map((names) => neededSection(file, text, { sections, names }));
  refuseGuidance(file, sections);
  const conditions = readConditions(file, written[4] as FormSection);
  const isConditional = front.outcome === 'approved with conditions';
  if (isConditional !== conditions.length > 0) {
    const line = written[4]?.line ?? 1;
    throw atFile(
      file,
      line,
      isConditional
        ? 'the outcome is `approved with conditions` and no condition is listed'
        : `the outcome is \`${front.outcome}\` and conditions are listed; write \`None.\` or change the outcome`,
    );
  }
  return { ...front, conditions, ...readFindings(file, sections) };
}

function readFront(paper: Paper, text: string) {
  const { file } = paper;
  const { outcome = '', rating = '', independence = '', scale, ...facts } = paper.content.facts;
  const line = (name: string) => lineOfMember(text, name);
  if (!(OUTCOMES as readonly string[]).includes(outcome)) {
    throw atFile(
      file,
      line('outcome'),
      `\`outcome\` must be one of ${OUTCOMES.join(', ')}, not \`${outcome}\``,
    );
  }
  if (independence.trim() === '')
    throw atFile(file, line('independence'), 'the front matter lacks `independence`');
  const steps = scale === undefined ? SCALE_DEFAULT : scale.split('|').map((one) => one.trim());
  if (steps.some((one) => one === '') || new Set(steps).size !== steps.length) {
    throw atFile(
      file,
      line('scale'),
      '`scale` is the steps of the rating, best first: `a | b | c`',
    );
  }
  const grade = [...steps]
    .sort((one, other) => other.length - one.length)
    .find((step) => rating.toLowerCase().startsWith(step.toLowerCase()));
  if (grade === undefined) {
    throw atFile(
      file,
      line('rating'),
      `\`rating\` must begin with a step of the scale (${steps.join(', ')}), not \`${rating}\``,
    );
  }
  return { outcome, rating, grade, scale: steps, independence, facts };
}

function lineOfMember(text: string, name: string): number {
  const at = text.split('\n').findIndex((line) => line.startsWith(`${name}:`));
  return at < 0 ? 2 : at + 1;
}

function neededSection(
  file: string,
  text: string,
  at: { readonly sections: readonly FormSection[]; readonly names: readonly string[] },
): FormSection {
  const known = at.names.map((name) => name.toLowerCase());
  const section = at.sections.find(({ heading }) => known.includes(heading.toLowerCase()));
  if (section === undefined) {
    throw atFile(
      file,
      text.trimEnd().split('\n').length,
      `the form ends without \`## ${at.names[0]}\``,
    );
  }
  const isEmpty = section.lines.every(({ text: line }) => line.trim() === '');
  if (isEmpty) throw atFile(file, section.line, `\`## ${section.heading}\` is empty`);
  return section;
}

/** What a draft asks for stands in comments until it is answered. */
function refuseGuidance(file: string, sections: readonly FormSection[]): void {
  for (const { heading, lines } of sections) {
    const left = lines.find(({ text }) => text.includes('<!--'));
    if (left === undefined) continue;
    throw atFile(
      file,
      left.n,
      `\`## ${heading}\` still holds the draft's guidance; write the section and take \`<!-- … -->\` out`,
    );
  }
}

const ITEM = /^(?:\d+[.)]|[-*]) +(.+)$/;
const TERMS =
  /\s*\(owner:\s*([^,()\s]+),\s*due:\s*([^,()\s]+)(?:,\s*severity:\s*(high|medium|low))?\)\.?$/;

function readConditions(file: string, section: FormSection): readonly AssessmentCondition[] {
  const said = section.lines.filter(({ text }) => text.trim() !== '');
  if (said.length === 1 && NONE.test(said[0]?.text.trim() ?? '')) return [];
  const items: { n: number; text: string }[] = [];
  let isOpen = false;
  for (const { n, text } of section.lines) {
    const item = ITEM.exec(text)?.[1];
    if (item !== undefined) items.push({ n, text: item });
    const last = items.at(-1);
    const isMore: boolean = item === undefined && isOpen && text.trim() !== '';
    if (isMore && last !== undefined) last.text += ` ${text.trim()}`;
    isOpen = item !== undefined || isMore;
  }
  if (items.length === 0) {
    throw atFile(file, section.line, 'write each condition as a list item, or `None.`');
  }
  return items.map(({ n, text }) => conditionOf(file, n, text));
}

function conditionOf(file: string, line: number, text: string): AssessmentCondition {
  const terms = TERMS.exec(text);
  if (terms === null) {
    if (/\((owner|due):/.test(text)) {
      throw atFile(
        file,
        line,
        'what a condition ends with is `(owner: ACCOUNT, due: 2026-12-31)`, with `severity: low` where it is not medium',
      );
    }
    return { text: text.trim() };
  }
  const [whole, owner = '', due = '', severity] = terms;
  const known = FINDING_SEVERITIES.find((one) => one === severity);
  return {
    text: text.slice(0, text.length - whole.length).trim(),
    owner,
    due: dayAt(file, line, due),
    ...(known === undefined ? {} : { severity: known }),
  };
}

function dayAt(file: string, line: number, text: string): string {
  if (endOfDay(text) !== undefined) return text;
  throw atFile(file, line, `\`due\` must be a date like \`2026-12-31\`, not \`${text}\``);
}

function readFindings(
  file: string,
  sections: readonly FormSection[],
): Pick<Assessment, 'findings' | 'named'> {
  const section = sections.find(({ heading }) => heading.toLowerCase() === 'findings');
  if (section === undefined) return { findings: [], named: [] };
  const said = section.lines.filter(({ text }) => text.trim() !== '');
  if (said.length === 0) throw atFile(file, section.line, '`## Findings` is empty; write `None.`');
  if (said.length === 1 && NONE.test(said[0]?.text.trim() ?? ''))
    return { findings: [], named: [] };
  const first = section.lines.findIndex(({ text }) => text.startsWith('### '));
  const before = first < 0 ? section.lines : section.lines.slice(0, first);
  const named = before.flatMap(({ n, text }) =>
    [...text.matchAll(/\bF-\d{1,9}\b/g)].map(([id]) => ({ id, line: n })),
  );
  if (first < 0 && named.length === 0) {
    throw atFile(
      file,
      section.line,
      'each finding is a `### Title` with `- severity:`, `- owner:`, `- due:`, or one of the register by its number, as F-1; or write `None.`',
    );
  }
  return { findings: first < 0 ? [] : findingsFrom(file, section.lines.slice(first)), named };
}

type Lines = FormSection['lines'];

function findingsFrom(file: string, lines: Lines): readonly AssessmentFinding[] {
  const starts = lines.flatMap(({ text }, at) => (text.startsWith('### ') ? [at] : []));
  const found = starts.map((start, at) => findingOf(file, lines.slice(start, starts[at + 1])));
  const titles = found.map(({ title }) => title);
  const twice = titles.findIndex((title, at) => titles.indexOf(title) !== at);
  if (twice < 0) return found;
  throw atFile(
    file,
    lines[starts[twice] ?? 0]?.n ?? 1,
    `the finding \`${titles[twice]}\` stands twice`,
  );
}

const MEMBER = /^- +([a-z]+): *(.*?)\s*$/;
const MEMBERS = ['severity', 'owner', 'due', 'blocking'];

function findingOf(file: string, [head, ...rest]: Lines): AssessmentFinding {
  const line = head?.n ?? 1;
  const title = (head?.text ?? '').slice(4).trim();
  const members = new Map<string, { readonly n: number; readonly value: string }>();
  let at = 0;
  for (; at < rest.length; at += 1) {
    const { n, text } = rest[at] ?? { n: line, text: '' };
    if (text.trim() === '') continue;
    const [, name = '', value = ''] = MEMBER.exec(text) ?? [];
    if (name === '') break;
    if (!MEMBERS.includes(name) || members.has(name)) {
      throw atFile(file, n, `a finding has ${MEMBERS.join(', ')}, each once; not \`${name}\` here`);
    }
    members.set(name, { n, value });
  }
  const needed = (name: string) => {
    const member = members.get(name);
    if (member !== undefined && member.value !== '') return member;
    throw atFile(file, member?.n ?? line, `the finding \`${title}\` lacks \`- ${name}:\``);
  };
  const severity = needed('severity');
  const known = FINDING_SEVERITIES.find((one) => one === severity.value);
  if (known === undefined)
    throw atFile(file, severity.n, `\`severity\` is one of ${FINDING_SEVERITIES.join(', ')}`);
  const blocking = members.get('blocking') ?? { n: line, value: 'no' };
  if (!['yes', 'no'].includes(blocking.value))
    throw atFile(file, blocking.n, '`blocking` is `yes` or `no`');
  const description = rest
    .slice(at)
    .map(({ text }) => text)
    .join('\n')
    .trim();
  if (description === '') throw atFile(file, line, `the finding \`${title}\` says nothing`);
  const due = needed('due');
  return {
    title,
    severity: known,
    owner: needed('owner').value,
    due: dayAt(file, due.n, due.value),
    blocking: blocking.value === 'yes',
    description,
  };
}
