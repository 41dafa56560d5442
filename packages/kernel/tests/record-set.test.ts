// SPDX-License-Identifier: Apache-2.0
import {
  extendRecordSet,
  keyEntryJson,
  type Predicate,
  publicKeyOf,
  recordSet,
} from '@countersign/kernel';
import { nodePrimitives as p } from '@countersign/kernel/node';
import { describe, expect, test } from 'vitest';
import { produce } from './credit-model.ts';
import { foundFirm, newHolder, signPredicate } from './firm.ts';

describe('a record set that grows', () => {
  test('is the set of all entries together, wherever it is cut, rejected records included', async () => {
    const firm = await foundFirm();
    await produce(firm);
    await firm.add({ type: 'risk-tier', actor: 'dana', content: {} }, 'dana');
    await firm.add(
      { type: 'finding', actor: 'vera', founding: '0'.repeat(64), content: {} },
      'vera',
    );
    const { entries, root } = firm;
    const whole = recordSet(p, root, entries);
    if (!whole.ok) throw new Error(whole.reason);
    expect(whole.set.rejected).toHaveLength(2);
    for (let cut = 1; cut <= entries.length; cut += 1) {
      const first = recordSet(p, root, entries.slice(0, cut));
      if (!first.ok) throw new Error(first.reason);
      expect(extendRecordSet(p, first.set, entries.slice(cut))).toEqual(whole.set);
    }
  });

  test('knows a key enrolled in an earlier part', async () => {
    const firm = await foundFirm();
    const nora = newHolder({ kind: 'person', account: 'nora', roles: [] });
    const key = keyEntryJson({
      key: publicKeyOf(p, nora.signer.algorithm, nora.spki),
      holder: nora.holder,
    });
    const before = firm.set();
    const predicate: Predicate = {
      type: 'key-enrolment',
      scope: 'firm',
      subjectRef: { workspace: 'main' },
      producer: 'human',
      actor: 'ada',
      claimedAt: firm.now(),
      source: [],
      founding: firm.root,
      content: { key, proofing: 'passport seen' },
    };
    const { ada, alan } = firm.people;
    firm.log(await signPredicate(predicate, [ada.signer, alan.signer, nora.signer]));
    const after = extendRecordSet(p, before, firm.entries.slice(before.records.length));
    expect(after.register.has(nora.signer.keyid)).toBe(true);
    expect(before.register.has(nora.signer.keyid)).toBe(false);
  });
});

describe('an enrolment that cannot be read', () => {
  test('enrols nobody and keeps no other record from counting', async () => {
    const firm = await foundFirm();
    const bad = await firm.add(
      {
        type: 'key-enrolment',
        actor: 'ada',
        scope: 'firm',
        subjectRef: { workspace: 'main' },
        content: { key: { keyid: 'x' } },
      },
      'ada',
      'alan',
    );
    const good = await firm.add({ type: 'risk-tier', actor: 'mia', content: {} }, 'mia');
    const set = firm.set();
    expect(set.rejected).toEqual([
      { digest: bad, reason: expect.stringContaining('content.key.keyid') },
    ]);
    expect(set.byDigest.has(good)).toBe(true);
  });
});
