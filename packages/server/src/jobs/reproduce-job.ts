// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import { evidenceItems, type ReproductionScores } from '@countersign/kernel';
import {
  openFileBlobStore,
  type RebuildResult,
  type RebuildVerdict,
  reproductionContent,
} from '@countersign/pipeline';
import type { ServerContext } from '../context.ts';
import { recordByPlatform } from '../records/index.ts';
import { compareRebuiltScores, scoresVerdict } from './compare-rebuilt-scores.ts';
import { attestErased, erasedPart } from './erased-parts.ts';
import type { JobRunner, JobWork } from './job.ts';
import { readParams, reproduceParams } from './job-params.ts';
import { openRebuildFinding } from './rebuild-finding.ts';
import { rebuildInWorker } from './run-worker.ts';
import { type VersionFacts, versionFacts } from './version-facts.ts';

/** Another CPU kernel, more threads, another locale, time zone and hash seed than any run is made with. */
const HOSTILE: Readonly<Record<string, string>> = {
  OPENBLAS_CORETYPE: 'Prescott',
  OMP_NUM_THREADS: '7',
  OPENBLAS_NUM_THREADS: '7',
  MKL_CBWR: 'COMPATIBLE',
  NPY_DISABLE_CPU_FEATURES: '',
  LANG: 'tr_TR.UTF-8',
  LC_ALL: 'tr_TR.UTF-8',
  TZ: 'Pacific/Kiritimati',
  PYTHONHASHSEED: '4242',
  SOURCE_DATE_EPOCH: '1',
};

/** Rebuilds a version from its archived parts in an empty place without network, and attests what came out. */
export const reproduceJob: JobRunner = async (context, work) => {
  const {
    hostile = false,
    cachedEnvironment = false,
    ...ref
  } = readParams(reproduceParams, work.params);
  const set = await context.records.current();
  const facts = await versionFacts(context, set, ref).catch(async (cause: unknown) => {
    const erased = await erasedPart(context, set, ref);
    if (erased === undefined) throw cause;
    return { erased };
  });
  if ('erased' in facts) return attestErased(context, set, facts.erased);
  work.report(
    `rebuild of ${ref.model}@${ref.version} from archived parts${hostile ? ', in hostile surroundings' : ''}`,
  );
  const surroundings = hostile ? HOSTILE : {};
  const rebuilt = await rebuildInWorker(work, {
    result: facts.result,
    blobs: context.blobs,
    surroundings,
    cachedEnvironment,
  });
  if (rebuilt.verdict === 'not-rebuildable' && rebuilt.compared.length === 0) {
    const erased = await erasedPart(context, set, ref);
    if (erased !== undefined) return attestErased(context, set, erased);
  }
  const judged = await judgeScores(context, { facts, rebuilt, work });
  const content = reproductionContent(rebuilt, {
    ...judged,
    surroundings: { surroundings, cachedEnvironment },
  });
  const { model, use, version, artifactDigest } = facts.version;
  const earlier = evidenceItems(facts.set, facts.version, { id: 'reproduction-attestation' }).at(
    -1,
  );
  return async (tx) => {
    const { digest } = await recordByPlatform(context, tx, {
      type: 'reproduction-attestation',
      scope: 'version',
      subjectRef: { model, use, version, artifactDigest },
      producer: 'pipeline',
      basis: 'measured',
      source: [facts.run.digest, facts.artifact.digest],
      ...(earlier === undefined ? {} : { supersedes: earlier.digest }),
      content,
    });
    const finding = await openRebuildFinding(context, tx, { facts, content, attestation: digest });
    const records = finding === undefined ? [digest] : [digest, finding.digest];
    const opened = finding === undefined ? {} : { finding: finding.id };
    return { records, model, version, verdict: content.verdict, reason: rebuilt.reason, ...opened };
  };
};

/** A model of other bytes may still give the same scores: then the verdict says so instead of `not rebuildable`. */
async function judgeScores(
  context: ServerContext,
  at: { readonly facts: VersionFacts; readonly rebuilt: RebuildResult; readonly work: JobWork },
): Promise<{
  readonly verdict: RebuildVerdict;
  readonly scores?: readonly ReproductionScores[];
}> {
  const { facts, rebuilt, work } = at;
  const { originalArtifact, rebuiltArtifact } = rebuilt;
  const differs =
    rebuilt.failure === null &&
    originalArtifact !== null &&
    rebuiltArtifact !== null &&
    originalArtifact !== rebuiltArtifact;
  if (rebuilt.verdict !== 'not-rebuildable') return { verdict: rebuilt.verdict };
  if (!differs) return { verdict: rebuilt.verdict };
  const made = openFileBlobStore(join(work.scratch, 'blobs'));
  const scores = await compareRebuiltScores(context, facts, {
    original: await context.blobs.get(originalArtifact),
    rebuilt: await made.get(rebuiltArtifact),
  });
  return { verdict: scoresVerdict(scores), scores };
}
