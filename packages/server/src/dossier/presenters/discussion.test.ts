// SPDX-License-Identifier: Apache-2.0
import { beforeAll, expect, test } from 'vitest';
import { compileDocument, recordsInForce } from '../compile-document.ts';
import { renderHtml } from '../render-html.ts';
import { creditDocumentInput } from '../testing/credit-document.ts';
import { foundCreditFirm } from '../testing/credit-firm.ts';
import { addCreditVersion, VERSION } from '../testing/credit-version.ts';

let html: string;
let question: string;

beforeAll(async () => {
  const firm = await foundCreditFirm();
  await addCreditVersion(firm);
  const request = firm
    .set()
    .records.find(({ statement }) => statement.predicate.type === 'change-record');
  const remark = { type: 'change-remark', scope: 'version', subjectRef: VERSION } as const;
  const changeRequest = request?.digest ?? '';
  question = await firm.add(
    { ...remark, content: { changeRequest, act: 'question', text: 'why *this* <b>cutoff</b>?' } },
    'vera',
  );
  const answer = { changeRequest, act: 'answer', text: 'the cost matrix', inReplyTo: question };
  const onBehalfOf = { account: 'dana', via: 'session' };
  await firm.add({ ...remark, actor: 'dana', content: { ...answer, onBehalfOf } }, 'platform');
  const set = firm.set();
  const input = await creditDocumentInput();
  const records = recordsInForce(set, input.context);
  html = renderHtml(compileDocument({ ...input, records }));
});

test('a document prints what was written on a change request, by whom and how it is vouched for', () => {
  const text = html.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ');
  expect(text).toMatch(/vera asks \([^)]*UTC\)/);
  expect(text).toMatch(/dana answers \([^)]*UTC, attested by the platform\)/);
  expect(html).toContain('<em>this</em>');
  expect(html).toContain('&lt;b&gt;cutoff&lt;/b&gt;');
  expect(html).toContain(question);
});
