// SPDX-License-Identifier: Apache-2.0
import { PRODUCERS } from '../records/statement.ts';
import { EVIDENCE_IDS } from './evidence-ids.ts';
import { CHECK_IDS, GATE_IDS } from './gate-ids.ts';
import {
  type Applicability,
  CLAUSE_BASES,
  CLAUSE_LEVELS,
  type ClauseLevel,
  DUE_STAGES,
  type EvidenceDemand,
  type FrameworkPack,
  ORIGINS,
  type PackClause,
  type PackDocument,
  type PackSection,
  RISK_TIERS,
  type RiskTier,
} from './pack.ts';

/** A place in a parsed pack: keys and indexes from the root. */
export type PackPath = readonly (string | number)[];

/** One thing wrong with a pack, and where. */
export interface PackProblem {
  readonly path: PackPath;
  readonly message: string;
}

export type PackParse =
  | { readonly ok: true; readonly pack: FrameworkPack }
  | { readonly ok: false; readonly problems: readonly PackProblem[] };

/** `clauses[3].evidence[0].id`, as problems print it. */
export function formatPackPath(path: PackPath): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('');
  return text.startsWith('.') ? text.slice(1) : text || 'pack';
}

/**
 * Reads a pack from plain data, strictly: unknown keys, unknown evidence, gate or check ids,
 * repeated clause ids and malformed dates are problems, and all of them are reported.
 */
export function parsePack(value: unknown): PackParse {
  const problems: PackProblem[] = [];
  const report: Report = (path, message) => problems.push({ path, message });
  const pack = readPack(value, report);
  return problems.length > 0 || pack === undefined ? { ok: false, problems } : { ok: true, pack };
}

type Report = (path: PackPath, message: string) => void;
type Row = Readonly<Record<string, unknown>>;

// A refused value is replaced by a harmless one so that reading goes on and every problem is
// found in one pass; the result is discarded when any problem was reported.
function readPack(value: unknown, report: Report): FrameworkPack | undefined {
  const required = [
    'id',
    'version',
    'title',
    'authority',
    'force',
    'effectiveFrom',
    'effectiveTo',
    'supersedes',
    'appliesIf',
    'notes',
    'clauses',
    'documents',
    'retention',
  ];
  const row = readRow(value, { path: [], required, optional: [] }, report);
  if (row === undefined) return undefined;
  const id = readId(row.id, ['id'], report);
  const clauses = readList(row.clauses, ['clauses'], report, (item, path) =>
    readClause(item, { path, packId: id }, report),
  );
  const documents = readList(row.documents, ['documents'], report, readDocument);
  refuseRepeats(clauses, 'clauses', report);
  refuseRepeats(documents, 'documents', report);
  if (clauses.length === 0) report(['clauses'], 'a pack needs at least one clause');
  return {
    id,
    version: readMatch(row.version, ['version'], report, {
      pattern: /^\d+\.\d+\.\d+$/,
      form: 'a version such as 1.0.0, in quotes',
    }),
    title: readText(row.title, ['title'], report),
    authority: readText(row.authority, ['authority'], report),
    force: readText(row.force, ['force'], report),
    effectiveFrom: readDate(row.effectiveFrom, ['effectiveFrom'], report),
    effectiveTo:
      row.effectiveTo === null ? null : readDate(row.effectiveTo, ['effectiveTo'], report),
    supersedes: readTexts(row.supersedes, ['supersedes'], report),
    appliesIf: readPackScope(row.appliesIf, report),
    notes: readTexts(row.notes, ['notes'], report),
    clauses,
    documents,
    retention: readTexts(row.retention, ['retention'], report),
  };
}

function readPackScope(value: unknown, report: Report): FrameworkPack['appliesIf'] {
  const keys = ['jurisdiction', 'sector', 'excludes'];
  const row = readRow(value, { path: ['appliesIf'], required: [], optional: keys }, report) ?? {};
  const texts = (key: string) => readTexts(row[key], ['appliesIf', key], report);
  return {
    ...('jurisdiction' in row && { jurisdiction: texts('jurisdiction') }),
    ...('sector' in row && { sector: texts('sector') }),
    ...('excludes' in row && { excludes: texts('excludes') }),
  };
}

function readClause(
  value: unknown,
  at: { readonly path: PackPath; readonly packId: string },
  report: Report,
): PackClause {
  const { path, packId } = at;
  const required = [
    'id',
    'ref',
    'basis',
    'requirement',
    'evidence',
    'producers',
    'enforcedBy',
    'level',
  ];
  const optional = ['appliesIf', 'effectiveFrom'];
  const row = readRow(value, { path, required, optional }, report) ?? {};
  const id = readText(row.id, [...path, 'id'], report);
  if (id !== '' && !id.startsWith(`${packId}/`)) {
    report([...path, 'id'], `clause id \`${id}\` must start with \`${packId}/\``);
  }
  const evidence = readList(row.evidence, [...path, 'evidence'], report, readDemand);
  const producers = readList(row.producers, [...path, 'producers'], report, oneOf(PRODUCERS));
  const enforcers = [...GATE_IDS, ...CHECK_IDS] as const;
  const enforcedBy = readList(row.enforcedBy, [...path, 'enforcedBy'], report, oneOf(enforcers));
  for (const [key, list] of Object.entries({ evidence, producers, enforcedBy })) {
    if (list.length === 0 && Array.isArray(row[key])) report([...path, key], 'must not be empty');
  }
  return {
    id,
    ref: readText(row.ref, [...path, 'ref'], report),
    basis: oneOf(CLAUSE_BASES)(row.basis, [...path, 'basis'], report),
    requirement: readText(row.requirement, [...path, 'requirement'], report),
    evidence,
    producers,
    enforcedBy,
    level: readLevel(row.level, [...path, 'level'], report),
    ...('appliesIf' in row && {
      appliesIf: readApplicability(row.appliesIf, [...path, 'appliesIf'], report),
    }),
    ...('effectiveFrom' in row && {
      effectiveFrom: readDate(row.effectiveFrom, [...path, 'effectiveFrom'], report),
    }),
  };
}

function readDemand(value: unknown, path: PackPath, report: Report): EvidenceDemand {
  const optional = ['kind', 'due', 'appliesIf'];
  const row = readRow(value, { path, required: ['id'], optional }, report) ?? {};
  return {
    id: oneOf(EVIDENCE_IDS)(row.id, [...path, 'id'], report),
    ...('kind' in row && { kind: readText(row.kind, [...path, 'kind'], report) }),
    ...('due' in row && { due: oneOf(DUE_STAGES)(row.due, [...path, 'due'], report) }),
    ...('appliesIf' in row && {
      appliesIf: readApplicability(row.appliesIf, [...path, 'appliesIf'], report),
    }),
  };
}

function readLevel(value: unknown, path: PackPath, report: Report): PackClause['level'] {
  const row = readRow(value, { path, required: [], optional: RISK_TIERS }, report) ?? {};
  const level: Partial<Record<RiskTier, ClauseLevel>> = {};
  for (const tier of RISK_TIERS) {
    if (tier in row) level[tier] = oneOf(CLAUSE_LEVELS)(row[tier], [...path, tier], report);
  }
  return level;
}

function readApplicability(value: unknown, path: PackPath, report: Report): Applicability {
  const row = readRow(value, { path, required: [], optional: ['origin'] }, report) ?? {};
  if (!('origin' in row)) return {};
  return { origin: readList(row.origin, [...path, 'origin'], report, oneOf(ORIGINS)) };
}

function readDocument(value: unknown, path: PackPath, report: Report): PackDocument {
  const required = ['id', 'title', 'audience', 'due', 'sections'];
  const row = readRow(value, { path, required, optional: [] }, report) ?? {};
  const sections = readList(row.sections, [...path, 'sections'], report, readSection);
  sections.forEach((section, index) => {
    if (section.number === index + 1) return;
    report([...path, 'sections', index, 'number'], `sections count from 1; expected ${index + 1}`);
  });
  const labels = sections.map((section) => section.label ?? String(section.number));
  labels.forEach((label, index) => {
    if (labels.indexOf(label) === index) return;
    report([...path, 'sections', index, 'label'], `\`${label}\` is another section's`);
  });
  return {
    id: readMatch(row.id, [...path, 'id'], report, {
      pattern: /^doc\/[a-z0-9-]+$/,
      form: 'a document id such as doc/model-development',
    }),
    title: readText(row.title, [...path, 'title'], report),
    audience: readText(row.audience, [...path, 'audience'], report),
    due: oneOf(GATE_IDS)(row.due, [...path, 'due'], report),
    sections,
  };
}

function readSection(value: unknown, path: PackPath, report: Report): PackSection {
  const required = ['number', 'title', 'evidence'];
  const row = readRow(value, { path, required, optional: ['label', 'appliesIf'] }, report) ?? {};
  const number =
    typeof row.number === 'number' && Number.isSafeInteger(row.number) ? row.number : 0;
  if (number < 1 && 'number' in row) report([...path, 'number'], 'must be a whole number from 1');
  return {
    number,
    ...('label' in row && {
      label: readMatch(row.label, [...path, 'label'], report, {
        pattern: /^(\d{1,2}[a-z]?|[a-z]|\d{1,2}(\.\d{1,2}){1,2})$/,
        form: 'a label such as 2a, b or 3.1, in quotes where it is a number',
      }),
    }),
    title: readText(row.title, [...path, 'title'], report),
    evidence: readList(row.evidence, [...path, 'evidence'], report, oneOf(EVIDENCE_IDS)),
    ...('appliesIf' in row && {
      appliesIf: readApplicability(row.appliesIf, [...path, 'appliesIf'], report),
    }),
  };
}

function readRow(
  value: unknown,
  at: {
    readonly path: PackPath;
    readonly required: readonly string[];
    readonly optional: readonly string[];
  },
  report: Report,
): Row | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    report(at.path, 'must be a mapping');
    return undefined;
  }
  const known = [...at.required, ...at.optional];
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    report([...at.path, key], `unknown key \`${key}\`; the keys here are ${known.join(', ')}`);
  }
  for (const key of at.required) {
    if (!Object.hasOwn(value, key)) report(at.path, `key \`${key}\` is missing`);
  }
  return Object.fromEntries(Object.entries(value));
}

function readList<T>(
  value: unknown,
  path: PackPath,
  report: Report,
  read: (item: unknown, path: PackPath, report: Report) => T,
): readonly T[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    report(path, 'must be a list');
    return [];
  }
  return value.map((item: unknown, index) => read(item, [...path, index], report));
}

// A key that is missing altogether is reported once, by the mapping that lacks it.
function readText(value: unknown, path: PackPath, report: Report): string {
  if (value === undefined) return '';
  if (typeof value === 'string' && value.trim() !== '') return value;
  report(path, 'must be a text that is not empty');
  return '';
}

function readTexts(value: unknown, path: PackPath, report: Report): readonly string[] {
  return readList(value, path, report, readText);
}

function readMatch(
  value: unknown,
  path: PackPath,
  report: Report,
  expected: { readonly pattern: RegExp; readonly form: string },
): string {
  const text = readText(value, path, report);
  if (text !== '' && !expected.pattern.test(text)) {
    report(path, `\`${text}\` must be ${expected.form}`);
  }
  return text;
}

function readId(value: unknown, path: PackPath, report: Report): string {
  return readMatch(value, path, report, {
    pattern: /^[a-z0-9]+(-[a-z0-9]+)*$/,
    form: 'lower-case words joined by hyphens',
  });
}

function readDate(value: unknown, path: PackPath, report: Report): string {
  const text = readText(value, path, report);
  const time = Date.parse(`${text}T00:00:00.000Z`);
  const real = !Number.isNaN(time) && new Date(time).toISOString().slice(0, 10) === text;
  if (text !== '' && !real) report(path, `\`${text}\` must be a calendar date, YYYY-MM-DD`);
  return text;
}

function oneOf<const T extends readonly [string, ...string[]]>(
  allowed: T,
): (value: unknown, path: PackPath, report: Report) => T[number] {
  return (value, path, report) => {
    const found = allowed.find((item) => item === value);
    if (found !== undefined) return found;
    const shown = typeof value === 'string' ? value : JSON.stringify(value);
    if (value !== undefined) {
      report(path, `\`${shown}\` is not known here; use one of ${offered(shown, allowed)}`);
    }
    return allowed[0];
  };
}

const OFFERED_MAX = 21;

/** All of a short list; of a long one those that share most pairs of letters with what was written. */
function offered(written: string, allowed: readonly string[]): string {
  if (allowed.length <= OFFERED_MAX) return allowed.join(', ');
  const likeness = new Map(allowed.map((one) => [one, sharedPairs(written, one)]));
  const near = [...allowed].sort((a, b) => (likeness.get(b) ?? 0) - (likeness.get(a) ?? 0));
  return `${allowed.length} ids, the nearest being ${near.slice(0, 3).join(', ')}`;
}

/** Dice's coefficient over pairs of letters (Dice, Ecology 26, 1945): 0 nothing in common, 1 the same pairs. */
function sharedPairs(a: string, b: string): number {
  const pairs = (text: string) =>
    new Set(
      Array.from({ length: Math.max(0, text.length - 1) }, (_, at) => text.slice(at, at + 2)),
    );
  const [own, other] = [pairs(a), pairs(b)];
  const shared = [...own].filter((pair) => other.has(pair)).length;
  return (2 * shared) / Math.max(1, own.size + other.size);
}

function refuseRepeats(
  items: readonly { readonly id: string }[],
  key: string,
  report: Report,
): void {
  const seen = new Set<string>();
  items.forEach((item, index) => {
    if (seen.has(item.id)) report([key, index, 'id'], `\`${item.id}\` is used twice`);
    seen.add(item.id);
  });
}
