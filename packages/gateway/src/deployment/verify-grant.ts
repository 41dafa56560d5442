// SPDX-License-Identifier: Apache-2.0
import {
  type ArtifactManifest,
  type CountedRecord,
  canonicalBytes,
  type Json,
  type Primitives,
  type ProofBundle,
  type RecordSet,
  recordsOfType,
  sha256Hex,
  type Transition,
  toHex,
  verifyBundle,
  verifyWarrant,
  type WarrantGrant,
} from '@countersign/kernel';
import { GatewayError } from '../errors.ts';
import type { Feed } from './feed.ts';
import { requireSameLog, type TreeHead } from './same-log.ts';

export interface Trust {
  readonly primitives: Primitives;
  /** Digest of the founding record: all that the gateway is configured with. */
  readonly root: string;
  readonly environment: Transition;
  /** Refuses warrants of a firm in demonstration mode. */
  readonly production: boolean;
}

/** A verified warrant and what it is for. */
export interface Granted {
  readonly grant: WarrantGrant;
  readonly model: string;
  readonly use: string;
  readonly version: number;
  /** Place and time of the warrant in the log. */
  readonly index: number;
  readonly loggedAt: string;
}

/** A verified warrant with the files that it authorises. */
export interface VerifiedGrant extends Granted {
  readonly manifest: ArtifactManifest;
}

/** A bundle as it was fetched, and the records in it that count. */
export interface VerifiedBundle {
  readonly bundle: ProofBundle;
  readonly set: RecordSet;
}

/**
 * The records of a warrant, each proven to be in the log. `seen` is the log that the status is of: records proven in
 * another one do not count.
 * @throws GatewayError
 */
export async function fetchVerified(
  feed: Feed,
  trust: Trust,
  at: { readonly warrant: string; readonly seen: TreeHead },
): Promise<VerifiedBundle> {
  const bundle = await feed.bundle(at.warrant);
  const verified = verifyBundle(trust.primitives, bundle, trust.root);
  if (!verified.ok)
    throw new GatewayError('not_warranted', verified.reason, { warrant: at.warrant });
  const { size, root } = verified.checkpoint;
  await requireSameLog(feed, trust.primitives, [at.seen, { size, root: toHex(root) }]);
  return { bundle, set: verified.set };
}

/**
 * Verifies a warrant from records: its whole chain, and the artefact's manifest by the digest that was approved. The one
 * check of the gateway, of admission and of `countersign gate`.
 * @throws GatewayError with every reason
 */
export function verifyGrant(
  trust: Trust,
  set: RecordSet,
  at: { readonly warrant: string; readonly now: string },
): VerifiedGrant {
  const check = verifyWarrant(set, { ...trust, ...at });
  if (!check.ok) {
    const reasons = check.denials.map(({ reason }) => reason);
    const codes = check.denials.map(({ code }) => code);
    const details = { warrant: at.warrant, reasons, codes };
    throw new GatewayError('not_warranted', reasons.join('; '), details);
  }
  const { grant } = check;
  const record = set.byDigest.get(at.warrant);
  const { model, use, version } = grant.subject;
  if (model === undefined || use === undefined || version === undefined || record === undefined) {
    throw new GatewayError('not_warranted', 'the warrant names no model, use and version');
  }
  const manifest = manifestOf(trust, set, grant.warrant.artifactDigest);
  const { index, loggedAt } = record;
  return { grant, model, use, version, index, loggedAt, manifest };
}

/** Nothing is wrong with a warrant for the other stage: it is not this one's. */
export function isForAnotherStage(error: unknown): boolean {
  const codes = error instanceof GatewayError ? error.details.codes : undefined;
  return Array.isArray(codes) && codes.length === 1 && codes[0] === 'warrant_environment';
}

function manifestOf(trust: Trust, set: RecordSet, artifactDigest: string): ArtifactManifest {
  const isIts = ({ statement }: CountedRecord) =>
    statement.predicate.subjectRef.artifactDigest === artifactDigest;
  const record = recordsOfType(set, 'model-artifact').find(isIts);
  const manifest = record?.statement.predicate.content.manifest as Json | undefined;
  const digest =
    manifest === undefined ? '' : sha256Hex(trust.primitives, canonicalBytes(manifest));
  if (digest !== artifactDigest) {
    throw new GatewayError(
      'artifact_mismatch',
      'the artefact’s manifest is not the one that was approved',
    );
  }
  return manifest as unknown as ArtifactManifest; // its digest is the one that every approval names
}
