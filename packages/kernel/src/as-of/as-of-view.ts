// SPDX-License-Identifier: Apache-2.0
import type { Transition } from '../gates/policy.ts';
import { type CountedRecord, type RecordSet, recordsOfType } from '../records/record-set.ts';
import type { JsonObject } from '../records/shape.ts';
import { type Warrant, type WarrantRecord, wellFormedWarrant } from '../warrants/warrant.ts';
import { setsByModel } from './model-records.ts';
import {
  type AsOf,
  effectOf,
  indexAt,
  isEnding,
  reachesBack,
  recordsAsOf,
} from './records-as-of.ts';
import { type VersionStage, versionStage } from './version-stage.ts';
import { chainLink, contentText, type WarrantChain, warrantChain } from './warrant-chain.ts';
import { type GateMemo, warrantStanding } from './warrant-standing.ts';

export interface AsOfQuestion extends AsOf {
  readonly workspace: string;
  readonly model?: string | undefined;
  /** What `setsByModel` gives of the set and the workspace, from whoever keeps it. */
  readonly sets?: ReadonlyMap<string, RecordSet> | undefined;
}

/** A record that was logged after the date and says something about it. */
export interface Correction {
  readonly digest: string;
  readonly type: string;
  readonly kind?: string;
  readonly by: readonly string[];
  readonly loggedAt: string;
  readonly effectiveAt: string;
  readonly supersedes?: string;
  /** Of an ending: its words. */
  readonly reason?: string;
}

export interface AsOfWarrant {
  readonly digest: string;
  readonly model: string;
  readonly use: string;
  readonly version: number;
  readonly environment: Transition;
  readonly warrant: Warrant['warrant'];
  readonly artifactDigest: string;
  readonly demonstration: boolean;
  readonly notBefore: string;
  readonly expires: string;
  readonly loggedAt: string;
  readonly limits: JsonObject;
  /**
   * Whether it was in effect at the date as known at `known`. Gateways let it answer at the date in either case; false
   * where a later record ended it with effect from before.
   */
  readonly inEffect: boolean;
  /** What was logged after the date about this warrant or its chain, of what is known. */
  readonly corrections: readonly Correction[];
  readonly chain: WarrantChain;
}

export interface AsOfStage {
  readonly model: string;
  readonly use: string;
  readonly version: number;
  readonly stage: VersionStage;
}

export interface AsOfView {
  readonly date: string;
  readonly known: number;
  /** Every warrant that a gateway would have answered under at the date. */
  readonly warrants: readonly AsOfWarrant[];
  /** Every version registered by then, for each use that it was built or proposed for. */
  readonly stages: readonly AsOfStage[];
}

/**
 * What was in which stage at a time, allowed by whom and on what validation. Pure: the log up to `known` and the date
 * give the answer, whenever and by whomever it is asked.
 * @param gates verdicts of earlier questions about the same log: a warrant's gates need judging once
 */
export function asOfView(
  set: RecordSet,
  question: AsOfQuestion,
  gates: GateMemo = new Map(),
): AsOfView {
  const { workspace, model, date, known } = question;
  const parts = [...(question.sets ?? setsByModel(set, workspace))].filter(
    ([name]) => model === undefined || name === model,
  );
  // The firm's records alone may be the last that were logged by a date: positions are those of the whole log.
  const then = Math.min(known, indexAt(set, date));
  const warrants: AsOfWarrant[] = [];
  const stages: AsOfStage[] = [];
  for (const [, own] of parts) {
    const told = recordsAsOf(own, { date, known });
    const replay = recordsAsOf(own, { date, known: then });
    const isCorrected = told.records.length !== replay.records.length;
    const telling = { told, known: recordsUpTo(own, known), date, isCorrected, gates };
    warrants.push(...heldWarrants(replay, telling));
    stages.push(...stagesOf(told, workspace, { now: date, gates }));
  }
  return { date, known, warrants, stages };
}

function recordsUpTo(set: RecordSet, known: number): readonly CountedRecord[] {
  return set.records.filter(({ index }) => index <= known);
}

interface Telling {
  readonly told: RecordSet;
  readonly known: readonly CountedRecord[];
  readonly date: string;
  /** Whether anything was logged after the date about a time up to it. */
  readonly isCorrected: boolean;
  readonly gates: GateMemo;
}

function heldWarrants(replay: RecordSet, telling: Telling): readonly AsOfWarrant[] {
  return recordsOfType(replay, 'deployment-record').flatMap((record) => {
    const found = wellFormedWarrant(record);
    if (found === undefined || !holds(replay, found, telling)) return [];
    return [describe(replay, found, telling)];
  });
}

function holds(set: RecordSet, found: WarrantRecord, { date, gates }: Telling): boolean {
  const { expires, notBefore } = found.warrant;
  // Most warrants of a long log have expired: their gates need not be judged for that.
  if (date >= expires || date < notBefore) return false;
  return warrantStanding(set, found, { now: date, gates }) === 'live';
}

function describe(replay: RecordSet, found: WarrantRecord, telling: Telling): AsOfWarrant {
  const { record, warrant, subject } = found;
  const chain = warrantChain(replay, found);
  const { model = '', use = '', version = 0 } = subject;
  const { environment, artifactDigest, demonstration, notBefore, expires, limits } = warrant;
  return {
    digest: record.digest,
    model,
    use,
    version,
    environment,
    warrant: warrant.warrant,
    artifactDigest,
    demonstration,
    notBefore,
    expires,
    loggedAt: record.loggedAt,
    limits,
    // Gates look only at what was logged before the warrant: without a correction the answer is the one given above.
    inEffect: telling.isCorrected ? holds(telling.told, found, telling) : true,
    corrections: correctionsOf(record.digest, chain, telling),
    chain,
  };
}

/** Later records that end the warrant from before the date, or replace an account in its chain. */
function correctionsOf(
  warrant: string,
  chain: WarrantChain,
  { known, date }: Telling,
): readonly Correction[] {
  const chained = chainDigests(chain);
  return known
    .filter((record) => {
      const { supersedes, content } = record.statement.predicate;
      if (record.loggedAt <= date) return false;
      if (isEnding(record)) return content.warrant === warrant && effectOf(record) <= date;
      // A newer policy or exception says nothing of the time before it.
      return supersedes !== undefined && chained.has(supersedes) && reachesBack(record);
    })
    .map((record) => {
      const { supersedes } = record.statement.predicate;
      const reason = contentText(record, 'reason');
      return {
        ...chainLink(record),
        effectiveAt: effectOf(record),
        ...(supersedes === undefined ? {} : { supersedes }),
        ...(isEnding(record) && reason !== '' ? { reason } : {}),
      };
    });
}

function chainDigests(chain: WarrantChain): ReadonlySet<string> {
  const { changeRequest, policy, artifact, spec, run, commit, environment } = chain;
  const single = [changeRequest, policy, artifact, spec, run, commit, environment];
  const listed = [...chain.approvals, ...chain.validation, ...chain.datasets];
  return new Set([
    ...single.flatMap((link) => (link === undefined ? [] : [link.digest])),
    ...listed.map(({ digest }) => digest),
    ...chain.evidence,
    ...chain.exceptions,
    ...chain.packs,
  ]);
}

function stagesOf(
  told: RecordSet,
  workspace: string,
  at: { readonly now: string; readonly gates: GateMemo },
): readonly AsOfStage[] {
  const refs = new Map<string, { model: string; use: string; version: number }>();
  for (const { statement } of told.records) {
    const { type, subjectRef } = statement.predicate;
    const { model, use, version } = subjectRef;
    if (type !== 'model-artifact' && type !== 'change-record') continue;
    if (subjectRef.workspace !== workspace) continue;
    if (model === undefined || use === undefined || version === undefined) continue;
    refs.set(`${use}@${version}`, { model, use, version });
  }
  return [...refs.values()]
    .sort((a, b) => a.version - b.version || (a.use < b.use ? -1 : 1))
    .flatMap((ref) => {
      const stage = versionStage(told, { workspace, ...ref }, at);
      return stage === undefined ? [] : [{ ...ref, stage }];
    });
}
