// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { READ_LEVELS } from '../environment/numpy-levels.ts';
import { readApkPackages, readDistribution, readOsPackages } from '../environment/os-packages.ts';
import { LIST_R, parseListed } from '../environment/r-packages.ts';
import { PipelineError } from '../errors.ts';
import { tailOf } from '../process/run-process.ts';
import type { OpenedImage } from './open-image.ts';
import { runContained } from './run-contained.ts';

const described = z.strictObject({
  v: z.literal(1),
  distribution: z.strictObject({ id: z.string(), version: z.string() }),
  packages: z.array(
    z.strictObject({
      system: z.enum(['deb', 'apk']),
      name: z.string(),
      version: z.string(),
      architecture: z.string(),
    }),
  ),
  python: z.array(z.strictObject({ name: z.string(), version: z.string(), licence: z.string() })),
  r: z.array(z.strictObject({ name: z.string(), version: z.string(), licence: z.string() })),
  numpyLevels: z.array(z.string()),
});

/** What an image holds, as its own package managers say. It is a function of the image's digest. */
export type ImageDescription = z.output<typeof described>;

/** Between the parts of what the container says; no database holds such a line. */
const MARK = '==countersign:';

/** Each part is left out where the image lacks the program; nothing of it is needed for a step to run. */
const SCRIPT = `
part() { echo; echo '${MARK}'"$1"; }
part os; cat /etc/os-release 2>/dev/null || true
part dpkg; cat /var/lib/dpkg/status 2>/dev/null || true
for one in /var/lib/dpkg/status.d/*; do if [ -f "$one" ]; then echo; cat "$one"; fi; done
part apk; cat /lib/apk/db/installed 2>/dev/null || true
part python; if command -v python3 >/dev/null; then python3 -I -c "$1" || true; fi
part levels; if command -v python3 >/dev/null; then python3 -I -c "$2" || true; fi
part r; if command -v Rscript >/dev/null; then Rscript --vanilla -e "$3" || true; fi
part end
`;
const LIST_PYTHON = `
import importlib.metadata as m
for d in m.distributions():
    h = d.metadata
    l = h.get("License-Expression") or h.get("License") or ""
    l = l if len(l) < 200 else ""
    print("\\t".join(" ".join(str(x).split()) for x in (h["Name"], d.version, l)))
`;

/**
 * Asks an image what it holds, in a container of it without network, once: the answer is kept under its digest. Throws
 * PipelineError `container_failed`.
 */
export async function describeImage(
  image: OpenedImage,
  ground: {
    readonly cacheDir: string;
    readonly workDir: string;
    readonly identityDirectory: string;
    readonly uid: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<ImageDescription> {
  const directory = join(ground.cacheDir, 'images');
  const file = join(directory, `${image.record.manifest.digest}.json`);
  const kept = await readFile(file, 'utf8').then(parse, () => undefined); // asked for the first time
  if (kept !== undefined) return kept;
  const text = await askImage(image, ground);
  const description = readAnswer(text);
  await mkdir(directory, { recursive: true });
  const partial = `${file}.${randomUUID()}`;
  await writeFile(partial, JSON.stringify(description));
  await rename(partial, file);
  return description;
}

async function askImage(
  image: OpenedImage,
  ground: Parameters<typeof describeImage>[1],
): Promise<string> {
  const logPath = join(ground.workDir, 'image-description.log');
  const { exit } = await runContained(image, {
    command: ['/bin/sh', '-c', SCRIPT, 'sh', LIST_PYTHON, READ_LEVELS, LIST_R],
    mounts: [],
    cwd: '/tmp',
    env: { LC_ALL: 'C.UTF-8', HOME: '/tmp' },
    network: false,
    uid: ground.uid,
    timeoutMs: 120_000,
    memoryBytes: 4 * 1024 ** 3,
    logPath,
    identityDirectory: ground.identityDirectory,
    signal: ground.signal,
  });
  const text = await readFile(logPath, 'utf8');
  if (exit === 0) return text;
  const message = `the image \`${image.record.reference}\` could not be asked what it holds: ${tailOf(text, 500)}`;
  throw new PipelineError('container_failed', message);
}

/** @param text what the script of the container printed */
export function readAnswer(text: string): ImageDescription {
  const parts = new Map(
    text.split(`\n${MARK}`).map((part) => {
      const at = part.indexOf('\n');
      return [part.slice(0, at), part.slice(at + 1)] as const;
    }),
  );
  const part = (name: string) => parts.get(name) ?? '';
  return {
    v: 1,
    distribution: readDistribution(part('os')),
    packages: [...readOsPackages(part('dpkg')), ...readApkPackages(part('apk'))],
    python: [...parseListed(part('python'))],
    r: [...parseListed(part('r'))],
    numpyLevels: levels(part('levels')),
  };
}

function levels(text: string): readonly string[] & string[] {
  const found = /^\[[A-Z0-9_", ]*\]$/m.exec(text)?.[0];
  return found === undefined ? [] : z.array(z.string()).parse(JSON.parse(found));
}

function parse(text: string): ImageDescription | undefined {
  const parsed = described.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : undefined;
}
