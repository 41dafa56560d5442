// SPDX-License-Identifier: Apache-2.0
import { AnalysisError, type CommandGround } from '@countersign/analysis';
import { type ModelSpecContent, type RecordSet, sha256Hex } from '@countersign/kernel';
import { openServedModel, type ServedModel } from '../decision/served-model.ts';
import { GatewayError } from '../errors.ts';
import type { Feed } from './feed.ts';
import { type Granted, type Trust, type VerifiedGrant, verifyGrant } from './verify-grant.ts';

export { fetchVerified, type Trust, type VerifiedBundle } from './verify-grant.ts';

/** A version that may answer: its verified warrant and the opened artefact. */
export interface Deployment extends Granted {
  readonly served: ServedModel;
}

/**
 * Loads what a warrant authorises, verifying each link: the warrant from records, the artefact's manifest and files by
 * digest, the specification by the digest the warrant names. Throws GatewayError with every reason.
 */
export async function loadDeployment(
  feed: Feed,
  trust: Trust,
  at: {
    readonly warrant: string;
    readonly now: string;
    readonly set: RecordSet;
    /** Where scorers that are programs run. */
    readonly ground: CommandGround;
  },
): Promise<Deployment> {
  const { manifest, ...granted } = verifyGrant(trust, at.set, at);
  const { grant } = granted;
  const { set, ground } = at;
  return { ...granted, served: await loadArtifact(feed, trust, { set, grant, manifest, ground }) };
}

async function loadArtifact(
  feed: Feed,
  trust: Trust,
  at: Pick<VerifiedGrant, 'grant' | 'manifest'> & {
    readonly set: RecordSet;
    readonly ground: CommandGround;
  },
): Promise<ServedModel> {
  const { warrant } = at.grant;
  const { manifest } = at;
  const spec = at.set.byDigest.get(warrant.spec)?.statement.predicate;
  if (spec?.type !== 'model-spec' || spec.subjectRef.artifactDigest !== warrant.artifactDigest) {
    throw new GatewayError(
      'artifact_mismatch',
      'the specification that the warrant names is not the artefact’s',
    );
  }
  const content = spec.content as unknown as ModelSpecContent; // the platform's record, bound by its digest
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
  try {
    return await openServedModel(content, { manifest, read }, at.ground);
  } catch (cause) {
    if (!(cause instanceof AnalysisError) || manifest.scorer === 'onnx') throw cause;
    throw new GatewayError(
      'scorer_unavailable',
      `its scorer cannot be run here: ${cause.message}`,
      { denial: cause.code },
      { cause },
    );
  }
}
