// SPDX-License-Identifier: Apache-2.0
import type { VersionReply } from '@countersign/contract';
import { typeWords } from '../../shell/type-words.ts';

/** One box of the picture: a record, or several of one type. */
export interface LineageNode {
  readonly id: string;
  /** What it is, in the words of the glossary. */
  readonly kind: string;
  readonly label: string;
  /** The records that it stands for. */
  readonly records: readonly string[];
  /** The record that the box opens; several are listed further down the page. */
  readonly record?: string;
  readonly changeRequest?: string;
}

/** Boxes that are made at one stage of a version's life; earlier ones first. */
export interface LineageRank {
  readonly title: string;
  readonly nodes: readonly LineageNode[];
}

export interface LineagePicture {
  readonly ranks: readonly LineageRank[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
}

type Summary = VersionReply['evidence'][number];
type Item = VersionReply['artifact'];

/** More boxes of one kind are drawn as one: a picture of forty boxes is none. */
const ALONE_MAX = 3;

/** Which records a record names, as the proofs show it. */
export type Names = Readonly<Record<string, readonly string[]>>;

/**
 * What a version was made from, what was tested of it and who let it run: the picture as data. What a change request,
 * an approval and a warrant rest on is drawn from `names`; without it those boxes stand unconnected.
 */
export function lineagePicture(version: VersionReply, names: Names = {}): LineagePicture {
  const sources = sourcesOf(version);
  const run = version.run === undefined ? [] : [runNode(version.run)];
  const artifact = [artifactNode(version)];
  const tests = testNodes(version.evidence);
  const changes = changeNodes(version);
  const approvals = grouped(version.approvals, 'approval', nameOfApproval);
  const warrants = grouped(version.warrants, 'warrant', shortDigest);
  const endings = grouped(version.endings, 'ending', ({ kind }) => kind ?? 'ended');
  const ranks = [
    { title: 'Made from', nodes: sources },
    { title: 'Run', nodes: run },
    { title: 'Artefact', nodes: artifact },
    { title: 'Tests and validation', nodes: tests },
    { title: 'Change requests', nodes: changes },
    { title: 'Approvals', nodes: approvals },
    { title: 'Warrants', nodes: warrants },
    { title: 'Endings', nodes: endings },
  ].filter(({ nodes }) => nodes.length > 0);
  const edges = [
    // A version has one run and one artefact, and its sources and tests are of it alone.
    ...allToAll(sources, run.length > 0 ? run : artifact),
    ...allToAll(run, artifact),
    ...allToAll(artifact, tests),
    ...named(tests, changes, names),
    ...named(changes, approvals, names),
    ...warrants.flatMap((to) => {
      const through = named(approvals, [to], names);
      return through.length > 0 ? through : named(changes, [to], names);
    }),
    ...named(warrants, endings, names),
  ];
  return { ranks, edges };
}

type Nodes = readonly LineageNode[];

function allToAll(from: Nodes, to: Nodes): LineagePicture['edges'] {
  return from.flatMap((one) => to.map((other) => ({ from: one.id, to: other.id })));
}

function named(from: Nodes, to: Nodes, names: Names): LineagePicture['edges'] {
  return allToAll(from, to).filter((edge) => {
    const source = from.find(({ id }) => id === edge.from)?.records ?? [];
    const target = to.find(({ id }) => id === edge.to)?.records ?? [];
    return target.some((digest) => names[digest]?.some((one) => source.includes(one)));
  });
}

function sourcesOf({ commit, environment, snapshots }: VersionReply): readonly LineageNode[] {
  return [
    ...(commit === undefined ? [] : [itemNode(commit, 'commit', text(commit, 'commit', 10))]),
    ...(environment === undefined
      ? []
      : [itemNode(environment, 'environment', packagesOf(environment))]),
    ...(snapshots.length > ALONE_MAX
      ? [groupNode('dataset snapshot', snapshots)]
      : snapshots.map((one) =>
          itemNode(one, 'dataset snapshot', `${text(one, 'dataset')} ${text(one, 'split')}`.trim()),
        )),
  ];
}

function runNode(run: Item): LineageNode {
  return itemNode(run, 'run', text(run, 'run', 14));
}

function artifactNode({ artifact, artifactDigest }: VersionReply): LineageNode {
  return itemNode(artifact, 'artefact', artifactDigest.slice(0, 12));
}

const VALIDATION = 'validation-report';

function testNodes(evidence: readonly Summary[]): readonly LineageNode[] {
  const tests = evidence.filter(
    ({ type, inForce }) => inForce && (type.endsWith('-test') || type === VALIDATION),
  );
  const types = [...new Set(tests.map(({ type }) => type))];
  return types.flatMap((type) => {
    const ofType = tests.filter((one) => one.type === type);
    const kind = type === VALIDATION ? 'validation' : 'test';
    const [first] = ofType;
    const records = ofType.map(({ digest }) => digest);
    return ofType.length === 1 && first !== undefined
      ? [{ id: first.digest, kind, label: typeWords(type), records, record: first.digest }]
      : [{ id: type, kind, label: `${ofType.length} × ${typeWords(type)}`, records }];
  });
}

function changeNodes({ changeRequests }: VersionReply): readonly LineageNode[] {
  return grouped(changeRequests, 'change request', shortDigest).map((one) =>
    one.record === undefined ? one : { ...one, changeRequest: one.record },
  );
}

function shortDigest({ digest }: { readonly digest: string }): string {
  return digest.slice(0, 12);
}

function grouped<One extends { readonly digest: string }>(
  records: readonly One[],
  kind: string,
  label: (record: One) => string,
): readonly LineageNode[] {
  if (records.length > ALONE_MAX) return [groupNode(kind, records)];
  return records.map((one) => ({
    id: one.digest,
    kind,
    label: label(one),
    records: [one.digest],
    record: one.digest,
  }));
}

function groupNode(kind: string, records: readonly { readonly digest: string }[]): LineageNode {
  const label = `${records.length} ${kind}s`;
  return { id: kind, kind, label, records: records.map(({ digest }) => digest) };
}

function itemNode(item: Item, kind: string, label: string): LineageNode {
  return {
    id: item.digest,
    kind,
    label: label || item.digest.slice(0, 12),
    records: [item.digest],
    record: item.digest,
  };
}

function nameOfApproval({ actor }: { readonly actor: string }): string {
  return `by ${actor}`;
}

/** A member of a record's content that is text; its shape was checked when it was recorded. */
function text({ content }: Item, name: string, max = 40): string {
  const value =
    typeof content === 'object' && content !== null && !Array.isArray(content)
      ? (content as { readonly [name: string]: unknown })[name]
      : undefined;
  return typeof value === 'string' ? value.slice(0, max) : '';
}

function packagesOf({ content }: Item): string {
  if (typeof content !== 'object' || content === null) return '';
  if ('kind' in content && content.kind === 'image') return 'a container image, archived';
  if ('kind' in content && content.kind === 'host') return 'programs of the machine';
  const packages = 'packages' in content ? content.packages : undefined;
  return Array.isArray(packages) ? `${packages.length} packages, locked` : '';
}
