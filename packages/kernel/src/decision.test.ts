// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from './bytes.ts';
import {
  DECISION_PARTS,
  type DecisionCommitments,
  encodeDecisionLeaf,
  parseDecisionLeaf,
  partCommitment,
  verifyPart,
} from './decision.ts';
import { nodePrimitives as p } from './node.ts';

const salt = new Uint8Array(16).fill(3);
const bytes = utf8('part');
const commitments: DecisionCommitments = {
  header: '1'.repeat(64),
  inputs: '2'.repeat(64),
  output: '3'.repeat(64),
  reasons: '4'.repeat(64),
  protected: '5'.repeat(64),
};
const leaf =
  `{"header":"${'1'.repeat(64)}","inputs":"${'2'.repeat(64)}","output":"${'3'.repeat(64)}",` +
  `"protected":"${'5'.repeat(64)}","reasons":"${'4'.repeat(64)}","type":"decision","v":1}`;

describe('the commitment of a part', () => {
  it('is SHA-256 over domain, name, salt and bytes', () => {
    const expected = createHash('sha256')
      .update('countersign/part/v1\ninputs\n')
      .update(salt)
      .update(bytes)
      .digest('hex');
    expect(partCommitment(p, 'inputs', salt, bytes)).toBe(expected);
  });

  it('differs by part, salt and bytes', () => {
    const digests = [
      ...DECISION_PARTS.map((part) => partCommitment(p, part, salt, bytes)),
      partCommitment(p, 'header', new Uint8Array(16), bytes),
      partCommitment(p, 'header', salt, utf8('other')),
    ];
    expect(new Set(digests).size).toBe(7);
  });

  it('needs a salt of 16 bytes', () => {
    for (const length of [0, 15, 17]) {
      expect(() => partCommitment(p, 'header', new Uint8Array(length), bytes)).toThrow(
        expect.objectContaining({ code: 'bad_decision' }),
      );
    }
  });

  it('is met by the part it was made of and by no other', () => {
    const made = { ...commitments, output: partCommitment(p, 'output', salt, bytes) };
    expect(verifyPart(p, made, { name: 'output', salt, bytes })).toBe(true);
    expect(verifyPart(p, made, { name: 'inputs', salt, bytes })).toBe(false);
    expect(verifyPart(p, made, { name: 'output', salt, bytes: utf8('Part') })).toBe(false);
    expect(verifyPart(p, made, { name: 'output', salt: new Uint8Array(16), bytes })).toBe(false);
    expect(verifyPart(p, made, { name: 'output', salt: salt.slice(1), bytes })).toBe(false);
  });
});

describe('a decision leaf', () => {
  it('is canonical JSON, and reads back', () => {
    expect(fromUtf8(encodeDecisionLeaf(commitments))).toBe(leaf);
    expect(parseDecisionLeaf(utf8(leaf))).toEqual(commitments);
  });

  it('is not written with what is no digest', () => {
    for (const part of DECISION_PARTS) {
      expect(() => encodeDecisionLeaf({ ...commitments, [part]: 'x' })).toThrow(`\`${part}\``);
    }
  });

  it.each([
    ['spaces', leaf.replace(':', ': ')],
    ['another version', leaf.replace('"v":1', '"v":2')],
    ['another type', leaf.replace('decision', 'record')],
    ['a further member', leaf.replace('"v":1', '"v":1,"x":1')],
    ['a part missing', leaf.replace(`"output":"${'3'.repeat(64)}",`, '')],
    ['a part that is no digest', leaf.replace('1'.repeat(64), '1'.repeat(63))],
    ['a part that is no text', leaf.replace(`"${'2'.repeat(64)}"`, '2')],
    ['a list', '[]'],
    ['null', 'null'],
  ])('is refused with %s', (_, text) => {
    expect(() => parseDecisionLeaf(utf8(text))).toThrow(
      expect.objectContaining({ code: 'bad_decision' }),
    );
  });
});
