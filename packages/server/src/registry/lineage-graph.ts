// SPDX-License-Identifier: Apache-2.0
import type { CountedRecord, RecordSet } from '@countersign/kernel';
import { namedDigests, type RecordSummary, summaryOf } from './lineage.ts';

export interface LineageNode extends RecordSummary {
  readonly model?: string;
  readonly use?: string;
  readonly version?: number;
  /** Steps from the record asked about: negative for what it rests on, positive for what rests on it. */
  readonly depth: number;
}

export interface LineageEdge {
  /** The record that names the other. */
  readonly from: string;
  readonly to: string;
  readonly how: 'source' | 'supersedes' | 'content';
}

export interface LineageGraph {
  readonly nodes: readonly LineageNode[];
  readonly edges: readonly LineageEdge[];
  /** Whether a limit left records out. */
  readonly truncated: boolean;
}

export interface GraphLimits {
  readonly up: number;
  readonly down: number;
  readonly nodes: number;
}

/** Both directions of one record, so many steps far, the nearest first; every edge between the records that are shown. */
export function lineageGraph(set: RecordSet, digest: string, limits: GraphLimits): LineageGraph {
  const named = namesIn(set);
  const naming = reversed(named);
  const depths = new Map([[digest, 0]]);
  const cut = [
    walk(named, { digest, steps: limits.up, sign: -1, nodes: limits.nodes, depths }),
    walk(naming, { digest, steps: limits.down, sign: 1, nodes: limits.nodes, depths }),
  ];
  const shown = set.records.filter((record) => depths.has(record.digest));
  return {
    nodes: shown.map((record) => nodeOf(record, depths.get(record.digest) ?? 0)),
    edges: shown.flatMap((record) =>
      [...(named.get(record.digest) ?? [])]
        .filter((to) => depths.has(to))
        .map((to) => ({ from: record.digest, to, how: howNamed(record, to) })),
    ),
    truncated: cut.includes(true),
  };
}

type Links = ReadonlyMap<string, readonly string[]>;

/** The founding record is named by every record: as a link it says nothing. */
function namesIn(set: RecordSet): Links {
  return new Map(
    set.records.map((record) => [
      record.digest,
      [...namedDigests(record)].filter(
        (one) => one !== record.digest && one !== set.root && set.byDigest.has(one),
      ),
    ]),
  );
}

function reversed(links: Links): Links {
  const naming = new Map<string, string[]>();
  for (const [from, named] of links) {
    for (const to of named) {
      const list = naming.get(to);
      if (list === undefined) naming.set(to, [from]);
      else list.push(from);
    }
  }
  return naming;
}

/** Breadth first, so that a limit cuts what is farthest; true when it cut something. */
function walk(
  links: Links,
  at: {
    readonly digest: string;
    readonly steps: number;
    readonly sign: 1 | -1;
    readonly nodes: number;
    readonly depths: Map<string, number>;
  },
): boolean {
  let front: readonly string[] = [at.digest];
  for (let step = 1; front.length > 0; step += 1) {
    const next = front.flatMap((one) => links.get(one) ?? []).filter((one) => !at.depths.has(one));
    if (next.length > 0 && step > at.steps) return true;
    for (const one of next) {
      if (at.depths.has(one)) continue;
      if (at.depths.size >= at.nodes) return true;
      at.depths.set(one, at.sign * step);
    }
    front = [...new Set(next)];
  }
  return false;
}

function howNamed(record: CountedRecord, to: string): LineageEdge['how'] {
  const { source, supersedes } = record.statement.predicate;
  if (supersedes === to) return 'supersedes';
  return source.includes(to) ? 'source' : 'content';
}

function nodeOf(record: CountedRecord, depth: number): LineageNode {
  const { model, use, version } = record.statement.predicate.subjectRef;
  return {
    ...summaryOf(record),
    ...(model === undefined ? {} : { model }),
    ...(use === undefined ? {} : { use }),
    ...(version === undefined ? {} : { version }),
    depth,
  };
}
