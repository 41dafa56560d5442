// SPDX-License-Identifier: Apache-2.0

import type { Founding, Primitives, Signer } from '@countersign/kernel';
import type { BlobStore, UploadStore } from '@countersign/pipeline';
import type { Transaction } from 'kysely';
import type { AccessPolicies, Identity, ServiceSigners } from './identity/index.ts';
import type { JobService } from './jobs/index.ts';
import type { CheckpointWatch } from './ledger/index.ts';
import type { CurrentRecords, StatusSigner } from './records/index.ts';
import type { Database, DatabaseHandle, PublishedStore } from './store/index.ts';

export type ServerTransaction = Transaction<Database>;

/** Everything a request or a job is answered with. Made once by `startServer`; tests make their own. */
export interface ServerContext {
  readonly workspace: string;
  /** Digest of the founding record: the one thing this server is configured with. */
  readonly root: string;
  readonly founding: Founding;
  readonly dataDir: string;
  readonly database: DatabaseHandle;
  readonly blobs: BlobStore;
  /** Blobs that arrive in pieces. */
  readonly uploads: UploadStore;
  readonly published: PublishedStore;
  readonly identity: Identity;
  readonly access: AccessPolicies;
  readonly records: CurrentRecords;
  readonly status: StatusSigner;
  readonly checkpoints: CheckpointWatch;
  /** Signs what the platform measured or computed, and warrants. */
  readonly platform: Signer;
  /** The keys of the services, while they are replaced. */
  readonly services: Pick<ServiceSigners, 'next'>;
  readonly primitives: Primitives;
  /** UTC with milliseconds. */
  readonly now: () => string;
}

/** What the routes see: jobs are started over a context, so they are not part of it. */
export interface AppContext extends ServerContext {
  readonly jobs: JobService;
}
