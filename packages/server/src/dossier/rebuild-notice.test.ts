// SPDX-License-Identifier: Apache-2.0
import type { Json } from '@countersign/kernel';
import { expect, test } from 'vitest';
import { compileDocument } from './compile-document.ts';
import type { DossierRecord } from './presenters/content.ts';
import { creditDocumentInput } from './testing/credit-document.ts';

async function summaryAfter(content: { readonly [member: string]: Json }, artifactDigest?: string) {
  const input = await creditDocumentInput();
  const spec = input.records.find(({ statement }) => statement.predicate.type === 'model-spec');
  if (spec === undefined) throw new Error('the fixture has a model-spec');
  const { predicate } = spec.statement;
  const subjectRef = {
    ...predicate.subjectRef,
    ...(artifactDigest === undefined ? {} : { artifactDigest }),
  };
  const attestation: DossierRecord = {
    ...spec,
    digest: 'a'.repeat(64),
    statement: {
      ...spec.statement,
      predicate: { ...predicate, type: 'reproduction-attestation', subjectRef, content },
    },
  };
  const { summary } = compileDocument({ ...input, records: [...input.records, attestation] });
  return JSON.stringify(summary.filter(({ kind }) => kind === 'notice'));
}

const OTHER = {
  verdict: 'within tolerance',
  outputs: [],
  diagnoses: [{ step: 'train', causes: [{ cause: 'seed', certainty: 'shown', evidence: 'x' }] }],
};

test('a version that did not come back byte for byte says so before anything else', async () => {
  const notices = await summaryAfter(OTHER);
  expect(notices).toContain('within tolerance');
  expect(notices).toContain('Likely cause: seed.');
  expect(notices).toContain('signed exception');
});

test('one that did says nothing', async () => {
  expect(await summaryAfter({ verdict: 'byte-identical', outputs: [] })).not.toContain(
    'byte for byte',
  );
});

test('a rebuild of other bytes is not taken for one of these', async () => {
  expect(await summaryAfter(OTHER, 'b'.repeat(64))).not.toContain('byte for byte');
});
