// SPDX-License-Identifier: Apache-2.0
import {
  type ArtifactManifest,
  canonicalBytes,
  type EnvironmentLockContent,
  type Json,
  type ModelArtifactContent,
  type ModelSpecContent,
  type SourceRevisionContent,
  type TestPlanContent,
  type TrainingRunContent,
} from '@countersign/kernel';
import {
  type Artifact,
  type Decision,
  type EnvironmentRecord,
  environmentLock,
  type PipelineFile,
  type RunResult,
  toRecordJson,
} from '@countersign/pipeline';
import { ServerError } from '../errors.ts';
import { limitsOfPlan } from './plan-limits.ts';
import { searchesContent } from './search-records.ts';

/** What a pipeline must say before its result can be a version that decides. */
export interface Servable {
  readonly artifact: Artifact;
  readonly decision: Decision;
}

/** @throws ServerError `run_output_invalid` naming the section that is missing */
export function servableOf(file: PipelineFile): Servable {
  const { artifact, decision } = file;
  if (artifact === undefined || decision === undefined) {
    const lacking = artifact === undefined ? 'artifact' : 'decision';
    throw new ServerError(
      'run_output_invalid',
      `countersign.yaml has no \`${lacking}\` section; a version needs to say what is served and how it decides`,
      { details: { section: lacking } },
    );
  }
  return { artifact, decision };
}

/**
 * The files of what is served: the model, where declared its table of reasons, and of a command what it needs beside. How a
 * command is started, `served-manifest.ts` adds.
 */
export function manifestOf(result: RunResult, { artifact }: Servable): ArtifactManifest {
  const named = [artifact.file, artifact.reasons, ...(artifact.files ?? [])];
  const files = [...new Set(named)].flatMap((path) => {
    if (path === undefined) return [];
    const output = result.steps.flatMap(({ outputs }) => outputs).find(({ file }) => file === path);
    if (output === undefined) {
      throw new ServerError('run_output_invalid', `no step left \`${path}\` behind`, {
        details: { file: path },
      });
    }
    return [{ path, digest: output.digest, size: output.size }];
  });
  return { v: 1, scorer: artifact.scorer, entry: artifact.file, files };
}

export function manifestBytes(manifest: ArtifactManifest): Uint8Array {
  return canonicalBytes(manifest as unknown as Json); // an interface of readonly members is JSON
}

export function sourceRevisionContent(
  result: RunResult,
  file: PipelineFile,
  accounts: ReadonlyMap<string, string>,
): SourceRevisionContent {
  const { source } = result;
  return {
    repository: file.model,
    commit: source.commit,
    tree: source.tree,
    clean: true, // a run starts from an archived commit, never from a working tree
    bundle: source.bundle.digest,
    authors: source.contributors.map((contributor) => {
      const account = accounts.get(contributor.email.toLowerCase());
      return { ...contributor, ...(account === undefined ? {} : { account }) };
    }),
  };
}

export function environmentContent(result: RunResult): EnvironmentLockContent {
  const { environment, platform } = result;
  const python = environment?.kind === 'python' ? environment : undefined;
  const wheels = python?.wheels ?? [];
  return {
    lockDigest: environment === null ? '' : environmentLock(environment),
    packages: (python?.packages ?? []).map(({ name, version }) => {
      const wheel = wheels.find(({ file }) => isWheelOf(file, name));
      return { name, version, wheel: wheel?.file ?? '', digest: wheel?.digest ?? '' };
    }),
    interpreter: toRecordJson(python?.interpreter ?? null),
    platform: toRecordJson(platform),
    determinism: toRecordJson(result.determinismProfile),
    ...(environment === null ? {} : environmentDetails(environment)),
    ...(platform.details === undefined ? {} : { hardwareClass: platform.details.cpu.level }),
  };
}

function environmentDetails(environment: EnvironmentRecord): Partial<EnvironmentLockContent> {
  const { kind, billOfMaterials: bill, licences } = environment;
  return {
    kind,
    ...(kind === 'image' ? { image: toRecordJson(environment.image) } : {}),
    ...(kind === 'host' ? { programs: toRecordJson(environment.programs) } : {}),
    ...(kind === 'python' && environment.recipe !== undefined
      ? { recipe: environment.recipe }
      : {}),
    ...(bill === undefined ? {} : { billOfMaterials: { digest: bill.digest, size: bill.size } }),
    ...(licences === undefined ? {} : { licences: { ...licences } }),
  };
}

/** PEP 427 and PEP 503: the first part of a wheel's file name is the normalised name with `_` for `-`. */
function isWheelOf(file: string, name: string): boolean {
  const normal = (text: string) => text.toLowerCase().replaceAll(/[-_.]+/g, '-');
  return normal(file.split('-')[0] ?? '') === normal(name);
}

export function testPlanContent(result: RunResult, file: PipelineFile): TestPlanContent {
  return {
    phase: 'development',
    // The plan is in the commit, and the run began after the commit was made.
    declaredAt: result.source.committedAt,
    limits: limitsOfPlan(file.testing),
    plan: toRecordJson(file.testing ?? {}),
  };
}

export function trainingRunContent(
  result: RunResult,
  at: { readonly run: string; readonly resultDigest: string; readonly provenance?: string },
): TrainingRunContent {
  const named = ({ file, digest, size }: { file: string; digest: string; size: number }) => ({
    name: file,
    digest,
    size,
  });
  return {
    run: at.run,
    promotable: !result.draft && result.status === 'succeeded',
    started: result.startedAt,
    ended: result.endedAt,
    steps: result.steps.map((step) => ({
      name: step.name,
      command: step.command,
      network: step.network,
      params: step.params,
      inputs: step.inputs.map(({ as, digest, size }) => ({ name: as, digest, size })),
      outputs: step.outputs.map(named),
      log: step.log.digest,
      exit: step.exit ?? -1, // a run with a step that hit its time limit has failed and registers nothing
      started: step.startedAt,
      ended: step.endedAt,
      ...(step.threads === undefined ? {} : { threads: step.threads }),
      ...(step.cached === undefined ? {} : { cached: { ...step.cached } }),
    })),
    trials: result.evidence.find(({ name }) => name === 'trials')?.value ?? null,
    ...(result.searches === undefined ? {} : { searches: searchesContent(result.searches) }),
    result: at.resultDigest,
    ...(at.provenance === undefined ? {} : { provenance: at.provenance }),
  };
}

export function artifactContent(manifest: ArtifactManifest, run: string): ModelArtifactContent {
  return { manifest, run, size: manifest.files.reduce((sum, { size }) => sum + size, 0) };
}

export function specContent(
  file: Pick<PipelineFile, 'design' | 'monitoring'>,
  {
    artifact,
    decision,
  }: { readonly artifact: Omit<Artifact, 'scorer'>; readonly decision: Decision },
  frozen: Json,
): ModelSpecContent {
  return {
    algorithm: file.design?.algorithm ?? 'not stated',
    inputs: artifact.inputs.map(({ name, type, columns, min, max, allowed }) => ({
      name,
      type,
      ...(columns === undefined ? {} : { columns }),
      ...(min === undefined ? {} : { min }),
      ...(max === undefined ? {} : { max }),
      ...(allowed === undefined ? {} : { allowed }),
    })),
    output: artifact.output,
    decision: {
      score: decision.score,
      cutoff: decision.cutoff,
      adverse: decision.adverse,
      favourable: decision.favourable ?? `not ${decision.adverse}`,
      adverseWhen: decision.adverse_when ?? 'at-or-above',
    },
    ...(artifact.reasons === undefined || decision.reasons === undefined
      ? {}
      : { reasons: { file: artifact.reasons, ...decision.reasons } }),
    fallback: fallbackOf(decision.fallback),
    design: toRecordJson(file.design ?? {}),
    monitoring: toRecordJson({ ...file.monitoring, ...(frozen === null ? {} : { frozen }) }),
  };
}

function fallbackOf(declared: Decision['fallback']): ModelSpecContent['fallback'] {
  if (declared === undefined)
    return { kind: 'manual-queue', detail: 'none declared; a refused case goes to a person' };
  return { ...declared, detail: declared.detail ?? '' };
}
