// SPDX-License-Identifier: Apache-2.0
import {
  findingDraft,
  paperRecord,
  paperText,
  personStatement,
  sha256Hex,
  statementBytes,
  toBase64,
  utf8,
} from '@countersign/kernel';
import { noblePrimitives } from '@countersign/kernel/noble';
import { describe, expect, test } from 'vitest';
import { readPrepared } from './prepared-statements.ts';

const ROOT = 'a'.repeat(64);
const BY = { account: 'vera', founding: ROOT, now: '2026-03-01T09:00:00.000Z' };
const SAID = {
  act: 'open-finding',
  model: 'credit',
  use: 'underwriting',
  title: ' Rows are missing ',
  severity: 'high',
  owner: 'dana',
  due: '2026-12-31',
};
const ASKED = { account: 'vera', root: ROOT, said: SAID };

function bytesOf(more: object = {}, by = BY): Uint8Array {
  const draft = findingDraft(
    { workspace: 'main', model: 'credit', use: 'underwriting' },
    {
      id: 'F-1',
      title: 'Rows are missing',
      source: 'validation',
      severity: 'high',
      blocking: true,
      owner: 'dana',
      due: '2026-12-31',
      description: 'x',
      ...more,
    },
  );
  return statementBytes(personStatement(noblePrimitives, draft, by));
}

function prepared(bytes: Uint8Array, digest = sha256Hex(noblePrimitives, bytes)) {
  return { statements: [{ payload: toBase64(bytes), digest }] };
}

describe('a statement that a server prepared', () => {
  test('is read from its bytes, its digest recomputed', () => {
    const bytes = bytesOf();
    const [read] = readPrepared(prepared(bytes), ASKED);
    expect(read?.digest).toBe(sha256Hex(noblePrimitives, bytes));
    expect(read?.statement.predicate.content).toMatchObject({ title: 'Rows are missing' });
  });

  test.each([
    ['another digest than its bytes have', prepared(bytesOf(), 'b'.repeat(64)), /other bytes/],
    ['another author', prepared(bytesOf({}, { ...BY, account: 'mallory' })), /by `mallory`/],
    ['another firm', prepared(bytesOf({}, { ...BY, founding: 'c'.repeat(64) })), /founding record/],
    ['a word that was not typed', prepared(bytesOf({ severity: 'low' })), /does not say `high`/],
    ['an earlier day', prepared(bytesOf({ due: '2026-12-30' })), /does not say `2026-12-31`/],
    ['nothing', { statements: [] }, /nothing to sign/],
  ])('with %s is refused', (_what, answer, reason) => {
    expect(() => readPrepared(answer, ASKED)).toThrow(reason);
  });

  test('whose bytes are not canonical is refused', () => {
    const loose = utf8(` ${new TextDecoder().decode(bytesOf())}`);
    expect(() => readPrepared(prepared(loose), ASKED)).toThrow();
  });

  test('of a paper names the text that was written, and no other', () => {
    const head = { evidence: 'intended-use', scope: 'use', title: 'Use', author: 'vera' } as const;
    const body = '## Purpose\n\nLoans.';
    const text = paperText(head, body);
    const digest = sha256Hex(noblePrimitives, utf8(text));
    const draft = paperRecord(
      {
        evidence: 'intended-use',
        scope: 'use',
        subjectRef: { workspace: 'main', model: 'credit', use: 'u' },
      },
      {
        title: 'Use',
        author: 'vera',
        text: { digest, size: text.length, mediaType: 'text/markdown' },
        sections: [{ heading: 'Purpose', markdown: 'Loans.' }],
        facts: {},
      },
    );
    const bytes = statementBytes(personStatement(noblePrimitives, draft, BY));
    const asked = { ...ASKED, said: { act: 'paper', model: 'credit', body } };
    expect(readPrepared({ ...prepared(bytes), text }, asked)).toHaveLength(1);
    const other = text.replace('Loans', 'Gifts');
    expect(() => readPrepared({ ...prepared(bytes), text: other }, asked)).toThrow(/another text/);
    const longer = { ...asked, said: { ...asked.said, body: `${body}\n\n## More\n\nx` } };
    expect(() => readPrepared({ ...prepared(bytes), text }, longer)).toThrow(/another text/);
  });
});
