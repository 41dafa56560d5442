// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { mailText, type WrittenItem } from './mail-message.ts';

const PLACE = { firm: 'First River Bank', origin: 'https://countersign.bank.example' };
const item = (over: Partial<WrittenItem> = {}): WrittenItem => ({
  key: 'k',
  kind: 'finding-due',
  subject: 'credit F-1',
  text: 'Missing values: is due in 6 days',
  link: '/findings',
  due: '2026-06-21T23:59:59.999Z',
  urgent: false,
  record: null,
  ...over,
});

test('a mail names each item with its page, urgent ones first', () => {
  const revoked = item({ subject: 'credit@3', text: 'the warrant was revoked', urgent: true });
  const mail = mailText([item(), revoked], PLACE);
  expect(mail.subject).toBe('URGENT credit@3: the warrant was revoked (and 1 more)');
  expect(mail.text.split('\n').slice(0, 5)).toEqual([
    'URGENT credit@3: the warrant was revoked',
    '  https://countersign.bank.example/findings',
    '',
    'credit F-1: Missing values: is due in 6 days',
    '  https://countersign.bank.example/findings',
  ]);
});

test('what others wrote stays text: no markup, no line of its own, no header', () => {
  const evil = item({
    subject: '<img src=x onerror=alert(1)>"\'&',
    text: 'one\r\nBcc: everybody@example.org\u202e\u0007\r\n\r\n<script>',
  });
  const { subject, text, html } = mailText([evil], PLACE);
  for (const unseen of ['\u202e', '\u0007', '\r'])
    expect(`${subject}${text}`).not.toContain(unseen);
  expect(subject).not.toContain('\n');
  expect(text.split('\n').filter((line) => line.startsWith('Bcc'))).toEqual([]);
  expect(html).not.toMatch(/<img|<script|onerror=alert\(1\)>"/);
  expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;');
});

test('a thousand items make a mail of a hundred that says how many more there are', () => {
  const many = Array.from({ length: 1_000 }, (_, n) => item({ subject: `credit F-${n}` }));
  const { subject, text, html } = mailText(many, PLACE);
  expect(subject.length).toBeLessThanOrEqual(120);
  expect(text).toContain('and 900 more');
  expect(html.match(/<li>/g)).toHaveLength(100);
});
