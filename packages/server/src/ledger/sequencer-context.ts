// SPDX-License-Identifier: Apache-2.0
import type { BlobStore } from '@countersign/pipeline';
import type { Client } from 'pg';
import type { PublishedStore } from '../store/index.ts';
import type { LogKeys } from './log-signers.ts';

/** Advisory lock of whoever writes the log: a sequencer or a rebuild. Any fixed number, one for a database. */
export const SEQUENCER_LOCK = 7_301_002;

/** In the order in which one round takes them. */
export const SEQUENCER_STEPS = [
  'entries-written',
  'entries-committed',
  'records-published',
  'tiles-published',
  'checkpoint-signed',
  'checkpoint-published',
  'checkpoint-recorded',
] as const;

export type SequencerStep = (typeof SEQUENCER_STEPS)[number];

/** What one holder of the sequencer lock works with. */
export interface SequencerContext {
  /** The connection that holds the lock; nothing else uses it. */
  readonly client: Client;
  /** Fencing token taken with the lock. */
  readonly token: number;
  readonly published: PublishedStore;
  readonly blobs: BlobStore;
  readonly keys: LogKeys;
  readonly now: () => Date;
  readonly batchMax: number;
  readonly observe: (step: SequencerStep) => void;
}
