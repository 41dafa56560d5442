// SPDX-License-Identifier: Apache-2.0
import { canonicalBytes, type Json } from '@countersign/kernel';
import { environmentBlobs } from '../environment/environment-parts.ts';
import type { EnvironmentRecord, RunResult, StepRecord } from '../run/result.ts';

/** SLSA Provenance, major version 1 (https://slsa.dev/spec/v1.0/provenance). */
export const PROVENANCE_TYPE = 'https://slsa.dev/provenance/v1';
/** What the parameters below mean: docs/formats.md. */
export const BUILD_TYPE = 'https://countersign.dev/build/pipeline/v1';
/** Whoever ran it on a laptop; says nothing of who that was. */
export const DRAFT_BUILDER = 'https://countersign.dev/builder/draft/v1';
const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';

/** The platform of one firm, known by the digest of its founding record. */
export function platformBuilder(founding: string): string {
  return `https://countersign.dev/builder/platform/v1?founding=${founding}`;
}

/** A ResourceDescriptor of in-toto attestations v1, as far as it is used here. */
interface Resource {
  readonly name: string;
  readonly digest: Readonly<Record<string, string>>;
  readonly mediaType?: string;
  readonly annotations?: Readonly<Record<string, Json>>;
}

export interface ProvenanceFacts {
  /** URI of who vouches for the statement; `DRAFT_BUILDER` for a run of nobody's but its author's. */
  readonly builder: string;
  /** Name of the execution; the result's own where it has one. */
  readonly invocation?: string;
  /** Digest of the whole result as archived, which names everything else. */
  readonly result?: string;
  /** What the outputs became, such as the manifest of a registered version; before the outputs. */
  readonly subjects?: readonly { readonly name: string; readonly digest: string }[];
}

/**
 * The provenance of a run as an in-toto Statement v1 in canonical JSON: what was made (artefact and every output), from
 * what (commit, environment, data), how and by whom. A pure function of the result. Undefined for a run that made nothing.
 * Times are UTC; numbers that are not integers are decimal text.
 */
export function slsaProvenance(result: RunResult, facts: ProvenanceFacts): Uint8Array | undefined {
  const subject = subjectsOf(result, facts);
  if (subject.length === 0) return undefined;
  const statement = {
    _type: STATEMENT_TYPE,
    subject,
    predicateType: PROVENANCE_TYPE,
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: externalParameters(result),
        internalParameters: internalParameters(result),
        resolvedDependencies: dependenciesOf(result),
      },
      runDetails: {
        builder: {
          id: facts.builder,
          version: { node: result.platform.node, sandbox: result.platform.sandbox },
        },
        metadata: {
          invocationId: facts.invocation ?? result.run ?? `commit:${result.source.commit}`,
          startedOn: result.startedAt,
          finishedOn: result.endedAt,
        },
        byproducts: byproductsOf(result, facts),
      },
    },
  };
  return canonicalBytes(withoutAbsent(statement));
}

/** Artefact first, under its own name; every other output under its step's. */
function subjectsOf(result: RunResult, facts: ProvenanceFacts): readonly Resource[] {
  const { artifact } = result;
  const given = (facts.subjects ?? []).map(({ name, digest }) => resource(name, digest));
  const model = artifact === null ? [] : [resource(artifact.file, artifact.digest)];
  const outputs = result.steps.flatMap(({ name, outputs: files }) =>
    files
      .filter(({ file }) => file !== artifact?.file)
      .map(({ file, digest }) => resource(`${name}/${file}`, digest)),
  );
  return [...given, ...model, ...outputs];
}

/** What whoever asked for the run could decide: the commit, and in it the pipeline with its parameters. */
function externalParameters({ source, pipelineFileBlob, pipelineFile, steps }: RunResult) {
  const { model, use } = pipelineFile as { readonly model?: Json; readonly use?: Json };
  return {
    model,
    use,
    source: { commit: source.commit, tree: source.tree, committedAt: source.committedAt },
    pipeline: { file: 'countersign.yaml', sha256: pipelineFileBlob.digest },
    params: Object.fromEntries(steps.map(({ name, params }) => [name, params])),
  };
}

/** What the builder set itself. */
function internalParameters({ determinismProfile, platform, draft, steps }: RunResult) {
  return {
    draft,
    determinismProfile,
    machine: {
      system: platform.system,
      kernel: platform.kernel,
      machine: platform.machine,
      cpu: platform.cpu,
    },
    steps: steps.map(stepParameters),
  };
}

function stepParameters(step: StepRecord) {
  const { name, command, network, environmentDigest, exit, startedAt, endedAt, threads, cached } =
    step;
  return { name, command, network, environmentDigest, exit, startedAt, endedAt, threads, cached };
}

function dependenciesOf({ source, environment, snapshots }: RunResult): readonly Resource[] {
  return [
    { name: 'source', digest: { gitCommit: source.commit, gitTree: source.tree } },
    resource('source.bundle', source.bundle.digest, 'application/x-git-bundle'),
    ...environmentResources(environment),
    ...snapshots.map(({ dataset, content, rows }) => ({
      ...resource(`data/${dataset}`, content.digest),
      annotations: { rows },
    })),
  ];
}

/** What names the environment, and every part of it that is archived. */
function environmentResources(environment: EnvironmentRecord | null): readonly Resource[] {
  if (environment === null) return [];
  const parts = environmentBlobs(environment).map(({ file, digest }) =>
    resource(`environment/${file}`, digest),
  );
  return [...namesOf(environment), ...parts];
}

function namesOf(environment: EnvironmentRecord): readonly Resource[] {
  switch (environment.kind) {
    case 'python': {
      const { lockFile, lockDigest, interpreter } = environment;
      return [
        resource(`environment/${lockFile}`, lockDigest),
        resource(
          `interpreter ${interpreter.implementation} ${interpreter.version}`,
          interpreter.programDigest,
        ),
      ];
    }
    case 'image':
      return [resource(environment.image.reference, environment.image.manifest.digest)];
    case 'host':
      return environment.programs.map(({ path, digest }) => resource(path, digest));
  }
}

function byproductsOf(result: RunResult, facts: ProvenanceFacts): readonly Resource[] {
  return [
    ...(facts.result === undefined
      ? []
      : [resource('result.json', facts.result, 'application/json')]),
    ...result.steps.map(({ name, log }) => resource(`${name}.log`, log.digest, 'text/plain')),
    ...result.evidence.map(({ step, file, digest }) =>
      resource(`${step}/${file}`, digest, 'application/json'),
    ),
  ];
}

function resource(name: string, sha256: string, mediaType?: string): Resource {
  return { name, digest: { sha256 }, ...(mediaType === undefined ? {} : { mediaType }) };
}

/** Members that are not there are left out, as JSON does; what is left is JSON, since results are. */
function withoutAbsent(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
