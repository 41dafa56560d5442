// SPDX-License-Identifier: Apache-2.0
// Emits the verifier as one JavaScript file with a manifest of its own, in dist/: what an auditor installs alone, since
// Node strips no types under node_modules. `npm pack packages/verifier/dist` makes the archive.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { build } from 'esbuild';

const here = import.meta.dirname;
const out = process.argv[2] ?? join(here, 'dist');
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
await build({
  entryPoints: [join(here, 'src/main.ts')],
  outfile: join(out, 'countersign-verify.js'),
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  banner: { js: '#!/usr/bin/env node' },
  logLevel: 'warning',
});
const { version, description, license } = JSON.parse(
  readFileSync(join(here, 'package.json'), 'utf8'),
) as { version: string; description: string; license: string };
const manifest = {
  name: '@countersign/verifier',
  version,
  description,
  license,
  type: 'module',
  bin: { 'countersign-verify': './countersign-verify.js' },
  engines: { node: '>=22.2' },
};
writeFileSync(join(out, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
cpSync(join(here, 'README.md'), join(out, 'README.md'));
cpSync(join(here, '../../LICENSE'), join(out, 'LICENSE'));
