// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What an installed Python package says of itself in METADATA (core metadata 2.4). */
export interface PackageMetadata {
  readonly name: string;
  readonly version: string;
  /** `License-Expression`, else `License` when it is short, else its licence classifiers; undefined when it states none. */
  readonly licence: { readonly expression: string } | { readonly name: string } | undefined;
  /** Normalised names of what it requires without any extra. */
  readonly requires: readonly string[];
}

const NAME_CHARS_MAX = 200;
const CLASSIFIER = /^Classifier: License :: (?:OSI Approved :: )?(.+)$/gm;

/** Metadata of every distribution installed in a virtual environment, by normalised name. */
export async function installedMetadata(
  environment: string,
): Promise<ReadonlyMap<string, PackageMetadata>> {
  const found = new Map<string, PackageMetadata>();
  for (const version of await entries(join(environment, 'lib'))) {
    const packages = join(environment, 'lib', version, 'site-packages');
    for (const name of await entries(packages)) {
      if (!name.endsWith('.dist-info')) continue;
      const text = await readFile(join(packages, name, 'METADATA'), 'utf8').catch(() => '');
      const metadata = parseMetadata(text);
      if (metadata !== undefined) found.set(normalName(metadata.name), metadata);
    }
  }
  return found;
}

/** @param text RFC 822 headers, then a description after a blank line, which may quote anything */
export function parseMetadata(text: string): PackageMetadata | undefined {
  const [headers = ''] = text.replaceAll('\r\n', '\n').split('\n\n', 1);
  const field = (name: string) => new RegExp(`^${name}: *(.*)$`, 'm').exec(headers)?.[1]?.trim();
  const [name, version] = [field('Name'), field('Version')];
  if (name === undefined || version === undefined) return undefined;
  const required = [...headers.matchAll(/^Requires-Dist: *([A-Za-z0-9._-]+)([^\n]*)$/gm)];
  const requires = required.flatMap(([, one = '', rest = '']) =>
    /\bextra\s*==/.test(rest) ? [] : [normalName(one)],
  );
  const licence = licenceOf(field('License-Expression'), field('License'), headers);
  return { name, version, licence, requires: [...new Set(requires)].toSorted() };
}

function licenceOf(
  expression: string | undefined,
  named: string | undefined,
  headers: string,
): PackageMetadata['licence'] {
  if (expression !== undefined && expression !== '') return { expression };
  const classifiers = [...headers.matchAll(CLASSIFIER)].map(([, one = '']) => one.trim());
  // Older packages put the whole text of their licence here.
  const isName = named !== undefined && named !== '' && named !== 'UNKNOWN';
  if (isName && named.length <= NAME_CHARS_MAX) return { name: named };
  return classifiers.length === 0 ? undefined : { name: classifiers.toSorted().join(', ') };
}

/** PEP 503. */
export function normalName(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-');
}

async function entries(directory: string): Promise<readonly string[]> {
  return (await readdir(directory).catch(() => [])).toSorted();
}
