// SPDX-License-Identifier: Apache-2.0
import { pinnedDigest } from './image-reference.ts';
import type { WarrantedVersion } from './warranted-versions.ts';
import { ARTIFACT_ANNOTATION, type Loaded, type PodPlan } from './workload.ts';

export interface JudgeOptions {
  /** Versions whose warrants hold, under a status that is fresh. */
  readonly live: readonly WarrantedVersion[];
  /** Digests of images that are no models: sidecars, runtimes, the init container that verifies. */
  readonly allowedImages: ReadonlySet<string>;
  /**
   * Admits any pinned image in a pod that names a live artefact. An annotation is what its writer says of a pod: who may write
   * one may then run any image beside it.
   */
  readonly annotatedImages: boolean;
}

export interface WorkloadVerdict {
  /** Why it is denied; empty when it is allowed. */
  readonly reasons: readonly string[];
  /** What it was allowed under, each once. */
  readonly versions: readonly WarrantedVersion[];
}

/**
 * Whether everything that the pods would run is warranted. An image needs a digest, and that digest must be on the allow-list
 * or be one of the files of a live version (an OCI image is a file of its artefact: its manifest). A model that is fetched
 * from a URI needs a live artefact that the pod names.
 */
export function judgeWorkload(pods: readonly PodPlan[], options: JudgeOptions): WorkloadVerdict {
  const verdicts = pods.map((pod) => judgePod(pod, options));
  return {
    reasons: verdicts.flatMap(({ reasons }) => reasons),
    versions: [...new Set(verdicts.flatMap(({ versions }) => versions))],
  };
}

function judgePod(pod: PodPlan, options: JudgeOptions): WorkloadVerdict {
  const named = namedVersion(pod, options);
  const reasons: string[] = 'refused' in named ? [named.refused] : [];
  const versions = new Set<WarrantedVersion>();
  if ('version' in named) versions.add(named.version);
  for (const one of pod.loads) {
    const judged = judgeLoaded(one, options, 'version' in named);
    if ('refused' in judged) reasons.push(judged.refused);
    else if (judged.version !== undefined) versions.add(judged.version);
  }
  return { reasons, versions: [...versions] };
}

type Named =
  | { readonly version: WarrantedVersion }
  | { readonly refused: string }
  | { readonly unnamed: true };

/** A pod that names an artefact must name a live one, whatever its images are. */
function namedVersion({ at, artifact }: PodPlan, { live }: JudgeOptions): Named {
  if (artifact === undefined) return { unnamed: true };
  const digest = /^(?:sha256:)?([0-9a-f]{64})$/.exec(artifact)?.[1];
  if (digest === undefined) {
    const shown = artifact.slice(0, 100);
    return {
      refused: `${at}: annotation ${ARTIFACT_ANNOTATION} \`${shown}\` is no SHA-256 digest`,
    };
  }
  const version = live.find(({ artifactDigest }) => artifactDigest === digest);
  if (version !== undefined) return { version };
  return { refused: `${at}: no live warrant covers artefact ${digest} of ${ARTIFACT_ANNOTATION}` };
}

type Judged = { readonly version?: WarrantedVersion } | { readonly refused: string };

function judgeLoaded(one: Loaded, options: JudgeOptions, isNamed: boolean): Judged {
  const { at, kind, reference } = one;
  const shown = reference.slice(0, 200);
  const digest = pinnedDigest(kind === 'model' ? reference.replace(/^oci:\/\//, '') : reference);
  const version =
    digest === undefined
      ? undefined
      : options.live.find(({ files }) => files.some((file) => file.digest === digest));
  if (version !== undefined) return { version };
  if (kind === 'model') {
    if (isNamed) return {};
    return {
      refused: `${at}: model \`${shown}\` is fetched by its address; name its artefact in ${ARTIFACT_ANNOTATION}`,
    };
  }
  if (reference === '') return { refused: `${at}: no image is named` };
  if (digest === undefined) {
    return {
      refused: `${at}: image \`${shown}\` is not pinned by digest; write NAME@sha256:DIGEST`,
    };
  }
  const isVouched = isNamed && options.annotatedImages;
  if (options.allowedImages.has(digest) || isVouched) return {};
  return { refused: `${at}: no live warrant covers image \`${shown}\`` };
}
