// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { gateway, log, logPart, receipt, trust } from '../tests/receipt-fixture.ts';
import { ed25519Key } from '../tests/test-keys.ts';
import { fromBase64, fromUtf8, toBase64, utf8 } from './bytes.ts';
import { addSignature, PAYLOAD_TYPE_STATEMENT, signEnvelope } from './dsse.ts';
import type { Json } from './json/parse.ts';
import { noblePrimitives } from './noble.ts';
import { nodePrimitives as p } from './node.ts';
import { parseReceipt, type Receipt, verifyReceipt } from './receipt.ts';

const good = await receipt();
const { log: goodLog, ...withoutLog } = good;
const refused = (reason: string) => ({ ok: false, reason: expect.stringContaining(reason) });

describe('a receipt', () => {
  it('proves its decision in the batch at once, and in the log with a checkpoint', () => {
    for (const primitives of [p, noblePrimitives]) {
      expect(verifyReceipt(primitives, withoutLog, trust)).toEqual({ ok: true, state: 'batched' });
      expect(verifyReceipt(primitives, good, trust)).toEqual({ ok: true, state: 'checkpointed' });
    }
  });

  it('is only batched where no log is trusted', () => {
    const { gatewayKey, logName, logKeys } = trust;
    for (const some of [{ gatewayKey }, { gatewayKey, logName }, { gatewayKey, logKeys }]) {
      expect(verifyReceipt(p, good, some)).toEqual({ ok: true, state: 'batched' });
    }
  });

  it('survives JSON', () => {
    const read = parseReceipt(JSON.parse(JSON.stringify(good)));
    expect(read).toEqual(good);
    expect(parseReceipt(JSON.parse(JSON.stringify(withoutLog)))).toEqual(withoutLog);
  });

  it('has a header that several keys may sign, one of them the gateway', async () => {
    const header = await addSignature(good.header, ed25519Key(30).signer);
    const both = { ...withoutLog, header, log: await logPart(header) };
    expect(verifyReceipt(p, both, trust)).toEqual({ ok: true, state: 'checkpointed' });
    // The log committed to one signature: another may not be slipped in afterwards.
    expect(verifyReceipt(p, { ...good, header }, trust)).toEqual(refused('other signatures'));
  });

  it.each<[string, Partial<Receipt>, string]>([
    ['another index', { index: 2 }, 'does not lead to the root of the batch'],
    ['an index beyond', { index: 5 }, 'does not lead to the root of the batch'],
    ['another size', { size: 6 }, 'the batch has 5 decisions, the receipt says 6'],
    ['a proof cut short', { proof: good.proof.slice(1) }, 'does not lead to the root of the batch'],
    [
      'a proof in capitals',
      { proof: good.proof.map((one) => one.toUpperCase()) },
      'lower-case hex',
    ],
    ['a leaf that is not base64', { leaf: '?' }, 'base64'],
    ['a leaf that is no decision', { leaf: toBase64(utf8('{}')) }, 'decision leaf'],
    [
      'another decision',
      {
        leaf: toBase64(utf8(fromUtf8(fromBase64(good.leaf)).replace(/"inputs":"./, '"inputs":"0'))),
      },
      'does not lead',
    ],
    [
      'a header that is not base64',
      { header: { ...good.header, payload: '?' } },
      'not signed by the gateway',
    ],
    [
      'a header without signatures',
      { header: { ...good.header, signatures: [] } },
      'not signed by the gateway',
    ],
  ])('is refused with %s', (_, change, reason) => {
    expect(verifyReceipt(p, { ...withoutLog, ...change }, trust)).toEqual(refused(reason));
  });

  it('is refused under another gateway key', () => {
    const gatewayKey = ed25519Key(31).publicKey;
    expect(verifyReceipt(p, good, { ...trust, gatewayKey })).toEqual(
      refused('not signed by the gateway'),
    );
  });

  it.each<[string, Parameters<typeof receipt>, string]>([
    ['another record type', [{ type: 'monitoring-result' }], 'not the record of a decision batch'],
    ['another kind', [{ kind: 'totals' }], 'not the record of a decision batch'],
    ['a count that is no number', [{}, { count: '5' }], '`content.count`'],
    ['a root that is no digest', [{}, { root: 'x' }], '`content.root`'],
    [
      'the root of another batch',
      [{}, { root: '0'.repeat(64) }],
      'does not lead to the root of the batch',
    ],
  ])('is refused with a signed header of %s', async (_, header, reason) => {
    expect(verifyReceipt(p, await receipt(...header), trust)).toEqual(refused(reason));
  });

  it('is refused with a signed header that is no record', async () => {
    for (const payload of ['{}', 'text', '{"a":1,"a":2}']) {
      const header = await signEnvelope(PAYLOAD_TYPE_STATEMENT, utf8(payload), [gateway.signer]);
      expect(verifyReceipt(p, { ...withoutLog, header }, trust).ok).toBe(false);
    }
  });

  it.each<[string, Partial<NonNullable<Receipt['log']>>, string]>([
    ['another index', { index: 0 }, 'does not lead to the root of the log'],
    ['a proof cut short', { proof: [] }, 'does not lead to the root of the log'],
    ['a leaf that is none', { leaf: toBase64(utf8('{}')) }, 'log leaf'],
    ['another payload', { leaf: alteredLeaf('payload') }, 'another record'],
    ['other signatures', { leaf: alteredLeaf('signatures') }, 'other signatures'],
    [
      'another time',
      { leaf: toBase64(utf8(fromUtf8(fromBase64(goodLog!.leaf)).replace('10:00', '11:00'))) },
      'does not lead to the root of the log',
    ],
    [
      'a changed checkpoint',
      { checkpoint: goodLog!.checkpoint.replace('\n3\n', '\n4\n') },
      'checkpoint is not signed',
    ],
    ['no checkpoint', { checkpoint: '' }, 'checkpoint is not signed'],
  ])('is refused with a log part of %s', (_, change, reason) => {
    expect(verifyReceipt(p, { ...good, log: { ...goodLog!, ...change } }, trust)).toEqual(
      refused(reason),
    );
  });

  it('is refused with a checkpoint of another log', () => {
    expect(verifyReceipt(p, good, { ...trust, logName: 'x' })).toEqual(
      refused('not signed by `x`'),
    );
    expect(verifyReceipt(p, good, { ...trust, logKeys: [gateway.publicKey] })).toEqual(
      refused(`not signed by \`${log.name}\``),
    );
  });

  it('lets errors of broken code through', () => {
    const sha256 = () => {
      throw new TypeError('broken');
    };
    expect(() => verifyReceipt({ ...p, sha256 }, good, trust)).toThrow(TypeError);
  });

  const json = JSON.parse(JSON.stringify(good));
  it.each<[string, unknown, string]>([
    ['null', null, 'receipt'],
    ['another version', { ...json, v: 2 }, 'receipt.v'],
    ['an unknown member', { ...json, x: 1 }, 'receipt.x'],
    ['a negative index', { ...json, index: -1 }, 'receipt.index'],
    ['an empty decision', { ...json, decision: '' }, 'receipt.decision'],
    ['a proof that is no list', { ...json, proof: 'x' }, 'receipt.proof'],
    ['a proof element that is no hash', { ...json, proof: ['x'] }, 'receipt.proof[0]'],
    ['a proof of 54', { ...json, proof: new Array(54).fill('0'.repeat(64)) }, 'receipt.proof'],
    ['no header', { ...json, header: undefined }, 'envelope'],
    ['an unknown member of the log part', { ...json, log: { ...json.log, x: 1 } }, 'receipt.log.x'],
    [
      'a log part without checkpoint',
      { ...json, log: { ...json.log, checkpoint: undefined } },
      'receipt.log.checkpoint',
    ],
  ])('is not read with %s', (_, wrong, path) => {
    expect(() => parseReceipt(wrong as Json)).toThrow(
      expect.objectContaining({ name: 'KernelError', details: { path } }),
    );
  });
});

function alteredLeaf(member: 'payload' | 'signatures'): string {
  const leaf = JSON.parse(fromUtf8(fromBase64(goodLog!.leaf)));
  return toBase64(utf8(JSON.stringify({ ...leaf, [member]: '0'.repeat(64) })));
}
