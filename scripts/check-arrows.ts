// SPDX-License-Identifier: Apache-2.0
// Arrows between packages point upward in this list only (docs/ARCHITECTURE.md), and a feature folder of the
// server is entered through its index.ts. Import cycles are found by the linter.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import process from 'node:process';

const ORDER = [
  'kernel',
  'contract',
  'verifier',
  'pipeline',
  'analysis',
  'gateway',
  'server',
  'cli',
  'web',
];
const DENIED: Readonly<Record<string, readonly string[]>> = {
  // The kernel runs in the browser and is judged by auditors; the verifier is installed alone.
  contract: ['verifier', 'pipeline', 'analysis', 'gateway', 'server', 'cli'],
  verifier: ['contract', 'pipeline', 'analysis', 'gateway', 'server', 'cli'],
  pipeline: ['contract', 'verifier'],
  analysis: ['contract', 'verifier'],
  gateway: ['verifier', 'pipeline'],
  server: ['gateway'],
  web: ['verifier', 'pipeline', 'analysis', 'gateway', 'server', 'cli'],
};
const NODE_IN_KERNEL = new Set(['node.ts']);
const root = resolve(import.meta.dirname, '..');

interface Import {
  readonly file: string;
  readonly line: number;
  readonly target: string;
}

function sources(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.test.ts'))
    .map((name) => join(directory, name));
}

function imports(file: string): readonly Import[] {
  const found: Import[] = [];
  const pattern = /(?:from|import)\s*\(?\s*'([^']+)'/;
  for (const [index, text] of readFileSync(file, 'utf8').split('\n').entries()) {
    const target = pattern.exec(text)?.[1];
    if (target !== undefined) found.push({ file, line: index + 1, target });
  }
  return found;
}

function packageProblem(owner: string, one: Import): string | undefined {
  const to = /^@countersign\/([a-z]+)/.exec(one.target)?.[1];
  if (to !== undefined && to !== owner) {
    const up = ORDER.indexOf(to) < ORDER.indexOf(owner);
    if (!up || DENIED[owner]?.includes(to)) return `${owner} must not import ${to}`;
  }
  if (owner === 'kernel' && one.target.startsWith('node:')) {
    const own = relative(join(root, 'packages/kernel/src'), one.file);
    if (!NODE_IN_KERNEL.has(own)) return 'the kernel has no I/O: only node.ts may import node:';
  }
  return undefined;
}

function featureProblem(one: Import): string | undefined {
  if (!one.target.startsWith('.')) return undefined;
  const base = join(root, 'packages/server/src');
  const from = relative(base, one.file).split('/');
  const to = relative(base, resolve(dirname(one.file), one.target)).split('/');
  if (to[0] === '..' || to.length < 2 || from[0] === to[0]) return undefined;
  return to.length === 2 && to[1] === 'index.ts'
    ? undefined
    : `server/${from[0]} must enter server/${to[0]} through its index.ts`;
}

/** A feature of the interface is a folder of its own: what two of them need lies in api, crypto or shell. */
function pageProblem(one: Import): string | undefined {
  if (!one.target.startsWith('.')) return undefined;
  const base = join(root, 'packages/web/src');
  const from = relative(base, one.file).split('/');
  const to = relative(base, resolve(dirname(one.file), one.target)).split('/');
  if (from[0] === 'crypto' && to[0] === 'api') return 'web/crypto must not import web/api';
  if (to[0] !== 'features' || from[0] === 'router.tsx') return undefined;
  return from[0] === 'features' && from[1] === to[1]
    ? undefined
    : `web/${from.slice(0, 2).join('/')} must not import web/features/${to[1]}`;
}

const problems: string[] = [];
for (const owner of ORDER) {
  for (const one of sources(join(root, 'packages', owner, 'src')).flatMap(imports)) {
    const problem =
      packageProblem(owner, one) ??
      (owner === 'server' ? featureProblem(one) : undefined) ??
      (owner === 'web' ? pageProblem(one) : undefined);
    if (problem !== undefined) {
      problems.push(`${relative(root, one.file)}:${one.line}: ${problem} (\`${one.target}\`)`);
    }
  }
}
for (const problem of problems) console.error(problem);
console.log(
  problems.length === 0 ? 'arrows: all imports point upward' : `arrows: ${problems.length} wrong`,
);
process.exit(problems.length === 0 ? 0 : 1);
