// SPDX-License-Identifier: Apache-2.0
import {
  digestsIn,
  evidenceItems,
  type Json,
  parseStrictJson,
  REPRODUCTION_KINDS,
  type RecordSet,
  type ReproductionContent,
  type VersionContext,
} from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { recordByPlatform } from '../records/index.ts';
import { erasedBlob } from '../retention/index.ts';
import type { JobRunner } from './job.ts';
import { registeredContext } from './version-facts.ts';

export interface ErasedPart {
  readonly version: VersionContext;
  /** Digests of the records of run and artefact. */
  readonly source: readonly string[];
  readonly reason: string;
}

const NEEDED: ReadonlySet<string> = new Set([...REPRODUCTION_KINDS, 'special-category-data']);
const RESULT_BYTES_MAX = 256 * 1024 * 1024;

/** What a rebuild would need and the retention rules deleted; undefined while nothing is. */
export async function erasedPart(
  context: ServerContext,
  set: RecordSet,
  ref: { readonly model: string; readonly use?: string | undefined; readonly version: number },
): Promise<ErasedPart | undefined> {
  const { context: version } = registeredContext(context, set, ref);
  const run = evidenceItems(set, version, { id: 'training-run' }).at(-1);
  const artifact = evidenceItems(set, version, { id: 'model-artifact' }).at(-1);
  const result = run?.statement.predicate.content.result;
  if (run === undefined || artifact === undefined || typeof result !== 'string') return undefined;
  const { files } = manifestOf(artifact.statement.predicate.content);
  const parts = [result, ...files, ...(await partsOf(context, result))];
  const erased = await erasedBlob(context, parts, NEEDED);
  if (erased === undefined) return undefined;
  const { digest, rule, at, deletion } = erased;
  return {
    version,
    source: [run.digest, artifact.digest],
    reason: `${digest.slice(0, 12)} was deleted on ${at.slice(0, 10)} by rule \`${rule}\` (record ${deletion.slice(0, 12)})`,
  };
}

function manifestOf(content: { readonly [member: string]: Json }): { files: readonly string[] } {
  return { files: [...digestsIn(content.manifest ?? null)] };
}

/** Everything that the run's result names, if it is still there to be read. */
async function partsOf(context: ServerContext, result: string): Promise<readonly string[]> {
  if (!(await context.blobs.has(result))) return [];
  const json = parseStrictJson(await context.blobs.get(result), { maxBytes: RESULT_BYTES_MAX });
  return [...digestsIn(json)];
}

/** The attestation of a version that no rebuild can bring back, and why that is lawful. */
export function attestErased(
  context: ServerContext,
  set: RecordSet,
  { version, source, reason }: ErasedPart,
): Awaited<ReturnType<JobRunner>> {
  const content: ReproductionContent = {
    verdict: 'lawfully erased',
    outputs: [],
    environment: {},
    seconds: '0',
    deviations: [reason],
  };
  const earlier = evidenceItems(set, version, { id: 'reproduction-attestation' }).at(-1);
  const { model, use, artifactDigest } = version;
  return async (tx) => {
    const { digest } = await recordByPlatform(context, tx, {
      type: 'reproduction-attestation',
      scope: 'version',
      subjectRef: { model, use, version: version.version, artifactDigest },
      producer: 'pipeline',
      basis: 'measured',
      source,
      ...(earlier === undefined ? {} : { supersedes: earlier.digest }),
      content,
    });
    return { records: [digest], model, version: version.version, verdict: content.verdict, reason };
  };
}
