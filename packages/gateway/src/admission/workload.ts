// SPDX-License-Identifier: Apache-2.0
import type { Json } from '@countersign/kernel';

/** Names the artefact by its manifest digest. An annotation: a label's 63 characters cannot hold 64 hex digits. */
export const ARTIFACT_ANNOTATION = 'countersign.dev/artifact';

/** One thing that a workload would run or load, with its place in the object. */
export interface Loaded {
  readonly at: string;
  /** `image`: a container's or an image volume's. `model`: bytes that KServe fetches from a URI. */
  readonly kind: 'image' | 'model';
  /** Empty when the object names none. */
  readonly reference: string;
}

/** What one pod of a workload would run, and the artefact that it says it loads. */
export interface PodPlan {
  readonly at: string;
  readonly artifact: string | undefined;
  readonly loads: readonly Loaded[];
}

export type WorkloadReading =
  | { readonly ok: true; readonly pods: readonly PodPlan[] }
  | { readonly ok: false; readonly reason: string };

type Fields = { readonly [name: string]: Json };

/** Where the pod template is, by API group and kind. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  '/Pod': [],
  '/ReplicationController': ['spec', 'template'],
  'apps/Deployment': ['spec', 'template'],
  'apps/ReplicaSet': ['spec', 'template'],
  'apps/StatefulSet': ['spec', 'template'],
  'apps/DaemonSet': ['spec', 'template'],
  'batch/Job': ['spec', 'template'],
  'batch/CronJob': ['spec', 'jobTemplate', 'spec', 'template'],
};
const INFERENCE_SERVICE = 'serving.kserve.io/InferenceService';
const COMPONENTS = ['predictor', 'transformer', 'explainer'];
const CONTAINER_LISTS = ['initContainers', 'containers', 'ephemeralContainers'];

/** What a Kubernetes object would run. A kind or a shape that is not known is not read past: the caller denies it. */
export function readWorkload(object: Json): WorkloadReading {
  try {
    const fields = asFields(object, 'object');
    const version = String(fields.apiVersion ?? '');
    const group = version.includes('/') ? version.slice(0, version.indexOf('/')) : '';
    const name = `${group}/${String(fields.kind ?? '')}`;
    if (name === INFERENCE_SERVICE) return { ok: true, pods: inferencePods(fields) };
    const path = TEMPLATES[name];
    if (path === undefined) {
      throw new TypeError(
        `\`${version}\` \`${String(fields.kind ?? '')}\` is no kind that is judged here`,
      );
    }
    return { ok: true, pods: [podOf(fields, path)] };
  } catch (error) {
    return {
      ok: false,
      reason: error instanceof Error ? error.message : 'the object is unreadable',
    };
  }
}

function podOf(object: Fields, path: readonly string[]): PodPlan {
  let template = object;
  for (const [depth, name] of path.entries()) {
    template = asFields(template[name], path.slice(0, depth + 1).join('.'));
  }
  const at = [...path, 'spec'].join('.');
  const spec = asFields(template.spec, at);
  const artifact = artifactOf([...path, 'metadata'].join('.'), template.metadata);
  if (asList(spec.containers, `${at}.containers`).length === 0)
    throw new TypeError(`\`${at}.containers\` is empty`);
  return { at, artifact, loads: [...containerImages(spec, at), ...imageVolumes(spec, at)] };
}

function containerImages(spec: Fields, at: string): readonly Loaded[] {
  return CONTAINER_LISTS.flatMap((list) =>
    asList(spec[list] ?? [], `${at}.${list}`).map((one, n) => {
      const place = `${at}.${list}[${n}]`;
      return { at: place, kind: 'image' as const, reference: text(asFields(one, place).image) };
    }),
  );
}

/** Volumes that are the files of an image (`volumes[].image.reference`). */
function imageVolumes(spec: Fields, at: string): readonly Loaded[] {
  return asList(spec.volumes ?? [], `${at}.volumes`).flatMap((one, n) => {
    const place = `${at}.volumes[${n}]`;
    const { image } = asFields(one, place);
    if (image === undefined) return [];
    const { reference } = asFields(image, `${place}.image`);
    return [{ at: `${place}.image`, kind: 'image' as const, reference: text(reference) }];
  });
}

function inferencePods(object: Fields): readonly PodPlan[] {
  const spec = asFields(object.spec, 'spec');
  const own = artifactOf('metadata', object.metadata);
  const named = COMPONENTS.filter((component) => spec[component] !== undefined);
  if (named.length === 0)
    throw new TypeError('`spec` has none of predictor, transformer, explainer');
  return named.map((component) => {
    const at = `spec.${component}`;
    const fields = asFields(spec[component], at);
    return { at, artifact: artifactOf(at, fields) ?? own, loads: loadedAnywhere(fields, at) };
  });
}

/**
 * Every image and model URI at any depth. KServe has a member for each framework and gains more with each release: one that
 * is not known here must not hide what it loads. The runtime that KServe adds is judged with the pod that it makes.
 */
function loadedAnywhere(value: Json, at: string): readonly Loaded[] {
  if (Array.isArray(value))
    return value.flatMap((one: Json, n) => loadedAnywhere(one, `${at}[${n}]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]): readonly Loaded[] => {
    const place = `${at}.${name}`;
    if (name === 'image' && typeof member === 'string')
      return [{ at: place, kind: 'image', reference: member }];
    if (name === 'image')
      return [{ at: place, kind: 'image', reference: text(referenceOf(member)) }];
    if (name === 'storageUri') return [{ at: place, kind: 'model', reference: text(member) }];
    if (name === 'storage') return [{ at: place, kind: 'model', reference: '' }];
    if (name === 'storageUris') return storageUris(member, place);
    return loadedAnywhere(member, place);
  });
}

function referenceOf(value: Json): Json | undefined {
  return typeof value === 'object' && value !== null && 'reference' in value ? value.reference : '';
}

function storageUris(value: Json, at: string): readonly Loaded[] {
  return asList(value, at).map((one, n) => {
    const place = `${at}[${n}]`;
    return { at: place, kind: 'model' as const, reference: text(asFields(one, place).uri) };
  });
}

/** The annotation of an object's metadata, or of a KServe component, which has `annotations` of its own. */
function artifactOf(at: string, holder: Json | undefined): string | undefined {
  if (holder === undefined) return undefined;
  const { annotations } = asFields(holder, at);
  if (annotations === undefined || annotations === null) return undefined;
  const value = asFields(annotations, `${at}.annotations`)[ARTIFACT_ANNOTATION];
  if (value === undefined) return undefined;
  if (typeof value === 'string') return value;
  throw new TypeError(`\`${at}.annotations.${ARTIFACT_ANNOTATION}\` is not text`);
}

function asFields(value: Json | undefined, at: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new TypeError(`\`${at}\` is not an object`);
}

function asList(value: Json | undefined, at: string): readonly Json[] {
  if (Array.isArray(value)) return value;
  throw new TypeError(`\`${at}\` is not a list`);
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
