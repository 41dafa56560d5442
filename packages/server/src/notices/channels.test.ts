// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { type Firm, foundFirm, type Name } from '../../../kernel/tests/firm.ts';
import { channelsAt } from './channels.ts';

const HOUR_MS = 3_600_000;

function propose(firm: Firm, notices: object, ...by: readonly Name[]): Promise<string> {
  const content = { title: 'where notices go', version: '1', textDigest: '0'.repeat(64) };
  return firm.add(
    {
      type: 'policy-document',
      kind: 'notice-channels',
      scope: 'firm',
      content: { ...content, notices: notices as never },
    },
    ...by,
  );
}

const to = (name: string) => ({ webhooks: [{ name, url: `https://${name}.example/` }] });
const names = (firm: Firm, hours = 0) => {
  const now = new Date(Date.parse(firm.now()) + hours * HOUR_MS).toISOString();
  const { inForce, coming } = channelsAt(firm.set(), now);
  return [inForce, coming].map((one) => one?.channels.webhooks[0]?.name);
};

test('the first channels count at once, later ones after the delay of the firm', async () => {
  const firm = await foundFirm({ demonstration: false });
  expect(names(firm)).toEqual([undefined, undefined]);
  await propose(firm, to('first'), 'mia', 'ada');
  expect(names(firm)).toEqual(['first', undefined]);
  await propose(firm, to('second'), 'mia', 'ada');
  expect(names(firm)).toEqual(['first', 'second']);
  expect(names(firm, 23.9)).toEqual(['first', 'second']);
  expect(names(firm, 24)).toEqual(['second', undefined]);
});

test('channels that administrators sign without model risk, or one person alone, count for nothing', async () => {
  const firm = await foundFirm({ demonstration: false });
  await propose(firm, to('theirs'), 'ada');
  await propose(firm, to('mine'), 'mia');
  expect(names(firm, 100)).toEqual([undefined, undefined]);
});

test('a document that cannot be read leaves the channels as they are', async () => {
  const firm = await foundFirm({ demonstration: true });
  await propose(firm, to('first'), 'mia', 'ada');
  await propose(firm, { webhooks: 'none' }, 'mia', 'ada');
  await propose(firm, { webhooks: [], unknown: true }, 'mia', 'ada');
  expect(names(firm)).toEqual(['first', undefined]);
});
