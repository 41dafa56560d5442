// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodePrimitives as p } from '@countersign/kernel/node';
import { writeCaseFile } from '@countersign/verifier';
import { expect, test } from 'vitest';
import { MODEL, produce, USE } from '../../kernel/tests/credit-model.ts';
import { foundFirm } from '../../kernel/tests/firm.ts';

test('the emitted verifier, alone in an empty folder, accepts a case file and names a flipped entry', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'verifier-'));
  const program = join(folder, 'installed');
  execFileSync(process.execPath, [join(import.meta.dirname, '../build.ts'), program]);
  const firm = await foundFirm();
  await produce(firm);
  const file = await writeCaseFile(
    p,
    {
      root: firm.root,
      made: firm.now(),
      about: { model: MODEL, use: USE, version: 1 },
      bundle: await firm.bundle(),
      blobs: [],
    },
    firm.people.platform.signer,
  );
  const verify = (bytes: Uint8Array) => {
    writeFileSync(join(folder, 'case.zip'), bytes);
    const args = [join(program, 'countersign-verify.js'), 'case.zip', '--root', firm.root];
    return spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env: {} });
  };
  const sound = verify(file);
  expect(sound.stdout).toMatch(/the case file verifies/);
  expect(sound.status).toBe(0);
  const flipped = Uint8Array.from(file);
  flipped[200] = (flipped[200] ?? 0) ^ 1;
  const broken = verify(flipped);
  expect(broken.stdout).toMatch(/WRONG {3}bundle\.json/);
  expect(broken.status).toBe(1);
});
