// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Feed, fileFeed, WarrantedVersions } from '@countersign/gateway';
import { isDigest, type Transition } from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import type { OptionSpec } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { usage } from '../errors.ts';
import type { Session } from '../session.ts';

export const SOURCE_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--root DIGEST',
    summary: 'founding record to trust (COUNTERSIGN_ROOT); that of the data directory unless given',
  },
  {
    flags: '--feed URL',
    summary: 'a copy of the published directory behind any web server, instead of --server',
  },
  {
    flags: '--state DIR',
    summary: 'remembers the log between runs, so that a rollback shows; nothing unless given',
  },
];

/** @throws CliError `usage`, `no_root` */
export function rootOf(input: Input, session: Session): string {
  const root = input.optionalText('root') ?? session.root();
  if (isDigest(root)) return root;
  throw usage(`\`--root\` must be a SHA-256 digest in lower-case hex, not \`${root}\``);
}

/** Public and without a token, so that an init container needs no secret: the server's feed, or any copy of it. */
export function feedOf(input: Input, session: Session): Feed {
  const given = input.optionalText('feed');
  if (given !== undefined && !/^https?:\/\/\S+$/.test(given))
    throw usage(`\`--feed\` must be an http or https address, not \`${given}\``);
  const baseUrl = given ?? `${session.profile().serverUrl}/v1/feed`;
  return fileFeed({ baseUrl, primitives: nodePrimitives });
}

export interface SourceTerms {
  readonly environment: Transition;
  /** Refuses warrants of a firm in demonstration mode. */
  readonly production: boolean;
  readonly models: readonly string[];
}

/** What may run, asked for once. The directory that it needs is removed again unless `--state` names one. */
export async function withWarrants<T>(
  input: Input,
  session: Session,
  terms: SourceTerms,
  use: (warrants: WarrantedVersions) => Promise<T>,
): Promise<T> {
  const kept = input.optionalText('state');
  const stateDir =
    kept === undefined
      ? mkdtempSync(join(tmpdir(), 'countersign-gate-'))
      : resolve(session.cwd, kept);
  try {
    const root = rootOf(input, session);
    const nowMs = () => session.io.now().getTime();
    const feed = feedOf(input, session);
    return await use(new WarrantedVersions({ feed, root, stateDir, nowMs, ...terms }));
  } finally {
    if (kept === undefined) rmSync(stateDir, { recursive: true, force: true });
  }
}
