// SPDX-License-Identifier: Apache-2.0
import { type Envelope, type RecordSet, type Signer, signStatus, toHex } from '@countersign/kernel';
import { ServerError } from '../errors.ts';
import type { CheckpointedRecords, CurrentRecords } from './current-records.ts';
import { createWarrantVerdicts } from './warrant-verdicts.ts';

/** Signs which warrants live, as of the newest checkpoint. */
export interface StatusSigner {
  /** The newest status, at most a second old. @throws ServerError `log_unavailable` before the first checkpoint */
  current(): Promise<Envelope>;
  /** Ends the regular signing. */
  close(): Promise<void>;
}

interface Parts {
  readonly records: CurrentRecords;
  /** The log's keys: two while one replaces the other. */
  readonly signers: () => Promise<readonly Signer[]>;
  readonly root: string;
  readonly now: () => string;
  /** Provisional warrants whose answers are used up. */
  readonly spent: (set: RecordSet, now: string) => Promise<ReadonlySet<string>>;
}

/** A gateway's freshness bound is 60 s; this leaves it six chances. */
const SIGN_EVERY_MS = 10_000;
/** Bounds the signing work, whatever number of gateways ask. */
const FRESH_MS = 1_000;

export function createStatusSigner(parts: Parts): StatusSigner {
  const verdicts = createWarrantVerdicts();
  let held:
    | { readonly envelope: Envelope; readonly signedAt: number; readonly note: string }
    | undefined;
  let signing: Promise<Envelope> | undefined;

  const sign = async (): Promise<Envelope> => {
    const covered = await parts.records.checkpointed();
    if (covered === undefined) {
      throw new ServerError(
        'log_unavailable',
        'no checkpoint of the log has been published yet; try again in a second',
      );
    }
    const isFresh = held !== undefined && performance.now() - held.signedAt < FRESH_MS;
    if (held !== undefined && isFresh && held.note === covered.text) return held.envelope;
    const envelope = await signNow(parts, covered, verdicts.live);
    held = { envelope, signedAt: performance.now(), note: covered.text };
    return envelope;
  };
  const current = (): Promise<Envelope> => {
    signing ??= sign().finally(() => {
      signing = undefined;
    });
    return signing;
  };
  const timer = setInterval(() => void current().catch(() => undefined), SIGN_EVERY_MS);
  timer.unref();
  return {
    current,
    close: async () => {
      clearInterval(timer);
      await signing?.catch(() => undefined);
    },
  };
}

async function signNow(
  parts: Parts,
  covered: CheckpointedRecords,
  live: (set: RecordSet, now: string, spent: ReadonlySet<string>) => readonly string[],
): Promise<Envelope> {
  const time = parts.now();
  const { size, root } = covered.checkpoint;
  const spent = await parts.spent(covered.set, time);
  return signStatus(
    { founding: parts.root, size, root: toHex(root), time, live: live(covered.set, time, spent) },
    await parts.signers(),
  );
}
