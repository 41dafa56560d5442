// SPDX-License-Identifier: Apache-2.0
import { type Json, parseStrictJson } from '@countersign/kernel';
import { expect, test } from 'vitest';
import type { RunResult } from '../run/result.ts';
import { BUILD_TYPE, DRAFT_BUILDER, slsaProvenance } from './slsa-provenance.ts';

const blob = (letter: string) => ({ digest: letter.repeat(64), size: 1 });

/** A run as `executeRun` leaves it, as far as provenance reads it. */
const RUN = {
  v: 1,
  status: 'succeeded',
  failure: null,
  run: 'run-7',
  draft: false,
  source: {
    commit: 'c'.repeat(40),
    tree: 'd'.repeat(40),
    committedAt: '2026-03-31T10:00:00.000Z',
    authorEmail: 'ada@example.com',
    committerEmail: 'ada@example.com',
    contributors: [],
    bundle: blob('b'),
  },
  pipelineFile: { model: 'toy', use: 'demo', steps: {} },
  pipelineFileBlob: blob('f'),
  environment: null,
  determinismProfile: { TZ: 'UTC' },
  platform: {
    system: 'Linux',
    kernel: '6.1',
    machine: 'x86_64',
    cpu: 'x',
    node: 'v24',
    sandbox: 'bubblewrap 0.8.0',
  },
  snapshots: [],
  steps: [
    {
      name: 'train',
      command: 'python train.py',
      network: false,
      environmentDigest: 'e'.repeat(64),
      params: { l2: '0.1' },
      inputs: [],
      outputs: [
        { file: 'model.onnx', ...blob('1') },
        { file: 'oof.csv', ...blob('2') },
      ],
      log: blob('3'),
      exit: 0,
      startedAt: '2026-04-01T10:00:01.000Z',
      endedAt: '2026-04-01T10:00:02.000Z',
      cached: {
        key: '4'.repeat(64),
        run: 'run-5',
        commit: 'c'.repeat(40),
        at: '2026-04-01T10:00:01.000Z',
      },
    },
  ],
  evidence: [],
  artifact: { file: 'model.onnx', ...blob('1'), step: 'train', scorer: 'onnx' },
  papers: {},
  startedAt: '2026-04-01T10:00:00.000Z',
  endedAt: '2026-04-01T10:00:03.000Z',
} satisfies RunResult;

const statementOf = (bytes: Uint8Array | undefined): { readonly [name: string]: Json } =>
  parseStrictJson(bytes ?? new Uint8Array()) as { readonly [name: string]: Json };

test('subjects are the version, the artefact and every other output, each named once', () => {
  const version = { name: 'toy@3', digest: '9'.repeat(64) };
  const statement = statementOf(
    slsaProvenance(RUN, { builder: DRAFT_BUILDER, subjects: [version] }),
  );
  expect(statement._type).toBe('https://in-toto.io/Statement/v1');
  expect(statement.predicateType).toBe('https://slsa.dev/provenance/v1');
  expect(statement.subject).toEqual([
    { name: 'toy@3', digest: { sha256: '9'.repeat(64) } },
    { name: 'model.onnx', digest: { sha256: '1'.repeat(64) } },
    { name: 'train/oof.csv', digest: { sha256: '2'.repeat(64) } },
  ]);
});

test('the build is told by commit, pipeline and params, and a step that was not executed again says so', () => {
  const statement = statementOf(
    slsaProvenance(RUN, { builder: DRAFT_BUILDER, result: '8'.repeat(64) }),
  );
  expect(statement.predicate).toMatchObject({
    buildDefinition: {
      buildType: BUILD_TYPE,
      externalParameters: {
        model: 'toy',
        use: 'demo',
        source: { commit: 'c'.repeat(40) },
        pipeline: { file: 'countersign.yaml', sha256: 'f'.repeat(64) },
        params: { train: { l2: '0.1' } },
      },
      internalParameters: { steps: [{ name: 'train', cached: { run: 'run-5' } }] },
      resolvedDependencies: [
        { name: 'source', digest: { gitCommit: 'c'.repeat(40), gitTree: 'd'.repeat(40) } },
        { name: 'source.bundle', digest: { sha256: 'b'.repeat(64) } },
      ],
    },
    runDetails: {
      builder: { id: DRAFT_BUILDER },
      metadata: {
        invocationId: 'run-7',
        startedOn: '2026-04-01T10:00:00.000Z',
        finishedOn: '2026-04-01T10:00:03.000Z',
      },
      byproducts: [
        { name: 'result.json', digest: { sha256: '8'.repeat(64) } },
        { name: 'train.log' },
      ],
    },
  });
});

test('a run that made nothing has no provenance', () => {
  expect(
    slsaProvenance({ ...RUN, artifact: null, steps: [] }, { builder: DRAFT_BUILDER }),
  ).toBeUndefined();
});
