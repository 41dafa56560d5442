// SPDX-License-Identifier: Apache-2.0
import { logRoutes } from '@countersign/contract';
import {
  type BundleResult,
  type CountedRecord,
  latestItem,
  readProofBundle,
  type VersionContext,
  verifyBundle,
  versionContext,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { CliError } from '../errors.ts';
import type { Session } from '../session.ts';
import { strictJson } from './api-client.ts';
import { listRecords } from './digests.ts';
import type { VersionName } from './version-name.ts';

export type Verified = Extract<BundleResult, { readonly ok: true }>;

/**
 * Fetches what a record rests on and verifies it against the configured founding record: nothing the server says is
 * believed beyond what signatures and proofs show.
 * @throws CliError `record_unverified`, `no_root`
 */
export async function verifiedBundle(session: Session, digest: string): Promise<Verified> {
  const { bytes } = await session.client().callRaw(logRoutes.bundle, { params: { digest } });
  const result = verifyBundle(nodePrimitives, readProofBundle(strictJson(bytes)), session.root());
  if (result.ok) return result;
  throw new CliError(
    'record_unverified',
    `what the server sent does not verify: ${result.reason}`,
    {
      details: {
        next: `check that root \`${session.root().slice(0, 12)}\` is the firm's, and report it if it is`,
      },
    },
  );
}

export interface VerifiedVersion extends Verified {
  readonly context: VersionContext;
  readonly artifact: CountedRecord;
}

/** A registered version with all records about it, verified. @throws CliError `not_found` */
export async function verifiedVersion(
  session: Session,
  name: VersionName,
  use?: string,
): Promise<VerifiedVersion> {
  const [summary] = await listRecords(session.client(), { type: 'model-artifact', ...name });
  if (summary === undefined) {
    throw new CliError('not_found', `no version ${name.model}@${name.version} is registered`, {
      details: { next: `list versions with \`countersign versions ${name.model}\`` },
    });
  }
  const verified = await verifiedBundle(session, summary.digest);
  const artifact = verified.set.byDigest.get(summary.digest);
  const ref = artifact?.statement.predicate.subjectRef;
  const wanted = use ?? ref?.use;
  if (artifact === undefined || ref === undefined || wanted === undefined) {
    throw new CliError(
      'record_unverified',
      `the artefact of ${name.model}@${name.version} does not count`,
    );
  }
  const found = versionContext(verified.set, { workspace: ref.workspace, ...name, use: wanted });
  if (!found.ok) throw new CliError('not_found', found.reason);
  return { ...verified, artifact, context: found.context };
}

/** The newest record in force of a type for a version, or a refusal that names it. */
export function neededItem(
  version: Pick<VerifiedVersion, 'set' | 'context'>,
  id: Parameters<typeof latestItem>[2]['id'],
): CountedRecord {
  const found = latestItem(version.set, version.context, { id });
  if (found !== undefined) return found;
  const { model, version: n } = version.context;
  throw new CliError('not_found', `${model}@${n} has no ${id} in the log`);
}
