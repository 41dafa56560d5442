// SPDX-License-Identifier: Apache-2.0
import { recordSet, verifyBundle, verifyWarrant, type WarrantQuestion } from '@countersign/kernel';
import { noblePrimitives } from '@countersign/kernel/noble';
import { nodePrimitives as p } from '@countersign/kernel/node';
import { describe, expect, test } from 'vitest';
import { produce, stage, submit, warrant } from './credit-model.ts';
import { type Firm, foundFirm, newPeople, signPredicate } from './firm.ts';

const question = (firm: Firm, digest: string): WarrantQuestion => ({
  warrant: digest,
  environment: 'production',
  now: firm.now(),
  production: false,
});

const check = (firm: Firm, digest: string, change: Partial<WarrantQuestion> = {}) => {
  const result = verifyWarrant(firm.set(), { ...question(firm, digest), ...change });
  return result.ok ? 'granted' : result.denials.map(({ reason }) => reason).join('\n');
};

describe('a warrant', () => {
  test('that rests on every approval is granted', async () => {
    const firm = await foundFirm();
    const { production } = await produce(firm);
    expect(check(firm, production)).toBe('granted');
  });

  test('minted without the approvals is denied although the platform key signed it', async () => {
    const firm = await foundFirm();
    const { candidate } = await stage(firm);
    const request = await submit(firm, candidate, 'production');
    const digest = await warrant(firm, candidate, request, { environment: 'production' });
    expect(check(firm, digest)).toMatch(/approval by legal missing/);
  });

  test('whose approvals come after it is denied: what came later cannot make it', async () => {
    const firm = await foundFirm();
    const { candidate } = await stage(firm);
    const request = await submit(firm, candidate, 'production');
    const early = await warrant(firm, candidate, request, { environment: 'production' });
    const { approve } = await import('./credit-model.ts');
    await approve(firm, candidate, request, { by: 'lena', role: 'legal', gate: 'gate/approval' });
    await approve(firm, candidate, request, {
      by: 'eve',
      role: 'executive',
      gate: 'gate/approval',
    });
    expect(check(firm, early)).toMatch(/approval by legal missing/);
  });

  test.each([
    ['artefact', { artifactDigest: 'ab'.repeat(32) }, /artefact is not the one/],
    ['specification', { spec: 'cd'.repeat(32) }, /specification is not the one/],
    ['stage', { environment: 'staging' }, /stage is not the one/],
    ['demonstration stamp', { demonstration: false }, /demonstration stamp/],
  ])('that changes the %s of its change request is denied', async (_, change, reason) => {
    const firm = await foundFirm();
    const { production } = await produce(firm, change);
    expect(check(firm, production)).toMatch(reason);
  });

  test('is denied before it starts, after it expired, for another stage, and once revoked', async () => {
    const firm = await foundFirm();
    const { production, candidate } = await produce(firm);
    expect(check(firm, production, { now: '2026-01-01T00:00:00.000Z' })).toMatch(/starts at/);
    expect(check(firm, production, { now: '2027-01-01T00:00:00.000Z' })).toMatch(/expired at/);
    expect(check(firm, production, { environment: 'staging' })).toMatch(
      /for production, not staging/,
    );
    await firm.add(
      {
        type: 'deployment-record',
        kind: 'revoke',
        subjectRef: candidate.ref,
        content: { warrant: production, environment: 'production', reason: 'drift' },
      },
      'mia',
    );
    expect(check(firm, production)).toMatch(/ended by record .*: drift/);
  });

  test('that runs longer than its policy allows for the tier is denied', async () => {
    const firm = await foundFirm();
    const { production } = await produce(firm, { expires: '2126-01-01T00:00:00.000Z' });
    expect(check(firm, production)).toMatch(/longer than policy or its exceptions allow/);
  });

  test('of a demonstration firm is refused by a production gateway', async () => {
    const firm = await foundFirm();
    const { production } = await produce(firm);
    expect(check(firm, production, { production: true })).toMatch(/demonstration mode/);
  });

  test('signed by a person instead of the platform counts for nothing', async () => {
    const firm = await foundFirm();
    const { candidate, request } = await produce(firm);
    const content = firm.entries.at(-1)?.statement.predicate.content ?? {};
    const forged = await firm.add(
      { type: 'deployment-record', kind: 'promote', subjectRef: candidate.ref, content },
      'dana',
    );
    expect(request).toMatch(/^[0-9a-f]{64}$/);
    expect(check(firm, forged)).toMatch(/must be signed by the platform key/);
  });
});

describe('a proof bundle', () => {
  test('verifies alone against the founding digest, with either primitives', async () => {
    const firm = await foundFirm();
    const { production } = await produce(firm);
    const bundle = await firm.bundle();
    for (const primitives of [p, noblePrimitives]) {
      const result = verifyBundle(primitives, bundle, firm.root);
      if (!result.ok) throw new Error(result.reason);
      expect(verifyWarrant(result.set, question(firm, production)).ok).toBe(true);
    }
  });

  test('of a complete forged firm is refused: its founding record is another', async () => {
    const firm = await foundFirm();
    const forged = await foundFirm();
    await produce(forged);
    const result = verifyBundle(p, await forged.bundle(), firm.root);
    expect(result).toMatchObject({ ok: false, reason: expect.stringMatching(/founding record/) });
  });

  test('with one signature, leaf or proof changed is refused', async () => {
    const firm = await foundFirm();
    await produce(firm);
    const bundle = await firm.bundle();
    const last = bundle.records.length - 1;
    const changed = (change: (record: (typeof bundle.records)[number]) => object) => ({
      ...bundle,
      records: bundle.records.map((record, index) =>
        index === last ? { ...record, ...change(record) } : record,
      ),
    });
    const variants = [
      changed(({ envelope }) => ({ envelope: { ...envelope, signatures: [] } })),
      changed(() => ({ leaf: bundle.records[0]?.leaf })),
      changed(({ proof }) => ({ proof: proof.slice(1) })),
      changed(({ index }) => ({ index: index - 1 })),
    ];
    for (const variant of variants) expect(verifyBundle(p, variant, firm.root).ok).toBe(false);
  });
});

describe('the key register', () => {
  test('refuses a founding record that one administrator signed alone', async () => {
    const firm = await foundFirm();
    const first = firm.entries[0];
    if (first === undefined) throw new Error('no founding record');
    const envelope = { ...first.envelope, signatures: first.envelope.signatures.slice(0, 1) };
    const result = recordSet(p, firm.root, [{ ...first, envelope }]);
    expect(result).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/1 administrators, 2/),
    });
  });

  test('counts no record of another firm', async () => {
    const firm = await foundFirm();
    await firm.add({ type: 'incident-record', founding: 'ab'.repeat(32), content: {} }, 'ada');
    expect(firm.set().rejected.map(({ reason }) => reason)).toEqual([
      'it belongs to another founding record',
    ]);
  });

  test('enrols a key with two administrators, its own acceptance and someone already in the role', async () => {
    const firm = await foundFirm();
    const { vera: newcomer } = newPeople();
    const holder = { ...newcomer.holder, account: 'newcomer' };
    const { keyEntryJson, publicKeyOf } = await import('@countersign/kernel');
    const key = keyEntryJson({
      key: publicKeyOf(p, newcomer.signer.algorithm, newcomer.spki),
      holder: holder as typeof newcomer.holder,
    });
    const enrol = async (names: readonly ('ada' | 'alan' | 'vera' | 'eve')[]) => {
      const predicate = {
        type: 'key-enrolment',
        scope: 'firm',
        subjectRef: { workspace: 'main' },
        producer: 'human',
        actor: 'ada',
        claimedAt: firm.now(),
        source: [],
        founding: firm.root,
        content: { key, proofing: 'passport seen' },
      } as const;
      const signers = [newcomer.signer, ...names.map((name) => firm.people[name].signer)];
      firm.log(await signPredicate(predicate, signers));
      firm.pass(1);
      return firm.set();
    };
    expect((await enrol(['ada', 'alan', 'eve'])).rejected.at(-1)?.reason).toMatch(
      /nobody in the role/,
    );
    expect((await enrol(['ada', 'vera'])).rejected.at(-1)?.reason).toMatch(/1 administrators/);
    expect((await enrol(['ada', 'alan', 'vera'])).register.has(newcomer.signer.keyid)).toBe(true);
  });
});
