// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CountedRecord,
  canonicalJson,
  type GateVerdict,
  type Json,
  judgeChangeRequest,
  type RecordSet,
  readWarrant,
  type VersionContext,
  verifyWarrant,
  versionContext,
  type Warrant,
} from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';
import { recordByPlatform } from '../records/index.ts';
import { findChangeRequest, warrantOf } from './change-requests.ts';
import { apartFromSodCheck, recordedSeparation, separationOf } from './separation-record.ts';
import { turns } from './take-turns.ts';
import { warrantTerms } from './warrant-terms.ts';

export type Promotion =
  | {
      readonly ok: true;
      readonly digest: string;
      readonly warrant: Warrant;
      /** False when an earlier call had minted it already. */
      readonly minted: boolean;
    }
  | { readonly ok: false; readonly missing: readonly string[]; readonly verdict: GateVerdict };

/** Any fixed number: the first half of the key of advisory locks on change requests. */
const PROMOTION_LOCK = 7_301_012;
const CHECKPOINT_POLL_MS = 50;
const CHECKPOINT_TIMEOUT_MS = 30_000;

/**
 * Mints the warrant of a change request when its gates allow it, and returns once a published checkpoint covers it; else
 * says what is missing. Two calls at once mint one warrant: the second finds the first one's.
 * @param actor account that asked; the warrant is signed by the platform
 * @throws ServerError `change_request_unknown`, `checkpoint_timeout`, `promotion_unverified`
 */
export async function promote(
  context: ServerContext,
  digest: string,
  actor: string,
): Promise<Promotion> {
  return inTurn(digest, async () => {
    // A lock of the session, not of a transaction: the records must be committed to be sequenced while it is held.
    const lock = await context.database.connect();
    try {
      await lock.query('SELECT pg_advisory_lock($1, hashtext($2))', [PROMOTION_LOCK, digest]);
      return await promoteAlone(context, digest, actor);
    } finally {
      await lock.end();
    }
  });
}

/** Each holds a connection of its own, of which the database has few: who asks a hundred times takes no more. */
const PROMOTIONS_AT_ONCE = 4;
/** Of this process; between processes the lock in the database decides. */
const inTurn = turns(PROMOTIONS_AT_ONCE);

async function promoteAlone(
  context: ServerContext,
  digest: string,
  actor: string,
): Promise<Promotion> {
  const set = await context.records.current();
  const record = findChangeRequest(set, digest);
  const earlier = warrantOf(set, digest);
  if (earlier !== undefined) {
    await untilCheckpointed(context, earlier.digest);
    const warrant = readWarrant(earlier.statement.predicate.content);
    return { ok: true, digest: earlier.digest, warrant, minted: false };
  }
  const version = contextOf(set, record);
  const first = judge(set, digest, context.now());
  const foreseen = apartFromSodCheck(first);
  if (!foreseen.allowed || version === undefined) {
    return { ok: false, missing: foreseen.missing, verdict: foreseen };
  }
  const separated = await recordSeparation(context, set, { version, verdict: first });
  const verdict = judge(separated, digest, context.now());
  // Something may have come into the log between the two judgements; the second one counts.
  if (!verdict.allowed) return { ok: false, missing: verdict.missing, verdict };
  return mint(context, separated, { record, version, verdict, actor });
}

function judge(set: RecordSet, digest: string, now: string): GateVerdict {
  return judgeChangeRequest(set, digest, { phase: 'promote', now });
}

function contextOf(set: RecordSet, record: CountedRecord): VersionContext | undefined {
  const { workspace, model, use, version } = record.statement.predicate.subjectRef;
  if (model === undefined || use === undefined || version === undefined) return undefined;
  const found = versionContext(set, { workspace, model, use, version });
  return found.ok ? found.context : undefined;
}

/** Records the separation of duties as it stands, unless the newest record says the same; the set that holds it. */
async function recordSeparation(
  context: ServerContext,
  set: RecordSet,
  at: { readonly version: VersionContext; readonly verdict: GateVerdict },
): Promise<RecordSet> {
  const content = separationOf(set, at.version, at.verdict);
  const earlier = recordedSeparation(set, content.changeRequest);
  const same =
    earlier !== undefined &&
    canonicalJson(earlier.statement.predicate.content) ===
      canonicalJson(content as unknown as Json); // interfaces of readonly members are JSON
  if (same) return set;
  const recorded = await context.database.db.transaction().execute((tx) =>
    recordByPlatform(context, tx, {
      type: 'sod-check',
      scope: 'version',
      subjectRef: subjectOfVersion(at.version),
      producer: 'registry',
      source: [content.changeRequest],
      ...(earlier === undefined ? {} : { supersedes: earlier.digest }),
      content,
    }),
  );
  return context.records.including([recorded.digest]);
}

async function mint(
  context: ServerContext,
  set: RecordSet,
  at: {
    readonly record: CountedRecord;
    readonly version: VersionContext;
    readonly verdict: GateVerdict;
    readonly actor: string;
  },
): Promise<Promotion> {
  const { record, version, verdict } = at;
  const warrant = warrantTerms(set, { record, context: version, verdict, now: context.now() });
  const minted = await context.database.db.transaction().execute((tx) =>
    recordByPlatform(context, tx, {
      type: 'deployment-record',
      kind: 'promote',
      scope: 'version',
      subjectRef: subjectOfVersion(version),
      producer: 'registry',
      actor: at.actor,
      claimedAt: warrant.notBefore,
      source: [record.digest, ...warrant.approvals, ...warrant.exceptions],
      content: warrant,
    }),
  );
  const checkpointed = await untilCheckpointed(context, minted.digest);
  refuseUnverified(checkpointed, minted.digest, warrant);
  return { ok: true, digest: minted.digest, warrant, minted: true };
}

/** A gateway will judge from the log alone; a warrant that it would refuse must not be reported as given. */
function refuseUnverified(set: RecordSet, digest: string, warrant: Warrant): void {
  const check = verifyWarrant(set, {
    warrant: digest,
    environment: warrant.environment,
    now: warrant.notBefore,
    production: false,
  });
  if (check.ok) return;
  const reasons = check.denials.map(({ reason }) => reason);
  throw new ServerError(
    'promotion_unverified',
    `warrant ${digest} was recorded but does not hold: ${reasons.join('; ')}; nothing will answer under it`,
    { details: { digest, reasons } },
  );
}

async function untilCheckpointed(context: ServerContext, digest: string): Promise<RecordSet> {
  const until = performance.now() + CHECKPOINT_TIMEOUT_MS;
  for (;;) {
    const covered = await context.records.checkpointed();
    if (covered?.set.byDigest.has(digest)) return covered.set;
    if (performance.now() > until) {
      throw new ServerError(
        'checkpoint_timeout',
        `record ${digest} is recorded but no checkpoint covers it after ${CHECKPOINT_TIMEOUT_MS} ms; check that the sequencer runs`,
        { details: { digest } },
      );
    }
    await sleep(CHECKPOINT_POLL_MS);
  }
}

function subjectOfVersion(version: VersionContext) {
  const { workspace, model, use, artifactDigest } = version;
  return { workspace, model, use, version: version.version, artifactDigest };
}
