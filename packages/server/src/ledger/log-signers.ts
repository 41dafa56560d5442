// SPDX-License-Identifier: Apache-2.0
import { type Checkpoint, type PublicKey, type Signer, signCheckpoint } from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import type { LogIdentity } from './published-log.ts';

/** A log key that can sign. Note key hashes are made of key bytes, which a `Signer` need not know. */
export interface LogSigner {
  readonly signer: Signer;
  readonly publicKey: PublicKey;
}

/** Whose signatures make a checkpoint one of the log's, and who signs the next one. */
export interface LogKeys {
  /** Origin line of its checkpoints. */
  readonly origin: string;
  identity(): Promise<LogIdentity>;
  /** One; two while a new key takes the place of the old. Never none. */
  signers(): Promise<readonly LogSigner[]>;
}

/** A log whose key is not replaced. */
export function fixedLogKeys(log: LogIdentity, signer: Signer): LogKeys {
  const { publicKey } = log;
  return {
    origin: log.origin,
    identity: () => Promise.resolve(log),
    signers: () => Promise.resolve([{ signer, publicKey }]),
  };
}

/** One signed note with a signature line of each key (C2SP signed-note). */
export async function signCheckpointWith(
  signers: readonly LogSigner[],
  checkpoint: Checkpoint,
): Promise<string> {
  const notes = await Promise.all(
    signers.map((by) =>
      signCheckpoint(nodePrimitives, checkpoint, { name: checkpoint.origin, ...by }),
    ),
  );
  const [first, ...others] = notes;
  if (first === undefined) throw new Error('a log without a key signs nothing');
  return first + others.map((note) => note.slice(note.lastIndexOf('\n\n') + 2)).join('');
}
