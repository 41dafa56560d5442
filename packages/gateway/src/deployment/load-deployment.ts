// SPDX-License-Identifier: Apache-2.0
import {
  type ArtifactManifest,
  type CountedRecord,
  canonicalBytes,
  type Json,
  type ModelSpecContent,
  type Primitives,
  type PublicKey,
  type RecordSet,
  recordsOfType,
  sha256Hex,
  type Transition,
  toHex,
  verifyBundle,
  verifyWarrant,
  type WarrantGrant,
} from '@countersign/kernel';
import { openServedModel, type ServedModel } from '../decision/served-model.ts';
import { GatewayError } from '../errors.ts';
import type { Feed } from './feed.ts';
import { requireSameLog, type TreeHead } from './same-log.ts';

/** A version that may answer: its verified warrant and the opened artefact. */
export interface Deployment {
  readonly grant: WarrantGrant;
  readonly model: string;
  readonly use: string;
  readonly version: number;
  readonly served: ServedModel;
}

export interface Trust {
  readonly primitives: Primitives;
  /** Digest of the founding record: all that the gateway is configured with. */
  readonly root: string;
  readonly environment: Transition;
  /** Refuses warrants of a firm in demonstration mode. */
  readonly production: boolean;
}

/**
 * Loads what a warrant authorises, verifying each link: the warrant from records, the artefact's manifest and files by
 * digest, the specification by the digest the warrant names. `seen` is the log that the status is of: records proven in
 * another one do not count. Throws GatewayError with every reason.
 */
export async function loadDeployment(
  feed: Feed,
  trust: Trust,
  at: { readonly warrant: string; readonly now: string; readonly seen: TreeHead },
): Promise<Deployment> {
  const bundle = await feed.bundle(at.warrant);
  const verified = verifyBundle(trust.primitives, bundle, trust.root);
  if (!verified.ok)
    throw new GatewayError('not_warranted', verified.reason, { warrant: at.warrant });
  const { size, root } = verified.checkpoint;
  await requireSameLog(feed, trust.primitives, [at.seen, { size, root: toHex(root) }]);
  const check = verifyWarrant(verified.set, { ...trust, ...at });
  if (!check.ok) {
    const reasons = check.denials.map(({ reason }) => reason);
    const codes = check.denials.map(({ code }) => code);
    const details = { warrant: at.warrant, reasons, codes };
    throw new GatewayError('not_warranted', reasons.join('; '), details);
  }
  const { model, use, version } = check.grant.subject;
  if (model === undefined || use === undefined || version === undefined) {
    throw new GatewayError('not_warranted', 'the warrant names no model, use and version');
  }
  const served = await loadArtifact(feed, trust, { set: verified.set, grant: check.grant });
  return { grant: check.grant, model, use, version, served };
}

async function loadArtifact(
  feed: Feed,
  trust: Trust,
  at: { readonly set: RecordSet; readonly grant: WarrantGrant },
): Promise<ServedModel> {
  const { warrant } = at.grant;
  const spec = at.set.byDigest.get(warrant.spec)?.statement.predicate;
  if (spec?.type !== 'model-spec' || spec.subjectRef.artifactDigest !== warrant.artifactDigest) {
    throw new GatewayError(
      'artifact_mismatch',
      'the specification that the warrant names is not the artefact’s',
    );
  }
  const content = spec.content as unknown as ModelSpecContent; // the platform's record, bound by its digest
  const manifest = manifestOf(trust, at.set, warrant.artifactDigest);
  const read = async (path: string): Promise<Uint8Array> => {
    const file = manifest.files.find((one) => one.path === path);
    if (file === undefined) {
      throw new GatewayError('artifact_mismatch', `the artefact has no file \`${path}\``, {
        file: path,
      });
    }
    const bytes = await feed.blob(file.digest);
    if (sha256Hex(trust.primitives, bytes) !== file.digest) {
      throw new GatewayError(
        'artifact_mismatch',
        `\`${path}\` is not the file that was approved: its bytes differ`,
        {
          file: path,
          expected: file.digest,
        },
      );
    }
    return bytes;
  };
  const model = await read(manifest.entry);
  if (content.reasons === undefined) return openServedModel(content, { model });
  return openServedModel(content, { model, reasons: await read(content.reasons.file) });
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

/** The keys that the founding record names, for checking the status and for signing batches under an enrolled key. */
export async function loadFounding(feed: Feed, trust: Trust): Promise<RecordSet> {
  const verified = verifyBundle(trust.primitives, await feed.bundle(trust.root), trust.root);
  if (!verified.ok) throw new GatewayError('not_warranted', verified.reason);
  return verified.set;
}

export function logKeyOf(set: RecordSet): PublicKey {
  const log = set.founding.keys.find(
    ({ holder }) => holder.kind === 'service' && holder.service === 'log',
  );
  if (log === undefined)
    throw new GatewayError('not_warranted', 'the founding record names no log key');
  return log.key;
}
