// SPDX-License-Identifier: Apache-2.0
import { versionContext } from '@countersign/kernel';
import { expect, test } from 'vitest';
import { build, intake, MODEL, USE } from '../../kernel/tests/credit-model.ts';
import { foundFirm, type Name, WORKSPACE } from '../../kernel/tests/firm.ts';
import { authorsView, describeAuthors } from '../src/output/describe-authors.ts';

const KEY = `SHA256:${'a'.repeat(43)}`;
const signature = { format: 'ssh', key: KEY, verified: true } as const;

test('each author of a version is listed with whose it is, by whom that is said, and the key', async () => {
  const firm = await foundFirm();
  const authors = [
    { email: '<>' },
    { email: 'ci@forge.example' },
    { email: 'ci@forge.example', signature },
    { email: 'dana@firm.example', account: 'dana' },
    { email: 'dana@laptop.example' },
  ];
  await build(firm, await intake(firm), { authors });
  const attribute = (content: object, ...by: readonly Name[]) =>
    firm.add(
      { type: 'author-attribution', scope: 'firm', content: { reason: 'seen', ...content } },
      ...by,
    );
  const bot = await attribute(
    { email: 'ci@forge.example', account: 'bot:ci', commitKey: KEY },
    ...(['mia', 'cora'] as const),
  );
  const own = await attribute({ email: 'DANA@laptop.example', account: 'dana' }, 'dana');
  const set = firm.set();
  const found = versionContext(set, { workspace: WORKSPACE, model: MODEL, use: USE, version: 1 });
  if (!found.ok) throw new Error(found.reason);
  const view = authorsView(set, found.context);
  expect(view.unattributed).toEqual(['<>', 'ci@forge.example', 'dana@laptop.example']);
  expect(view.authors.map(({ isKnown }) => isKnown)).toEqual([false, false, true, true, false]);
  expect(describeAuthors(view).map((line) => line.trimEnd().replaceAll(/ {2,}/g, ' | '))).toEqual([
    'address | whose | signed with',
    '<> | unknown',
    `ci@forge.example | unknown | bot:ci (said by cora and mia, ${bot.slice(0, 12)})`,
    `ci@forge.example | bot:ci (said by cora and mia, ${bot.slice(0, 12)}) | ${KEY}`,
    'dana@firm.example | dana (own e-mail)',
    `dana@laptop.example | unknown | dana (said by dana, ${own.slice(0, 12)})`,
    'unknown: 3; a high-tier version is not promoted until each is attributed',
  ]);
});
