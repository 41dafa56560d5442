// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PipelineError } from '../errors.ts';
import type { DvcOrigin } from '../file/origin-section.ts';
import type { ExtractRequest } from './extracted.ts';

export interface DvcRemote {
  readonly name: string;
  readonly url: string;
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
}

export interface DvcProject {
  /** Directory of the project below the checkout; empty at its root. */
  readonly root: string;
  /** Where the cache is said to lie, when not in `.dvc/cache`. */
  readonly cacheDir: string | undefined;
  readonly remote: DvcRemote | undefined;
}

type Section = Readonly<Record<string, string>>;

/**
 * The project of a `.dvc` file: the nearest directory above it with a `.dvc/config`. `.dvc/config.local` of the working
 * tree goes before it, as with DVC. Keys and passwords that stand in either are not read.
 */
export async function readDvcProject(
  request: ExtractRequest,
  from: DvcOrigin,
): Promise<DvcProject> {
  const { root, text } = await findConfig(request.checkout, dirname(from.dvc));
  const local =
    request.workingTree === null
      ? ''
      : ((await readText(join(request.workingTree, root, '.dvc', 'config.local'))) ?? '');
  const sections = merged(parseConfig(text), parseConfig(local));
  const name = from.remote ?? sections.get('core')?.remote;
  const remote = name === undefined ? undefined : sections.get(`remote "${name}"`);
  if (from.remote !== undefined && remote?.url === undefined) {
    const message = `${request.locate(['from', 'remote'])}: \`${join(root, '.dvc/config')}\` names no remote \`${from.remote}\``;
    throw new PipelineError('source_unsupported', message, { details: { remote: from.remote } });
  }
  return {
    root,
    cacheDir: sections.get('cache')?.dir,
    remote:
      name === undefined || remote?.url === undefined
        ? undefined
        : { name, url: remote.url, region: remote.region, endpoint: remote.endpointurl },
  };
}

async function findConfig(
  checkout: string,
  start: string,
): Promise<{ readonly root: string; readonly text: string }> {
  for (let root = start === '.' ? '' : start; ; root = dirname(root) === '.' ? '' : dirname(root)) {
    const text = await readText(join(checkout, root, '.dvc', 'config'));
    if (text !== undefined) return { root, text };
    if (root === '') return { root, text: '' };
  }
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined); // a project without remotes may have none
}

/** The INI dialect of DVC: sections such as `['remote "storage"']`, values with or without quotes, no nesting. */
export function parseConfig(text: string): ReadonlyMap<string, Section> {
  const sections = new Map<string, Record<string, string>>();
  let current: Record<string, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    const heading = /^\s*\[\s*(['"]?)(.*?)\1\s*\]\s*$/.exec(line);
    if (heading !== null) {
      current = sections.get(heading[2] ?? '') ?? {};
      sections.set(heading[2] ?? '', current);
      continue;
    }
    const [, key, value = ''] = /^\s*([A-Za-z_]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined && current !== undefined) current[key] = unquoted(value);
  }
  return sections;
}

function unquoted(value: string): string {
  return /^(['"])(.*)\1$/.exec(value)?.[2] ?? value;
}

function merged(
  base: ReadonlyMap<string, Section>,
  over: ReadonlyMap<string, Section>,
): ReadonlyMap<string, Section> {
  const names = new Set([...base.keys(), ...over.keys()]);
  return new Map([...names].map((name) => [name, { ...base.get(name), ...over.get(name) }]));
}
