// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { readYamlText, type YamlText } from '@countersign/pipeline';
import type { z } from 'zod';
import { atFile, CliError } from '../errors.ts';

/** YAML that a person wrote, with the file that errors name. */
export interface YamlFile extends YamlText {
  readonly file: string;
}

/** @throws CliError `file_missing` */
export function readTextFile(cwd: string, file: string): string {
  const path = isAbsolute(file) ? file : resolve(cwd, file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (cause) {
    if (cause instanceof TypeError) throw atFile(file, 1, 'it is not UTF-8 text', cause);
    throw new CliError('file_missing', `\`${file}\` cannot be read; check the path`, { cause });
  }
}

/**
 * @param firstLine where the text begins in its file
 * @throws CliError `file_invalid` with file and line
 */
export function parseYamlText(file: string, text: string, firstLine = 1): YamlFile {
  // What is signed must be reviewed where it stands: an alias is written somewhere else.
  const read = readYamlText('\n'.repeat(firstLine - 1) + text, { aliasesMax: 0 });
  if (read.ok) return { file, ...read.text };
  const [first] = read.problems;
  throw atFile(file, first?.line ?? firstLine, first?.message ?? 'is not YAML');
}

/** Reads YAML by a schema. @throws CliError `file_invalid` naming file, line and member */
export function readYaml<T extends z.ZodType>(text: YamlFile, schema: T): z.output<T> {
  const parsed = schema.safeParse(text.value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path ?? [];
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys : [];
  const place = [...path, ...unknown.slice(0, 1)];
  const name = place.map(String).join('.');
  const problem = unknown.length > 0 ? 'is not known here' : (issue?.message ?? 'is malformed');
  throw atFile(
    text.file,
    text.lineOf(place),
    name === '' ? problem : `\`${name}\` ${lowerFirst(problem)}`,
  );
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
