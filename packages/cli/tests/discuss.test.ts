// SPDX-License-Identifier: Apache-2.0
// The discussion on a change request by command, against a real server.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runAs, type WarrantedFirm, warrantedFirm } from './warranted-firm.ts';

let firm: WarrantedFirm;
let request: string;

beforeAll(async () => {
  firm = await warrantedFirm({ demonstration: true });
  const set = await firm.server.context.records.current();
  const content = set.byDigest.get(firm.production)?.statement.predicate.content;
  request = String(content?.changeRequest);
}, 120_000);
afterAll(async () => {
  await firm?.close();
});

const discuss = (account: string, ...argv: readonly string[]) =>
  runAs(firm, account, ['discuss', request.slice(0, 12), ...argv]);

test('a question, its answer and its resolution are read back verified, with how each is vouched for', async () => {
  const none = await discuss('dana');
  expect(none.text).toContain('nobody has written on this request');
  const asked = await discuss(
    'lena',
    '--ask',
    'who reviews the notices, @dana?',
    '--blocking',
    '--sign',
  );
  expect(asked.exitCode, asked.text).toBe(0);
  expect(asked.text).not.toContain('check the name');
  const question = asked.result.digest.slice(0, 12);
  writeFileSync(join(firm.server.dataDir, 'answer.md'), 'The *compliance desk*.\n\u001b[2Jgone\n');
  const answered = await discuss('dana', '--reply', question, '--file', 'answer.md');
  expect(answered.exitCode, answered.text).toBe(0);
  const open = await discuss('vera');
  expect(open.text).toContain(`question ${question}: open, marked as blocking by lena`);
  expect(open.text).toContain('1 blocking question open');
  expect(open.text).toContain('attested by the platform, by token');
  expect(open.text).toContain('\\u001b[2Jgone');
  const signing = await runAs(firm, 'eve', ['reject', request, '--role', 'validator']);
  expect(signing.text).toContain('open questions that an approver marked as blocking:');
  const attested = await discuss('lena', '--resolve', question);
  expect(attested.exitCode).toBe(1);
  expect(attested.text).toContain('sign its resolution');
  const resolved = await discuss('lena', '--resolve', question, '--say', 'thank you', '--sign');
  expect(resolved.exitCode, resolved.text).toBe(0);
  const shown = await runAs(firm, 'vera', ['show', request]);
  expect(shown.text).toMatch(new RegExp(`question ${question}: resolved by lena at .*, marked`));
  expect(shown.result.discussion).toMatchObject([{ state: 'resolved', blocking: true }]);
});

test('who writes is told that nobody is: of a decided request, and of a name that nobody has', async () => {
  const said = await discuss('vera', '--say', 'seen, @dana and @nobody.here');
  expect(said.exitCode, said.text).toBe(0);
  expect(said.text).toContain('warning: the request is promoted: nobody is told');
  expect(said.text).toContain('warning: nobody holds a key as `@nobody.here`');
  expect(said.text).not.toContain('`@dana`');
});

test.each([
  ['two texts', ['--say', 'x', '--ask', 'y']],
  ['two threads', ['--reply', 'aaaaaaaa', '--resolve', 'bbbbbbbb']],
  ['a blocking remark', ['--say', 'x', '--blocking']],
])('%s at once is misuse', async (_, argv) => {
  expect((await discuss('vera', ...argv)).exitCode).toBe(2);
});
