// SPDX-License-Identifier: Apache-2.0
import { PAYLOAD_TYPE_STATEMENT, signEnvelope } from '@countersign/kernel';
import { platformBuilder, type RunResult, slsaProvenance } from '@countersign/pipeline';
import type { ServerContext } from '../context.ts';

/**
 * Signs the SLSA provenance of a run that becomes a version and archives the envelope; its digest. No record: what counts
 * in the log is the training-run that names it.
 */
export async function archiveProvenance(
  context: Pick<ServerContext, 'root' | 'platform' | 'blobs'>,
  result: RunResult,
  of: {
    readonly run: string;
    /** Digest of the archived result. */
    readonly result: string;
    /** The version with the digest of its manifest, as a warrant and its verification summary name it. */
    readonly version: { readonly name: string; readonly digest: string };
  },
): Promise<string | undefined> {
  const payload = slsaProvenance(result, {
    builder: platformBuilder(context.root),
    invocation: of.run,
    result: of.result,
    subjects: [of.version],
  });
  if (payload === undefined) return undefined;
  const envelope = await signEnvelope(PAYLOAD_TYPE_STATEMENT, payload, [context.platform]);
  const { digest } = await context.blobs.put(new TextEncoder().encode(JSON.stringify(envelope)));
  return digest;
}
