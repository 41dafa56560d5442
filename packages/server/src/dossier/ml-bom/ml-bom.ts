// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import {
  canonicalBytes,
  type DatasetSnapshotContent,
  type EnvironmentLockContent,
  evidenceItems,
  type Json,
  latestItem,
  type ModelArtifactContent,
  type ModelSpecContent,
  type RecordSet,
  type VersionContext,
} from '@countersign/kernel';
import { v5 } from 'uuid';
import { modelCard } from './model-card-member.ts';

/** What a bill of materials of a model version is a function of. */
export interface MlBomInput {
  readonly set: RecordSet;
  readonly context: VersionContext;
  /** ISO UTC. */
  readonly asOf: string;
  readonly firm: string;
}

// Name space of serial numbers: RFC 9562, 5.5.
const NAMESPACE = 'b0c6d0a8-5a3f-5c1e-9a57-0f4c8a0d7f21';

/**
 * CycloneDX 1.6 ML-BOM (ECMA-424): the version as a `machine-learning-model` with its model card, its files by digest, the data
 * it was built on as `data` components, the packages of its environment as libraries. Compiled from records alone; the same
 * records give the same bytes.
 */
export function mlBom(input: MlBomInput): Json {
  const { context, asOf } = input;
  const reference = `${context.model}@${context.version}`;
  const data = datasetsOf(input);
  const libraries = librariesOf(input);
  const refs = [...data, ...libraries].map((one) => one['bom-ref']);
  const body: { [member: string]: Json } = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      timestamp: asOf,
      component: modelComponent(input, reference),
      manufacturer: { name: input.firm },
    },
    components: [...data, ...libraries],
    dependencies: [{ ref: reference, dependsOn: refs }, ...refs.map((ref): Json => ({ ref }))],
  };
  const digest = createHash('sha256').update(canonicalBytes(body)).digest('hex');
  return { ...body, serialNumber: `urn:uuid:${v5(digest, NAMESPACE)}` };
}

function modelComponent(input: MlBomInput, reference: string): Json {
  const { set, context, firm } = input;
  const artifact = latestItem(set, context, { id: 'model-artifact' });
  const spec = latestItem(set, context, { id: 'model-spec' });
  // The platform's own records, read strictly at their making.
  const { manifest } = (artifact?.statement.predicate.content ??
    {}) as Partial<ModelArtifactContent>;
  const said = spec?.statement.predicate.content as unknown as ModelSpecContent | undefined;
  return {
    type: 'machine-learning-model',
    'bom-ref': reference,
    name: context.model,
    version: String(context.version),
    description: `Version ${context.version} of ${context.model}, for ${context.use}.`,
    publisher: firm,
    hashes: [{ alg: 'SHA-256', content: context.artifactDigest }],
    properties: (manifest?.files ?? []).map(({ path, digest }) => ({
      name: `countersign:file:${path}`,
      value: `sha256:${digest}`,
    })),
    modelCard: modelCard(input, said),
  };
}

type Component = { readonly 'bom-ref': string; readonly [member: string]: Json };

function datasetsOf({ set, context }: MlBomInput): readonly Component[] {
  return evidenceItems(set, context, { id: 'dataset-snapshot' }).map(({ digest, statement }) => {
    const content = statement.predicate.content as unknown as DatasetSnapshotContent;
    const name = `${content.dataset}.${content.split}`;
    return {
      type: 'data',
      'bom-ref': `data:${name}:${digest.slice(0, 12)}`,
      name,
      version: content.contentDigest.slice(0, 12),
      hashes: [{ alg: 'SHA-256', content: content.contentDigest }],
      data: [
        {
          type: 'dataset',
          name,
          classification: content.encryptionKey === undefined ? 'not classified' : 'personal',
          description: `${content.rows} rows, ${content.columns.length} columns${content.sealed ? ', sealed from developers' : ''}`,
        },
      ],
      properties: [{ name: 'countersign:record', value: digest }],
    };
  });
}

function librariesOf({ set, context }: MlBomInput): readonly Component[] {
  const lock = latestItem(set, context, { id: 'environment-lock' });
  const content = lock?.statement.predicate.content as unknown as
    | EnvironmentLockContent
    | undefined;
  const seen = new Set<string>();
  return (content?.packages ?? []).flatMap(({ name, version, digest }) => {
    const purl = `pkg:pypi/${encodeURIComponent(name.toLowerCase())}@${encodeURIComponent(version)}`;
    if (seen.has(purl)) return [];
    seen.add(purl);
    return [
      {
        type: 'library',
        'bom-ref': purl,
        name,
        version,
        purl,
        hashes: [{ alg: 'SHA-256', content: digest }],
      },
    ];
  });
}
