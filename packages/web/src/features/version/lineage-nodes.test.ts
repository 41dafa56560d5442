// SPDX-License-Identifier: Apache-2.0
import type { VersionReply } from '@countersign/contract';
import { expect, test } from 'vitest';
import { lineagePicture } from './lineage-nodes.ts';

const AT = '2026-03-01T12:00:00.000Z';

function record(digest: string, type: string) {
  return {
    digest: digest.padEnd(64, '0'),
    type,
    scope: 'version',
    actor: 'dev',
    signers: ['dev'],
    index: 1,
    loggedAt: AT,
    claimedAt: AT,
  };
}

const item = (digest: string, type: string, content: object) => ({
  ...record(digest, type),
  content: content as VersionReply['artifact']['content'],
});

const change = record('c1', 'change-record');
const otherChange = record('c2', 'change-record');
const approval = record('a1', 'approval-record');
const warrant = record('b1', 'deployment-record');
const tested = Array.from({ length: 5 }, (_, n) => ({
  ...record(`e${n}`, 'performance-test'),
  inForce: n > 0,
}));

const version: VersionReply = {
  model: 'credit',
  use: 'underwriting',
  version: 1,
  artifactDigest: 'f'.repeat(64),
  registeredAt: 1,
  registeredOn: AT,
  stages: [],
  origin: 'built',
  enforcement: 'enforced',
  artifact: item('d1', 'model-artifact', {}),
  run: item('d2', 'training-run', { run: 'run-1' }),
  commit: item('d3', 'source-revision', { commit: '4f9d2c1e7ab0' }),
  snapshots: [],
  evidence: tested,
  changeRequests: [change, otherChange],
  approvals: [approval],
  warrants: [warrant],
  endings: [],
  findings: [],
  restsOnIt: 0,
  decisions: {},
};

test('a change request rests on the tests that its record names, a warrant on its approvals', () => {
  const names = {
    [change.digest]: [tested[1]?.digest ?? ''],
    [approval.digest]: [change.digest],
    [warrant.digest]: [change.digest, approval.digest],
  };
  const { edges } = lineagePicture(version, names);
  const into = (id: string) => edges.filter(({ to }) => to === id).map(({ from }) => from);
  expect(into(change.digest)).toEqual(['performance-test']);
  expect(into(otherChange.digest)).toEqual([]);
  expect(into(approval.digest)).toEqual([change.digest]);
  expect(into(warrant.digest)).toEqual([approval.digest]);
});

test('a warrant that no approval was asked for rests on its change request', () => {
  const { edges } = lineagePicture(version, { [warrant.digest]: [change.digest] });
  expect(edges).toContainEqual({ from: change.digest, to: warrant.digest });
});

test('several tests of a type in force are one box, and superseded ones none', () => {
  const { ranks } = lineagePicture(version);
  const tests = ranks.find(({ title }) => title === 'Tests and validation')?.nodes;
  expect(tests?.map(({ label }) => label)).toEqual(['4 × performance test']);
});
