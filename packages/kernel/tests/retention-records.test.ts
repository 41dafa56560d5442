// SPDX-License-Identifier: Apache-2.0
// What records say about keeping: lives of models, packs in scope, policies in force, holds and who may sign them. The
// firm's clock starts at 2026-03-01T09:00Z and moves a second with each record.
import {
  blobsNamedBy,
  type Json,
  legalHolds,
  modelLives,
  nextHoldId,
  packScopes,
  retentionPolicies,
  specialDatasets,
} from '@countersign/kernel';
import { describe, expect, test } from 'vitest';
import { type Firm, foundFirm, type Name, WORKSPACE } from './firm.ts';

const MODEL = { workspace: WORKSPACE, model: 'credit', use: 'underwriting' };
type Members = { readonly [member: string]: Json };

const promoted = (firm: Firm, version: number, over: Members = {}) =>
  firm.add(
    {
      type: 'deployment-record',
      kind: 'promote',
      scope: 'version',
      subjectRef: { ...MODEL, version },
      producer: 'platform',
      actor: 'service:platform',
      content: { environment: 'production', expires: '2027-03-01T00:00:00.000Z', ...over },
    },
    'platform',
  );
const ended = (firm: Firm, kind: string, warrant: string, version: number) =>
  firm.add(
    {
      type: 'deployment-record',
      kind,
      scope: 'version',
      subjectRef: { ...MODEL, version },
      content: { warrant, environment: 'production', reason: 'done' },
    },
    'omar',
  );
const momentsOf = (firm: Firm, version?: number) =>
  modelLives(firm.set()).momentsOf({
    model: 'credit',
    ...(version === undefined ? {} : { version }),
  });

describe('the life of a model', () => {
  test('goes on while its newest warrant was not retired, whatever expired', async () => {
    const firm = await foundFirm();
    expect(momentsOf(firm)).toEqual({});
    const first = await promoted(firm, 1);
    const placed = firm.now();
    expect(momentsOf(firm, 1)).toEqual({ placed, 'end-of-use': '2027-03-01T00:00:00.000Z' });
    await ended(firm, 'retire', first, 1);
    const retired = firm.now();
    expect(momentsOf(firm, 1)).toEqual({ placed, 'end-of-use': retired, retirement: retired });
    const second = await promoted(firm, 2);
    const superseded = firm.now();
    expect(momentsOf(firm, 1)).toEqual({ placed, 'end-of-use': retired, supersession: superseded });
    await ended(firm, 'revoke', second, 2);
    expect(momentsOf(firm).retirement).toBeUndefined();
    const third = await promoted(firm, 3);
    await ended(firm, 'retire', third, 3);
    expect(momentsOf(firm)).toMatchObject({ retirement: firm.now(), 'end-of-use': firm.now() });
  });

  test('is not ended by a suspension', async () => {
    const firm = await foundFirm();
    const warrant = await promoted(firm, 1);
    await ended(firm, 'suspend', warrant, 1);
    expect(momentsOf(firm, 1)['end-of-use']).toBe('2027-03-01T00:00:00.000Z');
  });
});

describe('a pack', () => {
  const scope = (firm: Firm, use: string, inScope: boolean) =>
    firm.add(
      {
        type: 'scope-determination',
        scope: 'use',
        subjectRef: { workspace: WORKSPACE, model: 'credit', use },
        content: { pack: 'reg-b', inScope, rationale: 'r', revisitTrigger: 't' },
      },
      'mia',
    );

  test('concerns a model as its newest determination says, and is unclear where there is none', async () => {
    const firm = await foundFirm();
    const of = (model: string, use?: string) =>
      packScopes(firm.set()).concern('reg-b', { model, use });
    expect(of('credit')).toBe('out-of-scope');
    await scope(firm, 'consumer', true);
    await scope(firm, 'business', false);
    expect([of('credit', 'consumer'), of('credit', 'business'), of('credit')]).toEqual([
      'in-scope',
      'out-of-scope',
      'in-scope',
    ]);
    expect([of('credit', 'other'), of('fraud')]).toEqual(['undetermined', 'undetermined']);
    await scope(firm, 'consumer', false);
    expect([of('credit', 'consumer'), of('credit')]).toEqual(['out-of-scope', 'out-of-scope']);
  });
});

describe('a retention policy', () => {
  const RULE = {
    id: 'house',
    keeps: ['sessions'],
    packs: [],
    period: { days: 1 },
    from: 'closed',
    basis: 'house',
    clauses: [],
  };
  const signed = (firm: Firm, version: string, signers: readonly Name[], rule: Members = RULE) =>
    firm.add(
      {
        type: 'policy-document',
        kind: 'retention',
        scope: 'firm',
        subjectRef: { workspace: WORKSPACE },
        content: {
          title: 'R',
          version,
          textDigest: '0'.repeat(64),
          retention: { id: 'r', version, title: 'R', rules: [rule] },
        },
      },
      ...signers,
    );
  const versions = (firm: Firm, at: string) =>
    retentionPolicies(firm.set(), at).map(({ policy, until }) => [policy?.version, until]);

  test('that was replaced decides with the new one for thirty days', async () => {
    const firm = await foundFirm({ demonstration: false });
    await signed(firm, '1', ['mia', 'ada']);
    const first = firm.now();
    const firstEnd = new Date(Date.parse(first) + 30 * 86_400_000).toISOString();
    expect(versions(firm, first)).toEqual([
      [undefined, firstEnd],
      ['1', undefined],
    ]);
    firm.pass(40);
    await signed(firm, '2', ['mia', 'ada']);
    const second = firm.now();
    const secondEnd = new Date(Date.parse(second) + 30 * 86_400_000).toISOString();
    expect(versions(firm, second)).toEqual([
      ['1', secondEnd],
      ['2', undefined],
    ]);
    expect(versions(firm, secondEnd)).toEqual([['2', undefined]]);
    expect(versions(firm, first)).toEqual([
      [undefined, firstEnd],
      ['1', undefined],
    ]);
  });

  test('counts by model risk and one more, and below a floor by legal too', async () => {
    const firm = await foundFirm();
    const counted = (digest: string) => firm.set().byDigest.has(digest);
    expect(counted(await signed(firm, '1', ['mia']))).toBe(false);
    expect(counted(await signed(firm, '2', ['mia', 'ada']))).toBe(true);
    const below = { ...RULE, id: 'eu-logs', belowFloor: 'counsel says so' };
    expect(counted(await signed(firm, '3', ['mia', 'ada'], below))).toBe(false);
    expect(counted(await signed(firm, '4', ['mia', 'ada', 'lena'], below))).toBe(true);
    // Without the reason it cannot be read, and the one before it stays.
    const silent = { ...RULE, id: 'eu-logs' };
    await signed(firm, '5', ['mia', 'ada'], silent);
    expect(versions(firm, firm.now())).toEqual([['4', undefined]]);
  });
});

describe('a legal hold', () => {
  const hold = (firm: Firm, signers: readonly Name[], over: Members, supersedes?: string) =>
    firm.add(
      {
        type: 'retention-rule',
        kind: 'legal-hold',
        scope: 'firm',
        subjectRef: { workspace: WORKSPACE, model: 'credit' },
        ...(supersedes === undefined ? {} : { supersedes }),
        content: { id: 'LH-1', matter: 'Doe', reason: 'suit', status: 'placed', ...over },
      },
      ...signers,
    );

  test('is placed by legal or compliance alone and lifted by two, one of them legal', async () => {
    for (const name of ['lena', 'cora'] as const) {
      const firm = await foundFirm();
      const placed = await hold(firm, [name], {});
      expect(legalHolds(firm.set())).toMatchObject([
        { id: 'LH-1', placedBy: name, target: { model: 'credit' } },
      ]);
      expect(nextHoldId(firm.set())).toBe('LH-2');
      const lifted = { status: 'lifted', reason: 'settled' };
      for (const signers of [['lena'], ['cora', 'eve'], ['ada', 'alan']] as const) {
        await hold(firm, signers, lifted, placed);
        expect(legalHolds(firm.set())[0]?.lifted).toBeUndefined();
      }
      await hold(firm, ['eve', 'lena'], lifted, placed);
      expect(legalHolds(firm.set())[0]?.lifted).toMatchObject({ by: 'eve', reason: 'settled' });
    }
  });

  test('by anybody else, or one that says it is lifted from the start, holds nothing', async () => {
    const firm = await foundFirm();
    for (const name of ['dana', 'mia', 'ada', 'omar', 'eve'] as const) await hold(firm, [name], {});
    await hold(firm, ['lena'], { status: 'lifted' });
    expect(legalHolds(firm.set())).toEqual([]);
  });

  test('and deletions count by whom the firm’s rules name alone', async () => {
    const firm = await foundFirm();
    const counts = async (kind: string, ...signers: readonly Name[]) => {
      const service = signers.includes('platform');
      const digest = await firm.add(
        {
          type: 'retention-rule',
          kind,
          scope: 'firm',
          subjectRef: { workspace: WORKSPACE },
          ...(service ? { producer: 'platform', actor: 'service:platform' } : {}),
          content: { n: firm.now() },
        },
        ...signers,
      );
      return firm.set().byDigest.has(digest);
    };
    expect(await counts('sweep', 'ada', 'lena')).toBe(true);
    expect(await counts('sweep', 'alan', 'cora')).toBe(true);
    expect(await counts('sweep', 'ada', 'alan')).toBe(false);
    expect(await counts('sweep', 'lena', 'cora')).toBe(false);
    expect(await counts('sweep', 'ada')).toBe(false);
    expect(await counts('sweep', 'platform')).toBe(false);
    for (const kind of ['deletion', 'disposal']) {
      expect(await counts(kind, 'platform')).toBe(true);
      expect(await counts(kind, 'ada', 'lena')).toBe(false);
    }
  });
});

describe('bytes that records name', () => {
  test('are of the kind of their record; of a special dataset they go by its own day', async () => {
    const firm = await foundFirm();
    const [log, output, rows] = ['a', 'b', 'c'].map((one) => one.repeat(64)) as [
      string,
      string,
      string,
    ];
    const run = await firm.add(
      {
        type: 'training-run',
        scope: 'version',
        subjectRef: { ...MODEL, version: 1 },
        producer: 'pipeline',
        actor: 'service:platform',
        content: { steps: [{ log, outputs: [{ name: 'm', digest: output, size: 1 }] }] },
      },
      'platform',
    );
    const snapshot = await firm.add(
      {
        type: 'dataset-snapshot',
        scope: 'dataset',
        subjectRef: { ...MODEL, dataset: 'groups' },
        producer: 'pipeline',
        actor: 'service:platform',
        content: { contentDigest: rows },
      },
      'platform',
    );
    await firm.add(
      {
        type: 'protected-data-record',
        kind: 'special-category',
        scope: 'dataset',
        subjectRef: { ...MODEL, dataset: 'groups' },
        content: { deletionDate: '2026-06-30' },
      },
      'dana',
    );
    const set = firm.set();
    const named = (digest: string) => blobsNamedBy(set.byDigest.get(digest)!, specialDatasets(set));
    expect(named(run).get(log)).toMatchObject({ kind: 'run-log', model: 'credit', version: 1 });
    expect(named(run).get(output)?.kind).toBe('run-file');
    expect(named(snapshot).get(rows)).toMatchObject({
      kind: 'special-category-data',
      moments: { 'deletion-date': '2026-06-30T23:59:59.999Z' },
    });
  });
});
