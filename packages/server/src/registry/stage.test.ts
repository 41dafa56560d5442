// SPDX-License-Identifier: Apache-2.0
import { asOfIndex, versionStage } from '@countersign/kernel';
import { describe, expect, test } from 'vitest';
import {
  type Candidate,
  intake,
  MODEL,
  produce,
  stage as stageCandidate,
  USE,
  warrant,
} from '../../../kernel/tests/credit-model.ts';
import { type Firm, foundFirm, WORKSPACE } from '../../../kernel/tests/firm.ts';
import { stageOfUse } from './stage.ts';

const REF = { workspace: WORKSPACE, model: MODEL, use: USE, version: 1 };
const stageNow = (firm: Firm) => versionStage(firm.set(), REF, { now: firm.now() });

function end(firm: Firm, candidate: Candidate, at: { kind: string; warrant: string }) {
  return firm.add(
    {
      type: 'deployment-record',
      kind: at.kind,
      subjectRef: candidate.ref,
      content: { warrant: at.warrant, environment: 'production', reason: 'test' },
    },
    'mia',
  );
}

describe('the stage of a use', () => {
  test('is proposed until every intake paper is there', async () => {
    const firm = await foundFirm();
    const use = { workspace: WORKSPACE, model: MODEL, use: USE };
    await intake(firm);
    expect(stageOfUse(firm.set(), use)).toBe('proposed');
    const content = {};
    for (const [type, signer] of [
      ['inventory-entry', 'omar'],
      ['scope-determination', 'mia'],
      ['role-assignment', 'mia'],
    ] as const) {
      await firm.add(
        { type, scope: 'model', subjectRef: { workspace: WORKSPACE, model: MODEL }, content },
        signer,
      );
    }
    expect(stageOfUse(firm.set(), use)).toBe('development');
    expect(stageOfUse(firm.set(), { ...use, model: 'another' })).toBe('proposed');
  });
});

describe('the stage of a version', () => {
  test('is undefined for one that is not registered', async () => {
    const firm = await foundFirm();
    expect(stageNow(firm)).toBeUndefined();
  });

  test('follows registration, staging and production, and is read as of any position', async () => {
    const firm = await foundFirm();
    const { candidate, production } = await produce(firm);
    const set = firm.set();
    const staging = set.records.find(({ statement }) => statement.predicate.kind === 'promote');
    const at = (index: number) => versionStage(asOfIndex(set, index), REF, { now: firm.now() });
    const registered = set.records.find(
      ({ statement }) => statement.predicate.type === 'model-artifact',
    );
    expect(at(registered!.index)).toBe('development');
    expect(at(staging!.index)).toBe('staging');
    expect(at(set.byDigest.get(production)!.index)).toBe('production');
    expect(candidate.version).toBe(1);
  });

  test.each([
    ['revoke', 'suspended'],
    ['suspend', 'suspended'],
    ['retire', 'retired'],
  ])('after a record of kind %s is %s', async (kind, expected) => {
    const firm = await foundFirm();
    const { candidate, production } = await produce(firm);
    await end(firm, candidate, { kind, warrant: production });
    expect(stageNow(firm)).toBe(expected);
  });

  test('is production again once a new warrant is minted', async () => {
    const firm = await foundFirm();
    const { candidate, production, request } = await produce(firm);
    await end(firm, candidate, { kind: 'suspend', warrant: production });
    await warrant(firm, candidate, request, { environment: 'production' });
    expect(stageNow(firm)).toBe('production');
  });

  test('is development again when a staging warrant has run out, and suspended when a production warrant has', async () => {
    const staged = await foundFirm();
    await stageCandidate(staged);
    expect(stageNow(staged)).toBe('staging');
    staged.pass(31);
    expect(stageNow(staged)).toBe('development');
    const produced = await foundFirm();
    await produce(produced);
    produced.pass(31);
    expect(stageNow(produced)).toBe('suspended');
  });

  test('is not moved by a warrant whose gates were not satisfied', async () => {
    const firm = await foundFirm();
    const { candidate, change } = await stageCandidate(firm);
    await warrant(firm, candidate, change, { environment: 'production' });
    expect(stageNow(firm)).toBe('staging');
  });

  test('of another use is untouched', async () => {
    const firm = await foundFirm();
    await produce(firm);
    expect(versionStage(firm.set(), { ...REF, use: 'pricing' }, { now: firm.now() })).toBe(
      'development',
    );
  });
});
