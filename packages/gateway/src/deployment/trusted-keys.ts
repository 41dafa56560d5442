// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  type Envelope,
  isTrustRecord,
  openStatus,
  type ProofBundle,
  parseStrictJson,
  type RecordSet,
  readProofBundle,
  type Status,
  serviceKeys,
  toHex,
  verifyBundle,
} from '@countersign/kernel';
import { GatewayError } from '../errors.ts';
import type { Feed } from './feed.ts';
import { keyRefusal, retiredLogKeys } from './key-standing.ts';
import type { Trust } from './load-deployment.ts';
import type { TreeHead } from './same-log.ts';
import type { HighWaterFile } from './status-watch.ts';

export interface TrustedKeysOptions {
  readonly feed: Feed;
  readonly trust: Trust;
  /** Where the newest verified trust bundle is kept, for a start while nothing can be reached. */
  readonly path: string;
  readonly highWater: Pick<HighWaterFile, 'retire' | 'retiredLogKeys'>;
  readonly now: () => string;
}

/**
 * The keys that count, from the founding record and every record about keys, verified here. What was once learnt is not
 * unlearnt: a bundle that lacks a record which an earlier one had is refused, and a retired log key stays retired.
 */
export class TrustedKeys {
  readonly #options: TrustedKeysOptions;
  #set: RecordSet;
  /** Head of the tree that the records were proven in, until that is shown to be the log of a status. */
  #unproven: TreeHead | undefined;

  private constructor(options: TrustedKeysOptions, learnt: Learnt) {
    this.#options = options;
    this.#set = learnt.set;
    this.#unproven = learnt.head;
    this.#retire();
  }

  /**
   * From the feed, or from what was kept when nothing can be reached.
   * @throws GatewayError `server_unreachable` with neither; `not_warranted` for a bundle that does not verify
   */
  static async open(options: TrustedKeysOptions): Promise<TrustedKeys> {
    const kept = readKept(options);
    try {
      const learnt = await fetchTrust(options, kept);
      return new TrustedKeys(options, learnt);
    } catch (error) {
      const isAway = error instanceof GatewayError && error.code === 'server_unreachable';
      if (!isAway || kept === undefined) throw error;
      return new TrustedKeys(options, kept);
    }
  }

  get set(): RecordSet {
    return this.#set;
  }

  /** Learns of new and ended keys. @throws GatewayError as `open` */
  async refresh(): Promise<void> {
    const known = { set: this.#set, head: this.#unproven };
    const learnt = await fetchTrust(this.#options, known);
    this.#set = learnt.set;
    this.#unproven = learnt.head;
    this.#retire();
  }

  /** The status that an envelope holds, if a log key that counts now signed it. */
  open(envelope: Envelope): Status | undefined {
    const { trust, highWater, now } = this.#options;
    this.#retire();
    const keys = serviceKeys(this.#set.register, 'log', now()).map(({ key }) => key);
    const counting = keys.filter(({ keyid }) => !highWater.retiredLogKeys.has(keyid));
    return openStatus(trust.primitives, envelope, counting);
  }

  #retire(): void {
    const { highWater, now } = this.#options;
    highWater.retire(retiredLogKeys(this.#set, now()));
  }

  /** What is still to be shown to be of the same log as a status. */
  get unproven(): TreeHead | undefined {
    return this.#unproven;
  }

  proven(head: TreeHead): void {
    if (this.#unproven === head) this.#unproven = undefined;
  }

  /** Why batches signed with a key would count for nothing now, or undefined. */
  gatewayRefusal(keyid: string, now: string): GatewayError | undefined {
    const reason = keyRefusal(this.#set, keyid, { service: 'gateway', now });
    if (reason === undefined) return undefined;
    const message = `key ${keyid.slice(0, 12)} ${reason}`;
    return new GatewayError('key_not_in_force', message, { key: keyid });
  }
}

interface Learnt {
  readonly set: RecordSet;
  readonly head: TreeHead | undefined;
}

async function fetchTrust(options: TrustedKeysOptions, known: Learnt | undefined): Promise<Learnt> {
  const bundle = await options.feed.trust();
  const learnt = verify(options.trust, bundle);
  if (known !== undefined) requireAll(known, learnt);
  mkdirSync(dirname(options.path), { recursive: true });
  writeFileSync(`${options.path}.tmp`, JSON.stringify(bundle));
  renameSync(`${options.path}.tmp`, options.path);
  return learnt;
}

function readKept({ path, trust }: TrustedKeysOptions): Learnt | undefined {
  if (!existsSync(path)) return undefined;
  return verify(trust, readProofBundle(parseStrictJson(readFileSync(path))));
}

function verify({ primitives, root }: Trust, bundle: ProofBundle): Learnt {
  const verified = verifyBundle(primitives, bundle, root);
  if (!verified.ok) throw new GatewayError('not_warranted', verified.reason);
  const { checkpoint, set } = verified;
  return { set, head: { size: checkpoint.size, root: toHex(checkpoint.root) } };
}

/** What is learnt must hold every record about keys that was known. @throws GatewayError `not_warranted` */
function requireAll(known: Learnt, learnt: Learnt): void {
  const lost = known.set.records.find(
    ({ digest, statement }) =>
      isTrustRecord(statement.predicate) && !learnt.set.byDigest.has(digest),
  );
  if (lost === undefined) return;
  const message = `the records about keys lack ${lost.digest.slice(0, 12)}, which was there before`;
  throw new GatewayError('not_warranted', message, { digest: lost.digest });
}
