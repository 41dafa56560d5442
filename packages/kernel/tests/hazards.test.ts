// SPDX-License-Identifier: Apache-2.0
import {
  completeness,
  type DueStage,
  hazardReports,
  hazardShortfall,
  hazardsWatchedBy,
  type Json,
  parsePack,
  readHazards,
  versionContext,
} from '@countersign/kernel';
import { expect, test } from 'vitest';
import { build, type Candidate, intake, PACK, report } from './credit-model.ts';
import { type Firm, foundFirm, WORKSPACE } from './firm.ts';

type Members = { readonly [name: string]: Json };
const members = (json: Json | undefined) => json as Members; // the fixtures are objects

const HAZARD = {
  id: 'H1',
  hazard: 'a good applicant declined',
  cause: 'score above the cutoff',
  harm: 'credit refused',
  before: { severity: 'serious', likelihood: 'occasional' },
  controls: [
    {
      what: 'discrimination at or above its limit',
      by: 'design',
      verifiedBy: { evidence: 'performance-test', metric: 'ks' },
    },
  ],
  after: { severity: 'serious', likelihood: 'remote' },
  watchedBy: ['outcomes'],
};

const riskFile = (firm: Firm, hazards: readonly Json[], supersedes?: string) =>
  firm.add(
    {
      type: 'risk-file',
      scope: 'use',
      subjectRef: { workspace: WORKSPACE, model: 'consumer-credit', use: 'underwriting' },
      ...(supersedes === undefined ? {} : { supersedes }),
      content: { title: 'Risks', author: 'omar', sections: [], facts: {}, hazards },
    },
    'omar',
  );

const LIMIT = { limit: { op: '>=', value: '0.3' } };
const measure = (firm: Firm, made: Candidate, verdict: string, limit: object = LIMIT) =>
  firm.add(
    {
      type: 'performance-test',
      subjectRef: made.ref,
      content: report([{ metric: 'ks', value: '0.4', ...limit, verdict }]),
    },
    'platform',
  );

const window = (firm: Firm, made: Candidate, kind: string, breaches: readonly string[]) =>
  firm.add(
    {
      type: 'monitoring-result',
      kind,
      subjectRef: made.ref,
      content: { ...report([]), phase: 'monitoring', breaches },
    },
    'platform',
  );

const ASKING = parsePack({
  ...members(PACK),
  clauses: [
    {
      ...members((members(PACK).clauses as readonly Json[])[0]),
      id: 'test-pack/risk',
      evidence: [{ id: 'risk-file' }],
      enforcedBy: ['gate/candidate'],
    },
  ],
});

function standing(firm: Firm, made: Candidate, reached: DueStage = 'candidate') {
  const found = versionContext(firm.set(), made.ref);
  if (!found.ok || !ASKING.ok) throw new Error('the fixture is no pack, or no version');
  const query = { tier: 'high', origin: 'built', reached, now: firm.now() } as const;
  const [clause] = completeness(firm.set(), found.context, ASKING.pack, query);
  const [first] = hazardReports(firm.set(), found.context);
  return {
    clause: clause?.status,
    hazard: first?.state,
    words: first === undefined ? undefined : hazardShortfall(first),
  };
}

async function built() {
  const firm = await foundFirm();
  return { firm, made: await build(firm, await intake(firm)) };
}

test('a hazard is unverified until the record that its control names passes, and that is missing at production alone', async () => {
  const { firm, made } = await built();
  await riskFile(firm, [
    {
      ...HAZARD,
      controls: [{ ...HAZARD.controls[0], verifiedBy: { evidence: 'human-factors-test' } }],
    },
  ]);
  expect(standing(firm, made)).toMatchObject({ clause: 'met', hazard: 'unverified' });
  expect(standing(firm, made, 'production').clause).toBe('missing');
  expect(standing(firm, made).words).toContain('no human-factors-test of this version');
});

test('a figure without a limit verifies nothing; one that passes its limit does, and one that fails it does not', async () => {
  const { firm, made } = await built();
  await riskFile(firm, [HAZARD]);
  await measure(firm, made, 'informational', {});
  expect(standing(firm, made).words).toContain('with a limit on ks');
  await measure(firm, made, 'inconclusive');
  expect(standing(firm, made)).toMatchObject({ hazard: 'unverified' });
  await measure(firm, made, 'fail');
  expect(standing(firm, made, 'production')).toMatchObject({ clause: 'missing', hazard: 'failed' });
  await measure(firm, made, 'pass');
  expect(standing(firm, made, 'production')).toMatchObject({ clause: 'met', hazard: 'verified' });
});

test('a breach of what the hazard is watched by reopens it until the file is signed anew', async () => {
  const { firm, made } = await built();
  const first = await riskFile(firm, [HAZARD]);
  await measure(firm, made, 'pass');
  await window(firm, made, 'drift', ['psi']);
  await window(firm, made, 'performance', []);
  expect(standing(firm, made)).toEqual({ clause: 'met', hazard: 'verified', words: undefined });
  await window(firm, made, 'performance', ['auc']);
  expect(standing(firm, made)).toMatchObject({ clause: 'stale', hazard: 'reopened' });
  expect(standing(firm, made).words).toContain('reopened by a breach in production');
  const found = versionContext(firm.set(), made.ref);
  if (!found.ok) throw new Error(found.reason);
  expect(hazardsWatchedBy(firm.set(), found.context, 'outcomes')).toEqual(['H1']);
  expect(hazardsWatchedBy(firm.set(), found.context, 'stability')).toEqual([]);
  await riskFile(firm, [HAZARD], first);
  expect(standing(firm, made)).toMatchObject({ clause: 'met', hazard: 'verified' });
});

test('a file that is prose alone has no hazards and stands as it did', async () => {
  const { firm, made } = await built();
  await firm.add(
    {
      type: 'risk-file',
      scope: 'use',
      subjectRef: { workspace: WORKSPACE, model: 'consumer-credit', use: 'underwriting' },
      content: { title: 'Risks', author: 'omar', sections: [], facts: {} },
    },
    'omar',
  );
  expect(standing(firm, made, 'production')).toEqual({
    clause: 'met',
    hazard: undefined,
    words: undefined,
  });
});

test.each([
  ['a control that is not there', { ...HAZARD, controls: [] }, 'content.hazards[0].controls'],
  ['an unknown watch', { ...HAZARD, watchedBy: ['weather'] }, 'content.hazards[0].watchedBy[0]'],
  ['an unknown member', { ...HAZARD, closed: true }, 'content.hazards[0].closed'],
])('%s is refused with its path', (_, hazard, path) => {
  const statement = { predicate: { type: 'risk-file', content: { hazards: [hazard] } } };
  expect(() => readHazards({ statement } as never)).toThrow(path);
});

test('two hazards of one id are refused', () => {
  const statement = { predicate: { type: 'risk-file', content: { hazards: [HAZARD, HAZARD] } } };
  expect(() => readHazards({ statement } as never)).toThrow('named once');
});
