// SPDX-License-Identifier: Apache-2.0
import {
  dueOf,
  type EvidenceDemand,
  type FrameworkPack,
  levelOf,
  ORIGINS,
  type PackClause,
  type PackDocument,
  type PackSection,
  RISK_TIERS,
} from './pack.ts';

/** What a version of a pack changes of one clause or document outline, in sentences. */
export interface PackChange {
  /** Id of the clause or document. */
  readonly of: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly lines: readonly string[];
}

/**
 * What another version of a pack changes, clause by clause and document by document, in the newer one's order and then
 * what it dropped. A clause that only moved is not a change. Without an earlier version everything is added.
 */
export function packChanges(
  before: FrameworkPack | undefined,
  after: FrameworkPack,
): readonly PackChange[] {
  return [
    ...changesIn(before?.clauses ?? [], after.clauses, clauseLines),
    ...changesIn(before?.documents ?? [], after.documents, documentLines),
  ];
}

/** A demand as people read it: `robustness-test (sensitivity)`. */
export function demandName({ id, kind }: Pick<EvidenceDemand, 'id' | 'kind'>): string {
  return kind === undefined ? id : `${id} (${kind})`;
}

function changesIn<T extends { readonly id: string }>(
  before: readonly T[],
  after: readonly T[],
  linesOf: (old: T | undefined, now: T) => readonly string[],
): readonly PackChange[] {
  const was = new Map(before.map((one) => [one.id, one]));
  const is = new Set(after.map(({ id }) => id));
  const kept = after.flatMap((one): readonly PackChange[] => {
    const old = was.get(one.id);
    const lines = linesOf(old, one);
    if (old === undefined) return [{ of: one.id, change: 'added', lines }];
    return lines.length === 0 ? [] : [{ of: one.id, change: 'changed', lines }];
  });
  const gone = before.filter(({ id }) => !is.has(id));
  return [...kept, ...gone.map(({ id }): PackChange => ({ of: id, change: 'removed', lines: [] }))];
}

function clauseLines(old: PackClause | undefined, now: PackClause): readonly string[] {
  const asks = now.evidence.map((item) => `asks ${demandName(item)}, due ${dueOf(now, item)}`);
  const levels = levelText(now);
  if (old === undefined) return [...asks, `level ${levels}`];
  return [
    ...demandLines(old, now),
    ...differing('level', levelText(old), levels),
    ...differing('applies to', originsOf(old), originsOf(now)),
    ...differing(
      'in force from',
      old.effectiveFrom ?? 'as the pack',
      now.effectiveFrom ?? 'as the pack',
    ),
    ...differing('basis', old.basis, now.basis),
    ...differing('ref', old.ref, now.ref),
    ...differing('producers', old.producers.join(', '), now.producers.join(', ')),
    ...differing('enforced by', old.enforcedBy.join(', '), now.enforcedBy.join(', ')),
    ...(old.requirement === now.requirement ? [] : [`requirement: ${now.requirement}`]),
  ];
}

function demandLines(old: PackClause, now: PackClause): readonly string[] {
  const was = new Map(old.evidence.map((item) => [demandName(item), item]));
  const is = new Set(now.evidence.map(demandName));
  const kept = now.evidence.flatMap((item) => {
    const name = demandName(item);
    const due = dueOf(now, item);
    const before = was.get(name);
    if (before === undefined) return [`newly asks ${name}, due ${due}`];
    return [
      ...differing(`${name} due`, dueOf(old, before), due),
      ...differing(`${name} of`, originsOf(before), originsOf(item)),
    ];
  });
  const gone = [...was.keys()].filter((name) => !is.has(name));
  return [...kept, ...gone.map((name) => `no longer asks ${name}`)];
}

function documentLines(old: PackDocument | undefined, now: PackDocument): readonly string[] {
  if (old === undefined) return [`${now.title}, ${now.sections.length} sections`];
  const labelled = ({ sections }: PackDocument) =>
    new Map(sections.map((one) => [one.label ?? String(one.number), one]));
  const [was, is] = [labelled(old), labelled(now)];
  const other = [...is].filter(([label, one]) => !isSame(was.get(label), one));
  const gone = [...was.keys()].filter((label) => !is.has(label));
  return [
    ...differing('title', old.title, now.title),
    ...differing('audience', old.audience, now.audience),
    ...differing('due', old.due, now.due),
    ...other.map(([label, one]) => `section ${label}: ${one.title} (${one.evidence.join(', ')})`),
    ...gone.map((label) => `no longer section ${label}`),
  ];
}

function isSame(old: PackSection | undefined, now: PackSection): boolean {
  return (
    old?.title === now.title &&
    old.evidence.join() === now.evidence.join() &&
    originsOf(old) === originsOf(now)
  );
}

function differing(what: string, old: string, now: string): readonly string[] {
  return old === now ? [] : [`${what}: ${now}, was ${old}`];
}

function levelText(clause: PackClause): string {
  return RISK_TIERS.map((tier) => `${tier} ${levelOf(clause, tier)}`).join(', ');
}

function originsOf({ appliesIf }: Pick<PackClause, 'appliesIf'>): string {
  const origins = appliesIf?.origin ?? ORIGINS;
  return origins.length === ORIGINS.length ? 'every version' : origins.join(', ');
}
