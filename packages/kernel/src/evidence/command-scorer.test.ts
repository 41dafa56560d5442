// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { Json } from '../json/parse.ts';
import type { ArtifactManifest } from '../records/contents.ts';
import { readCommandScorer } from './command-scorer.ts';

const DIGEST = 'ab'.repeat(32);
const FILES = ['score.py', 'requirements.lock', 'wheels/a.whl'].map((path) => ({
  path,
  digest: DIGEST,
  size: 1,
}));
const INTERPRETER = {
  implementation: 'CPython',
  version: '3.11.7',
  libc: 'glibc 2.36',
  machine: 'x86_64',
  digest: DIGEST,
};
const PYTHON = {
  kind: 'python',
  lock: 'requirements.lock',
  wheels: ['wheels/a.whl'],
  interpreter: INTERPRETER,
};
const PROGRAM = {
  name: 'Rscript',
  path: '/usr/bin/Rscript',
  digest: DIGEST,
  version: { arguments: ['--version'], says: 'R 4.2.2' },
};
const COMMAND = {
  protocol: 'countersign-scorer/1',
  run: ['python', 'score.py'],
  workers: 2,
  timeoutMs: 2000,
  startMs: 60_000,
  memoryMb: 2048,
  environment: PYTHON,
};

function manifest(command: Json): ArtifactManifest {
  return { v: 1, scorer: 'command', entry: 'score.py', files: FILES, command } as never;
}

describe('how a scorer is started', () => {
  test('is read as it was written, in Python and on programs of the machine', () => {
    expect(readCommandScorer(manifest(COMMAND))).toEqual(COMMAND);
    const { version: _, ...library } = PROGRAM;
    const host = { ...COMMAND, environment: { kind: 'host', programs: [PROGRAM, library] } };
    expect(readCommandScorer(manifest(host))).toEqual(host);
  });

  test.each<readonly [string, Json, string]>([
    ['another protocol', { ...COMMAND, protocol: 'countersign-scorer/2' }, 'protocol'],
    ['nothing to run', { ...COMMAND, run: [] }, 'run'],
    ['an empty argument', { ...COMMAND, run: ['python', ''] }, 'run[1]'],
    ['no process', { ...COMMAND, workers: 0 }, 'workers'],
    ['too many processes', { ...COMMAND, workers: 65 }, 'workers'],
    ['no time', { ...COMMAND, timeoutMs: 0 }, 'timeoutMs'],
    ['more than an hour', { ...COMMAND, startMs: 3_600_001 }, 'startMs'],
    ['a member that nobody knows', { ...COMMAND, network: true }, 'network'],
    ['another kind of environment', { ...COMMAND, environment: { kind: 'image' } }, 'kind'],
    [
      'a lock that is none of its files',
      { ...COMMAND, environment: { ...PYTHON, lock: 'other.lock' } },
      'lock',
    ],
    [
      'a wheel that is none of its files',
      { ...COMMAND, environment: { ...PYTHON, wheels: ['wheels/b.whl'] } },
      'wheels[0]',
    ],
    [
      'an interpreter without a digest',
      { ...COMMAND, environment: { ...PYTHON, interpreter: { ...INTERPRETER, digest: '' } } },
      'interpreter.digest',
    ],
    ['no program', { ...COMMAND, environment: { kind: 'host', programs: [] } }, 'programs'],
    [
      'a version that is asked for with nothing',
      {
        ...COMMAND,
        environment: {
          kind: 'host',
          programs: [{ ...PROGRAM, version: { arguments: [], says: '' } }],
        },
      },
      'version.arguments',
    ],
  ])('with %s is refused by its place', (_, command, place) => {
    expect(() => readCommandScorer(manifest(command))).toThrow(`${place}\``);
  });

  test('is in no manifest of another scorer, and not in one that does not say it', () => {
    const { command: _, ...silent } = manifest(COMMAND);
    expect(() => readCommandScorer(silent)).toThrow('does not say how its scorer is started');
    const onnx = { ...manifest(COMMAND), scorer: 'onnx' as const };
    expect(() => readCommandScorer(onnx)).toThrow('manifest.command');
  });
});
