// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isDigest, visibleText } from '@countersign/kernel';
import { describeRebuild, type RebuildResult } from '@countersign/pipeline';
import {
  type OfflineRebuild,
  rebuildFromBlobs,
  rebuildFromCase,
} from '../archive/offline-rebuild.ts';
import { type Command, done, type Outcome, refused } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { usage } from '../errors.ts';
import type { Session } from '../session.ts';
import { measureVersion } from './measure.ts';

export const reproduce: Command = {
  name: 'reproduce',
  summary: 'rebuild a version from archived parts alone and compare the bytes',
  description:
    'With a server, a worker rebuilds the version and the verdict is recorded. With --from or --blobs nothing but the archived parts is read, on any machine and without a network: the verdict is printed, and --draft writes it as an unsigned attestation.',
  example: 'countersign reproduce consumer-credit@1',
  arguments: [
    { name: 'version', summary: 'MODEL@N; not with --from or --blobs', isOptional: true },
  ],
  options: [
    { flags: '--use USE', summary: 'the use; the one it was built for unless given' },
    { flags: '--hostile', summary: 'in surroundings that the determinism profile must override' },
    {
      flags: '--from FILE',
      summary: 'a case file that was exported with --with-rebuild-parts; no server is asked',
    },
    {
      flags: '--root DIGEST',
      summary: 'with --from: founding record to trust, got from the firm by another way',
    },
    { flags: '--blobs DIR', summary: 'a copy of the blob store; no server is asked' },
    { flags: '--result DIGEST', summary: 'with --blobs: the run’s result, as its record names it' },
    {
      flags: '--python PROGRAM',
      summary: 'the recorded interpreter, where it lies elsewhere here',
    },
    { flags: '--draft FILE', summary: 'with --from or --blobs: write the attestation, unsigned' },
    { flags: '--no-diagnosis', summary: 'say where bytes differ and do not look for the cause' },
  ],
  run: runReproduce,
};

function runReproduce(input: Input, session: Session): Promise<Outcome> {
  const from = input.optionalText('from');
  const blobs = input.optionalText('blobs');
  if (from === undefined && blobs === undefined) return onPlatform(input, session);
  if (input.flag('hostile') || input.optionalText('use') !== undefined)
    throw usage('`--hostile` and `--use` go with MODEL@N, which a worker of the platform rebuilds');
  if (input.optionalArgument('version') !== undefined) {
    throw usage('a case file or a result says itself which version it is of; leave MODEL@N out');
  }
  if (from !== undefined && blobs !== undefined)
    throw usage('give `--from` or `--blobs`, not both');
  return offline(input, session, { from, blobs });
}

async function onPlatform(input: Input, session: Session): Promise<Outcome> {
  const offlineOnly = ['root', 'result', 'draft', 'python'].filter(
    (name) => input.optionalText(name) !== undefined,
  );
  const [first = input.unlessNo('diagnosis') ? undefined : 'no-diagnosis'] = offlineOnly;
  if (first !== undefined)
    throw usage(
      `\`--${first}\` goes with \`--from\` or \`--blobs\`; the platform records its own rebuild`,
    );
  if (input.optionalArgument('version') === undefined)
    throw usage('nothing to rebuild is named', 'give MODEL@N, or a case file with --from');
  const more = input.flag('hostile') ? { hostile: true } : {};
  const { result, lines } = await measureVersion(input, session, 'reproduce', more);
  const { verdict } = result as { readonly verdict?: unknown }; // reproduce-job.ts says it
  return (verdict === 'byte-identical' ? done : refused)(result, ...lines);
}

async function offline(
  input: Input,
  session: Session,
  at: { readonly from: string | undefined; readonly blobs: string | undefined },
): Promise<Outcome> {
  const python = input.optionalText('python');
  const shared = {
    callerEnvironment: session.io.env,
    now: () => session.io.now(),
    progress: (text: string) => session.progress(text),
    ...(python === undefined ? {} : { python }),
    ...(session.io.signal === undefined ? {} : { signal: session.io.signal }),
    ...(input.unlessNo('diagnosis') ? {} : { diagnosis: false as const }),
  };
  const rebuilt =
    at.from === undefined
      ? await rebuildFromBlobs({
          ...shared,
          directory: resolve(session.cwd, at.blobs ?? ''),
          result: digestOption(input, 'result'),
        })
      : await rebuildFromCase({
          ...shared,
          file: resolve(session.cwd, at.from),
          root: digestOption(input, 'root'),
        });
  const draft = input.optionalText('draft');
  const written = draft === undefined ? [] : [await writeDraft(session, draft, rebuilt)];
  const lines = [...rebuilt.established, ...describeRebuild(rebuilt.rebuilt)].map(visibleText);
  return outcome(rebuilt.rebuilt)([...lines, ...written], rebuilt);
}

/** Exit 0 for equal bytes alone: every other verdict needs somebody's signature. */
function outcome({ verdict }: RebuildResult) {
  return (lines: readonly string[], { rebuilt, version }: OfflineRebuild): Outcome =>
    (verdict === 'byte-identical' ? done : refused)({ ...version, ...rebuilt }, ...lines);
}

function digestOption(input: Input, name: 'result' | 'root'): string {
  const digest = input.text(name);
  if (isDigest(digest)) return digest;
  throw usage(`\`--${name}\` must be a SHA-256 digest in lower-case hex, not \`${digest}\``);
}

async function writeDraft(
  session: Session,
  file: string,
  { attestation }: OfflineRebuild,
): Promise<string> {
  await writeFile(resolve(session.cwd, file), `${JSON.stringify(attestation, undefined, 2)}\n`);
  return `${file}: the attestation, unsigned; it counts once the platform or a validator records a rebuild of its own`;
}
