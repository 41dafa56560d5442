// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodePrimitives as p } from '@countersign/kernel/node';
import { readZip, verifyCaseFile, writeCaseFile, writeZip } from '@countersign/verifier';
import { beforeAll, describe, expect, test } from 'vitest';
import { hex, MODEL, produce, USE } from '../../kernel/tests/credit-model.ts';
import { type Firm, foundFirm } from '../../kernel/tests/firm.ts';

let firm: Firm;
let file: Uint8Array;

beforeAll(async () => {
  firm = await foundFirm();
  await produce(firm);
  const bytes = new TextEncoder().encode('a paper');
  file = await writeCaseFile(
    p,
    {
      root: firm.root,
      made: firm.now(),
      about: { model: MODEL, use: USE, version: 1 },
      bundle: await firm.bundle(),
      blobs: [{ digest: hex('a paper'), bytes }],
    },
    firm.people.platform.signer,
  );
});

describe('a canonical zip', () => {
  test('is opened by Python’s zipfile with the same entries', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'zip-')), 'a.zip');
    writeFileSync(path, file);
    const script = `import zipfile,sys;z=zipfile.ZipFile(sys.argv[1]);assert z.testzip() is None;print(' '.join(z.namelist()))`;
    const names = execFileSync('python3', ['-c', script, path], { encoding: 'utf8' }).trim();
    expect(names.split(' ')).toEqual(readZip(file).map(({ name }) => name));
  });

  test.each(['../x', '/x', 'a//b', 'a/../b', '.hidden', ''])(
    'refuses the entry name `%s`',
    (name) => {
      expect(() => writeZip([{ name, bytes: new Uint8Array() }])).toThrow(
        /cannot be an entry name/,
      );
    },
  );
});

describe('a case file', () => {
  test('verifies against the founding digest alone', () => {
    const report = verifyCaseFile(p, file, firm.root);
    expect(report.problems).toEqual([]);
    expect(report.ok).toBe(true);
    expect(report.established.join('\n')).toMatch(/production warrant .* rests on every condition/);
  });

  test('does not verify against another founding digest', () => {
    expect(verifyCaseFile(p, file, 'ab'.repeat(32)).ok).toBe(false);
  });

  /** Positions of everything around the entries' bytes: their headers, and the directory at the end. */
  function headerPositions(): readonly number[] {
    const positions: number[] = [];
    let offset = 0;
    for (const { name, bytes } of readZip(file)) {
      const header = 30 + name.length;
      for (let at = offset; at < offset + header; at += 1) positions.push(at);
      offset += header + bytes.length;
    }
    for (let at = offset; at < file.length; at += 1) positions.push(at);
    return positions;
  }

  function expectNamed(at: number, bit: number): void {
    const names = new Set([...readZip(file).map(({ name }) => name), 'container']);
    const flipped = Uint8Array.from(file);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
    const { problems } = verifyCaseFile(p, flipped, firm.root);
    expect(problems.length, `byte ${at}, bit ${bit}`).toBeGreaterThan(0);
    for (const { entry } of problems) expect(names, `byte ${at}, bit ${bit}`).toContain(entry);
  }

  test('names the entry or the container for a flip of any bit of a zip header', () => {
    for (const at of headerPositions()) {
      for (let bit = 0; bit < 8; bit += 1) expectNamed(at, bit);
    }
  });

  test('names the entry or the container for a flip of any single byte, headers included', () => {
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
    console.log(`seed ${seed}`);
    // A stride through the whole file: every byte of it would take minutes.
    const stride = 997;
    for (let at = seed % stride; at < file.length; at += stride) expectNamed(at, at % 8);
  });

  test('cut short or extended is refused', () => {
    expect(verifyCaseFile(p, file.subarray(0, file.length - 1), firm.root).ok).toBe(false);
    expect(verifyCaseFile(p, Uint8Array.from([...file, 0]), firm.root).ok).toBe(false);
    expect(verifyCaseFile(p, new Uint8Array(), firm.root).ok).toBe(false);
  });
});
