// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import { openArtefact, readInputs, scoreRows } from '@countersign/analysis';
import {
  type ArtifactManifest,
  canonicalDecimal,
  evidenceItems,
  type ReproductionContent,
  sha256Hex,
} from '@countersign/kernel';
import {
  openFileBlobStore,
  type RebuildResult,
  type RebuildVerdict,
  toRecordJson,
} from '@countersign/pipeline';
import type { ServerContext } from '../context.ts';
import { recordByPlatform } from '../records/index.ts';
import { attestErased, erasedPart } from './erased-parts.ts';
import type { JobRunner, JobWork } from './job.ts';
import { readParams, reproduceParams } from './job-params.ts';
import { scorerGround } from './open-manifest-scorer.ts';
import { rebuildInWorker } from './run-worker.ts';
import { loadSplit } from './split-table.ts';
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

const VERDICTS: Readonly<Record<RebuildVerdict, ReproductionContent['verdict']>> = {
  'byte-identical': 'byte-identical',
  'score-identical': 'score-identical',
  'within-tolerance': 'within tolerance',
  'not-rebuildable': 'not rebuildable',
  'environment-unavailable': 'environment unavailable',
  'lawfully-erased': 'lawfully erased',
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
  const verdict = await verdictOf(context, { facts, rebuilt, work });
  const content = attestation(rebuilt, verdict, { surroundings, cachedEnvironment });
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
    return { records: [digest], model, version, verdict: content.verdict, reason: rebuilt.reason };
  };
};

function attestation(
  rebuilt: RebuildResult,
  verdict: RebuildVerdict,
  ground: {
    readonly surroundings: Readonly<Record<string, string>>;
    readonly cachedEnvironment: boolean;
  },
): ReproductionContent {
  const seconds = (Date.parse(rebuilt.endedAt) - Date.parse(rebuilt.startedAt)) / 1000;
  return {
    verdict: VERDICTS[verdict],
    outputs: rebuilt.compared.map(({ what, original, rebuilt: made, equal }) => ({
      name: what,
      original,
      rebuilt: made ?? 'not made',
      equal,
    })),
    environment: toRecordJson({
      level: rebuilt.level,
      platform: rebuilt.platform,
      startedFrom: rebuilt.startedFrom,
      ...ground,
      network: false,
    }),
    seconds: canonicalDecimal(seconds),
    deviations: rebuilt.verdict === 'byte-identical' ? [] : [rebuilt.reason],
  };
}

/** A model of other bytes may still give the same scores: then the verdict says so instead of `not rebuildable`. */
async function verdictOf(
  context: ServerContext,
  at: { readonly facts: VersionFacts; readonly rebuilt: RebuildResult; readonly work: JobWork },
): Promise<RebuildVerdict> {
  const { facts, rebuilt, work } = at;
  const { originalArtifact, rebuiltArtifact } = rebuilt;
  const differs =
    rebuilt.failure === null &&
    originalArtifact !== null &&
    rebuiltArtifact !== null &&
    originalArtifact !== rebuiltArtifact;
  if (rebuilt.verdict !== 'not-rebuildable' || !differs) return rebuilt.verdict;
  const reference = facts.file.monitoring?.reference;
  if (reference === undefined) return rebuilt.verdict;
  const made = openFileBlobStore(join(work.scratch, 'blobs'));
  const models = [await context.blobs.get(originalArtifact), await made.get(rebuiltArtifact)];
  return compareScores(context, facts, { reference, models });
}

/** Float32 arithmetic on another processor; far below anything a cutoff or a reason could notice. */
const SCORE_TOLERANCE = 1e-6;

/** The artefact with other bytes for its model. */
function withEntry(
  { blobs, primitives }: ServerContext,
  manifest: ArtifactManifest,
  model: Uint8Array,
) {
  const { entry } = manifest;
  const own = { path: entry, digest: sha256Hex(primitives, model), size: model.length };
  const files = manifest.files.map((file) => (file.path === entry ? own : file));
  const read = async (path: string) =>
    path === entry ? model : blobs.get(files.find((file) => file.path === path)?.digest ?? '');
  return { manifest: { ...manifest, files }, read };
}

async function compareScores(
  context: ServerContext,
  facts: VersionFacts,
  at: { readonly reference: string; readonly models: readonly Uint8Array[] },
): Promise<RebuildVerdict> {
  const { table } = await loadSplit(context, facts.result, at.reference);
  try {
    const rows = await readInputs(table, facts.scorerSpec);
    const scores: (readonly number[])[] = [];
    for (const model of at.models) {
      const scorer = await openArtefact(
        withEntry(context, facts.manifest, model),
        facts.scorerSpec,
        scorerGround(context),
      );
      try {
        scores.push((await scoreRows(scorer, rows)).map(({ score }) => score));
      } finally {
        await scorer.close();
      }
    }
    const [original = [], rebuilt = []] = scores;
    const largest = original.reduce(
      (most, score, row) => Math.max(most, Math.abs(score - (rebuilt[row] ?? Number.NaN))),
      0,
    );
    if (largest === 0) return 'score-identical';
    return largest <= SCORE_TOLERANCE ? 'within-tolerance' : 'not-rebuildable';
  } finally {
    table.close();
  }
}
