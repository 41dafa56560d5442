// SPDX-License-Identifier: Apache-2.0
import {
  completeness,
  type Json,
  type Origin,
  parsePack,
  versionContext,
} from '@countersign/kernel';
import { expect, test } from 'vitest';
import { build, intake, PACK } from './credit-model.ts';
import { foundFirm } from './firm.ts';

type Members = { readonly [name: string]: Json };
const members = (json: Json | undefined) => json as Members; // the fixtures are objects

const clause = (more: Members): Json => ({
  ...members((members(PACK).clauses as readonly Json[])[0]),
  id: 'test-pack/one',
  evidence: [{ id: 'impact-assessment' }, { id: 'risk-tier' }],
  enforcedBy: ['gate/intake'],
  ...more,
});

async function foundVersion() {
  const firm = await foundFirm();
  const made = await build(firm, await intake(firm));
  const found = versionContext(firm.set(), made.ref);
  if (!found.ok) throw new Error(found.reason);
  return { set: firm.set(), context: found.context, now: firm.now() };
}
const { set, context, now } = await foundVersion();

function statusOf(more: Members, at: { readonly now?: string; readonly origin?: Origin } = {}) {
  const parsed = parsePack({ ...members(PACK), clauses: [clause(more)] });
  if (!parsed.ok) throw new Error('the fixture is no pack');
  const query = { tier: 'high', origin: 'built', reached: 'candidate', now, ...at } as const;
  const [result] = completeness(set, context, parsed.pack, query);
  return [result?.status, ...(result?.evidence ?? []).map(({ status }) => status)];
}

test('a clause that binds later leaves nothing missing before its day, and tells what is there', () => {
  const later = { effectiveFrom: '2027-12-02' };
  expect(statusOf({}, { now: '2027-12-01T23:59:59.999Z' })).toEqual(['missing', 'missing', 'met']);
  expect(statusOf(later, { now: '2027-12-01T23:59:59.999Z' })).toEqual([
    'met',
    'not yet due',
    'met',
  ]);
  expect(statusOf(later, { now: '2027-12-02T00:00:00.000Z' })).toEqual([
    'missing',
    'missing',
    'met',
  ]);
});

test('an item that is asked of other origins alone is not applicable, and the clause goes by the rest', () => {
  const evidence = [
    { id: 'vendor-assessment', appliesIf: { origin: ['external'] } },
    { id: 'risk-tier' },
  ];
  expect(statusOf({ evidence })).toEqual(['met', 'not applicable', 'met']);
  expect(statusOf({ evidence }, { origin: 'external' })).toEqual(['missing', 'missing', 'met']);
});
