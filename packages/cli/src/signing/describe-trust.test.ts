// SPDX-License-Identifier: Apache-2.0
import type { Json, Predicate } from '@countersign/kernel';
import { describe, expect, test } from 'vitest';
import { describeTrust } from './describe-trust.ts';

const predicate = (
  type: Predicate['type'],
  content: { readonly [member: string]: Json },
  kind?: string,
): Predicate => ({
  type,
  ...(kind === undefined ? {} : { kind }),
  scope: 'firm',
  subjectRef: { workspace: 'main' },
  producer: 'human',
  actor: 'ada',
  claimedAt: '2026-11-23T00:00:00.000Z',
  source: [],
  content,
});

const KEY = { keyid: 'a'.repeat(64), spki: 'b'.repeat(120), account: 'val', roles: ['validator'] };

describe('what is shown before a record about keys is signed', () => {
  test('an enrolment shows every member in full, however long', () => {
    const proofing = `${'passport '.repeat(60)}seen`;
    const shown = describeTrust(predicate('key-enrolment', { key: KEY, proofing }))?.join('\n');
    expect(shown).toContain(`gives val the key ${KEY.keyid}`);
    expect(shown).toContain(`key.spki: ${KEY.spki}`);
    expect(shown).toContain('key.roles[1]: validator');
    expect(shown).toContain(`proofing: ${proofing}`);
  });

  test('the twenty-fifth administrator of a rotation is shown like the first', () => {
    const administrators = Array.from({ length: 30 }, (_, at) => ({ ...KEY, account: `a${at}` }));
    const content = { quorum: 2, delayHours: 24, reason: 'r', administrators };
    const shown = describeTrust(predicate('founding-rotation', content, 'rotate'))?.join('\n');
    expect(shown).toContain('administrators[30].account: a29');
    expect(shown).toMatch(/the only administrators are: a0, .*, a29/);
  });

  test('an ID token is shown by its claims, and as it stands when it holds none', () => {
    const claims = Buffer.from(JSON.stringify({ sub: 'val', groups: ['g1', 'g2'] }));
    const content = (idToken: string) => ({ key: KEY, proofing: 'p', attestation: { idToken } });
    const token = `h.${claims.toString('base64url')}.s`;
    const shown = describeTrust(predicate('key-enrolment', content(token)))?.join('\n');
    expect(shown).toContain('groups[2]: g2');
    const odd = describeTrust(predicate('key-enrolment', content('nonsense')))?.join('\n');
    expect(odd).toContain('attestation.idToken: nonsense');
  });

  test('no character hides or reorders others', () => {
    const content = { keyid: KEY.keyid, reason: 'lost\u202e\u0007key' };
    const shown = describeTrust(predicate('key-change', content, 'suspend'))?.join('\n') ?? '';
    for (const hidden of ['\u202e', '\u0007']) expect(shown).not.toContain(hidden);
    expect(shown).toContain(`will suspend the key ${KEY.keyid}`);
  });

  test('other records are not described here', () => {
    expect(describeTrust(predicate('finding', {}))).toBeUndefined();
    expect(describeTrust(predicate('policy-document', {}, 'promotion-policy'))).toBeUndefined();
  });
});
