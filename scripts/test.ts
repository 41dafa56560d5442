// SPDX-License-Identifier: Apache-2.0
// The README's test line: installs what is missing, then check, web pages, suite, the suite's database part on Debian's PostgreSQL 15,
// and one demo run. Stops at the first thing that fails.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { ensurePackages, TEST_PACKAGES } from '../packages/cli/src/host/system-packages.ts';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const scratch = mkdtempSync(join(tmpdir(), 'countersign-test-report-'));
const counts: Counts = { passed: 0, failed: 0, skipped: 0 };

function step(title: string, command: readonly string[], env: NodeJS.ProcessEnv = {}): void {
  process.stdout.write(`\n== ${title}\n`);
  const started = Date.now();
  const [program = '', ...args] = command;
  const { status } = spawnSync(program, args, {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  process.stdout.write(`== ${title}: ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
  if (status !== 0) finish(1);
}

function suite(title: string, files: readonly string[], env: NodeJS.ProcessEnv = {}): void {
  const report = join(scratch, `${counts.passed}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  process.stdout.write(`\n== ${title}\n`);
  const { status } = spawnSync('vitest', ['run', ...reporters, ...files], {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  const result = JSON.parse(readFileSync(report, 'utf8')) as {
    numPassedTests: number;
    numFailedTests: number;
    numPendingTests: number;
  };
  counts.passed += result.numPassedTests;
  counts.failed += result.numFailedTests;
  counts.skipped += result.numPendingTests;
  if (status !== 0) finish(1);
}

function finish(code: number): never {
  rmSync(scratch, { recursive: true, force: true });
  const { passed, failed, skipped } = counts;
  process.stdout.write(`\ntests: ${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  process.exit(code);
}

const missing = ensurePackages(TEST_PACKAGES, console.log);
if (missing !== undefined) {
  process.stderr.write(`${missing}\n`);
  process.exit(1);
}
const ON_DEBIAN_15 = [
  'packages/server/tests/store',
  'packages/server/tests/ledger',
  'packages/gateway/tests/gateway',
  'packages/gateway/tests/split-view',
];
step('check', ['npm', 'run', '--silent', 'check']);
step('web pages', ['npm', 'run', '--silent', 'build']);
suite('suite', []);
suite('store, ledger and gateway on PostgreSQL 15', ON_DEBIAN_15, {
  COUNTERSIGN_TEST_PG: 'debian15',
});
step('demo', ['npm', 'run', '--silent', 'demo']);
finish(0);
