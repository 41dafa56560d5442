// SPDX-License-Identifier: Apache-2.0
import { usage } from '../errors.ts';

export interface VersionName {
  readonly model: string;
  readonly version: number;
}

/** `consumer-credit@1`. @throws CliError `usage` */
export function parseVersionName(text: string): VersionName {
  const found = /^([a-z0-9][a-z0-9._-]{0,127})@([1-9]\d{0,8})$/.exec(text);
  if (found === null)
    throw usage(`\`${text}\` is not a version: write MODEL@N, as in \`consumer-credit@1\``);
  return { model: found[1] ?? '', version: Number(found[2]) };
}

export function isVersionName(text: string): boolean {
  return text.includes('@');
}

/** A model's name alone. @throws CliError `usage` */
export function parseModelName(text: string): string {
  if (/^[a-z0-9][a-z0-9._-]{0,127}$/.test(text)) return text;
  throw usage(`\`${text}\` is not a model: lower-case letters, digits, \`.\`, \`_\` and \`-\``);
}
